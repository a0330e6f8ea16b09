"""Keras to `.onnx`: float32 through tf2onnx, int8 through ONNX Runtime's static quantisation."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray
from onnxruntime import quantization

from convert.keras_model import first_line, for_conversion
from convert.onnx_graph import INPUT, canonical, free_batch
from runtime.errors import ModelError
from runtime.preprocess import to_input

OPSET = 13  # the first with scales per channel; read by every engine of the last five years
QUANTISED = ["Conv", "MatMul", "Gemm", "MaxPool", "AveragePool", "GlobalAveragePool", "Relu", "Reshape", "Transpose"]


def convert_to_onnx(
    model: keras.Model, variant: str, calibration: NDArray[np.uint8], static_batch: bool = False
) -> bytes:
    """The `.onnx` file of `variant`, "float32" or "int8"; `calibration` is uint8 (N, 28, 28), seen by int8 alone.

    Raises ModelError where a converter fails.
    """
    try:
        graph = _export(model)
        if not static_batch:
            free_batch(graph)
        graph = canonical(graph)
        if variant == "int8":
            graph = canonical(_quantise(graph, calibration))
    except Exception as error:  # tf2onnx, onnx and the quantiser raise whatever their rules raise
        raise ModelError(f"{variant}.onnx: this model cannot be converted ({first_line(error)})") from error
    return bytes(graph.SerializeToString(deterministic=True))


def _export(model: keras.Model) -> onnx.ModelProto:
    """tf2onnx's graph for a batch of one; from a function, as its reader of Keras models knows Keras 2 alone."""
    fixed = for_conversion(model, static_batch=True)
    signature = [tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name=INPUT)]
    function = tf.function(lambda image: fixed(image, training=False), input_signature=signature)
    graph, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    return graph


def _quantise(graph: onnx.ModelProto, calibration: NDArray[np.uint8]) -> onnx.ModelProto:
    """The graph between pairs of QuantizeLinear and DequantizeLinear, weights with one scale per channel."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "int8.onnx"
        quantization.quantize_static(
            graph,
            target,
            _Reader(calibration),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            op_types_to_quantize=QUANTISED,
            # OpenCV 4 gives wrong answers for batches and OpenCV 5 refuses the file when biases are quantised;
            # ONNX Runtime quantises them itself as it loads the file and is as fast.
            extra_options={"QuantizeBias": False},
        )
        return onnx.load(target)


class _Reader(quantization.CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types
    """Hands the calibration images to the quantiser, one batch of one image after the other."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._batches: Iterator[NDArray[np.float32]] = (to_input(image[np.newaxis]) for image in images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next image by input name; None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}
