"""Models: what is fetched (manifest.yaml), what is ours (expression.onnx), and how ours is made (expression/)."""
