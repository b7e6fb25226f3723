"""The loss-curve clinic of lesson 07: runs to be diagnosed from their curves."""
