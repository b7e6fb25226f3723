"""Lesson 05: the training step."""
