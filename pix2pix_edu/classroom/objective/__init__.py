"""Lesson 02: the objective."""
