"""How good a fake is: by its pixels and colours, and by what a network can read in it."""
