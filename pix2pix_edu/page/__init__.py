"""The web page on which a drawing is translated in the browser."""
