"""Pairs of photographs: from folders, made from your own pictures, or fetched by the name of a published set."""
