"""Keras to `.tflite`, through TensorFlow's own converter."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from convert.keras_model import first_line, for_conversion
from runtime.errors import ModelError
from runtime.preprocess import to_input

Setting = Callable[[tf.lite.TFLiteConverter, NDArray[np.uint8]], None]


def convert_to_tflite(
    model: keras.Model, variant: str, calibration: NDArray[np.uint8], static_batch: bool = False
) -> bytes:
    """The `.tflite` file of `variant`; `calibration` is uint8 (N, 28, 28), seen by the whole-number variants alone.

    Starts from the Keras model itself: from a concrete function together with a Keras 3 model TensorFlow writes a file
    without weights. Raises ModelError where TensorFlow cannot convert the model.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(for_conversion(model, static_batch))
    SETTINGS[variant](converter, calibration)
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter raises whatever its MLIR passes raise
        raise ModelError(f"{variant}.tflite: TensorFlow cannot convert this model ({first_line(error)})") from error


def _set_float32(converter: tf.lite.TFLiteConverter, calibration: NDArray[np.uint8]) -> None:
    """Leave everything as trained."""


def _set_float16(converter: tf.lite.TFLiteConverter, calibration: NDArray[np.uint8]) -> None:  # noqa: ARG001
    """Store the weights in half precision; they are widened when the file is loaded."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _set_dynamic(converter: tf.lite.TFLiteConverter, calibration: NDArray[np.uint8]) -> None:  # noqa: ARG001
    """Store large weights in 8 bits and let the engine quantise the activations as it runs."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _set_int8(converter: tf.lite.TFLiteConverter, calibration: NDArray[np.uint8]) -> None:
    """Compute in whole numbers only, between a float input and a float output."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _represent(calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _set_uint8(converter: tf.lite.TFLiteConverter, calibration: NDArray[np.uint8]) -> None:
    """As int8, with the picture's own bytes as input and bytes as output."""
    _set_int8(converter, calibration)
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8


SETTINGS: dict[str, Setting] = {
    "float32": _set_float32,
    "float16": _set_float16,
    "dynamic": _set_dynamic,
    "int8": _set_int8,
    "uint8": _set_uint8,
}


def _represent(images: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    """One batch of one image after the other, as the calibrator wants them."""
    return ([to_input(image[np.newaxis])] for image in images)
