"""The drawing board in JavaScript, without dependencies: for widgets.draw.draw_and_translate, and for a page without a server."""
