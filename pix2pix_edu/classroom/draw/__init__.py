"""Lesson 09: draw and translate."""
