"""What exists only because of Jupyter: sessions, questions, figures, widgets, checks. The library never imports it."""
