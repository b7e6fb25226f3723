"""Lesson 06: the full run."""
