"""How one of the paper's sets gets here: looked up, downloaded, unpacked without trust, checked, put in its place."""
