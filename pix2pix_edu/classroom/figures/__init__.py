"""Pictures of an idea: pure functions from data to a figure."""
