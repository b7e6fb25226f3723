"""The paper's tables in miniature: which runs, what they drew, what they scored."""
