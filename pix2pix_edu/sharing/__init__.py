"""What others need to use a run: weight files, a model card, and the way to a hub."""
