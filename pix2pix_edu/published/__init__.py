"""Five published write-ups of pix2pix as modules that run, faults included, and comparisons of them."""
