"""One training in a folder of its own: settings, loop, checkpoint, log, record, scores."""
