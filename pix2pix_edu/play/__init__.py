"""Figures one can push, in plain JavaScript, each used by a notebook widget and by the web page; and the data that they show."""
