"""Weight files: the bundled networks, the reference implementation's, and ONNX."""
