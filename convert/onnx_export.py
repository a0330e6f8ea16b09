"""Keras to ONNX: float32 through tf2onnx, whole numbers through ONNX Runtime's static quantisation."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray
from onnxruntime import quantization

from convert.keras_model import first_line, for_conversion
from convert.onnx_graph import INPUT, canonical, free_batch
from convert.recipe import Ranges, Recipe
from convert.weight_only import quantise_onnx_weights
from runtime.errors import ModelError
from runtime.preprocess import to_input

OPSET = 13  # the first with scales per channel; read by every engine of the last five years
QUANTISED = ["Conv", "MatMul", "Gemm", "MaxPool", "AveragePool", "GlobalAveragePool", "Relu", "Reshape", "Transpose"]
# Of the histograms that ranges are found from. With ONNX Runtime's own 128, entropy always gives the whole range; the
# time that it takes grows with their square.
BINS = {"entropy": 512, "percentile": 2048}
METHODS = {
    "minmax": quantization.CalibrationMethod.MinMax,
    "entropy": quantization.CalibrationMethod.Entropy,
    "percentile": quantization.CalibrationMethod.Percentile,
}


def convert_to_onnx(
    model: keras.Model, recipe: Recipe, images: NDArray[np.uint8] | None, static_batch: bool = False
) -> onnx.ModelProto:
    """The graph that `recipe` makes; `images` uint8 (N, 28, 28) are what ranges are found with, where any are.

    Raises ModelError where a converter fails.
    """
    try:
        graph = _export(model)
        if not static_batch:
            free_batch(graph)
        graph = canonical(graph)
        if recipe.calibration and images is not None:
            graph = canonical(_quantise(graph, recipe, recipe.calibration, images))
        elif recipe.weights == "int8":
            graph = canonical(quantise_onnx_weights(graph))
    except Exception as error:  # tf2onnx, onnx and the quantiser raise whatever their rules raise
        raise ModelError(f"{recipe.path}: this model cannot be converted ({first_line(error)})") from error
    return graph


def _export(model: keras.Model) -> onnx.ModelProto:
    """tf2onnx's graph for a batch of one; from a function, as its reader of Keras models knows Keras 2 alone."""
    fixed = for_conversion(model, static_batch=True)
    signature = [tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name=INPUT)]
    function = tf.function(lambda image: fixed(image, training=False), input_signature=signature)
    graph, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    return graph


def _quantise(graph: onnx.ModelProto, recipe: Recipe, ranges: Ranges, images: NDArray[np.uint8]) -> onnx.ModelProto:
    """The graph between pairs of QuantizeLinear and DequantizeLinear."""
    with tempfile.TemporaryDirectory() as folder:
        source, target, found = (Path(folder) / name for name in ("float32.onnx", "int8.onnx", "ranges.json"))
        onnx.save(graph, source)
        quantization.save_tensors_data(_find_ranges(source, ranges, images), found)
        quantization.quantize_static(
            graph,
            target,
            calibration_cache_path=found,
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=recipe.scales == "channel",
            op_types_to_quantize=QUANTISED,
            calibrate_method=METHODS[ranges.method],
            # OpenCV 4 gives wrong answers for batches and OpenCV 5 refuses the file when biases are quantised;
            # ONNX Runtime quantises them itself as it loads the file and is as fast.
            extra_options={"QuantizeBias": False},
        )
        return onnx.load(target)


def _find_ranges(source: Path, ranges: Ranges, images: NDArray[np.uint8]) -> Any:  # noqa: ANN401
    """The range of every activation of the `.onnx` file `source`, as ONNX Runtime keeps them."""
    options: dict[str, Any] = {"symmetric": False}
    if ranges.method in BINS:
        options["num_bins"] = BINS[ranges.method]
    if ranges.percentile is not None:
        options["percentile"] = ranges.percentile
    augmented = source.with_name("augmented.onnx")
    calibrator = quantization.create_calibrator(
        source, QUANTISED, augmented, calibrate_method=METHODS[ranges.method], extra_options=options
    )
    calibrator.collect_data(_Reader(images))
    return calibrator.compute_data()


class _Reader(quantization.CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types
    """Hands the calibration images to the quantiser, one batch of one image after the other."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._batches: Iterator[NDArray[np.float32]] = (to_input(image[np.newaxis]) for image in images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next image by input name; None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}
