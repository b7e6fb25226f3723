"""The paper's tables in miniature: the runs, their pictures and their scores."""
