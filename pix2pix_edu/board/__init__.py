"""The drawing board in JavaScript, used by the notebook widget and by the web page."""
