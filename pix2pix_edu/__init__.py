"""pix2pix, written to be read beside the paper."""

__version__ = "0.1.0"
