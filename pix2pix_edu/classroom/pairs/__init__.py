"""Lesson 01: pairs."""
