"""Models: what is fetched (manifest.yaml), what is ours (expression.onnx, sentiment.bin), and how ours are made."""
