"""How a facade is laid out, what its photograph looks like, and how both are painted."""
