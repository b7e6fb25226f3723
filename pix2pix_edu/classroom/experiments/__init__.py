"""Lesson 07: the paper's experiments."""
