"""Exercises that diagnose: each check names the misconception behind a wrong answer."""
