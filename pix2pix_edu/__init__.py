"""pix2pix as the paper has it: small modules that read in the paper's order."""

__version__ = "0.1.0"
