"""Lesson 03: U-Net skips."""
