"""Endless drawn pairs: facades and toys, each with its label map or outlines, the same on every machine."""
