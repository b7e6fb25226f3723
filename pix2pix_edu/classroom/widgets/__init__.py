"""Controls over those figures: each a thin shell around one pure function."""
