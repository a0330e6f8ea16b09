"""From a run folder to verified .tflite and .onnx files."""
