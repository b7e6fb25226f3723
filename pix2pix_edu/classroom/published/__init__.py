"""Lesson 08: published write-ups."""
