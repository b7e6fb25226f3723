"""Lesson 04: PatchGAN and its receptive field."""
