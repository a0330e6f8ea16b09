"""From an ONNX graph to ONNX Runtime's own format, which its mobile builds read without a protobuf library."""

import tempfile
from pathlib import Path

import onnxruntime

from convert.keras_model import first_line
from runtime.errors import ModelError

FATAL = 4  # the log level at which ONNX Runtime keeps quiet; what fails is raised as well


def convert_to_ort(data: bytes, path: str) -> bytes:
    """The bytes of the `.ort` file of an `.onnx` file's bytes, its metadata properties with it.

    Not the same bytes each time: ONNX Runtime lists tensors and kernels as its hash tables happen to hold them.
    The graph is optimised as far as that holds on every processor: the layouts that one kind of processor prefers come
    above the level "extended". Raises ModelError where ONNX Runtime refuses the graph.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.ort"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(target)
        options.log_severity_level = FATAL
        options.add_session_config_entry("session.save_model_format", "ORT")
        try:
            onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
            return target.read_bytes()
        except Exception as error:  # its exceptions share no base class
            raise ModelError(f"{path}: ONNX Runtime cannot write its own format ({first_line(error)})") from error
