"""Keras to `.tflite`, through TensorFlow's own converter, and AI Edge Quantizer where that cannot do it."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from convert.keras_model import first_line, for_conversion
from convert.recipe import Recipe
from convert.weight_only import quantise_weights
from runtime.errors import DigitsError, ModelError
from runtime.preprocess import to_input


def convert_to_tflite(
    model: keras.Model, recipe: Recipe, images: NDArray[np.uint8] | None, static_batch: bool = False
) -> bytes:
    """The `.tflite` file that `recipe` makes; `images` uint8 (N, 28, 28) are what ranges are found with, where any are.

    Starts from the Keras model itself: from a concrete function together with a Keras 3 model TensorFlow writes a file
    without weights. Raises ModelError where the model cannot be converted, and MissingDependency.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(for_conversion(model, static_batch))
    _set(converter, recipe, images)
    try:
        data = bytes(converter.convert())
        return quantise_weights(data) if recipe.needs_quantiser else data
    except DigitsError:
        raise
    except Exception as error:  # the converter raises whatever its MLIR passes raise
        raise ModelError(f"{recipe.path}: TensorFlow cannot convert this model ({first_line(error)})") from error


def _set(converter: tf.lite.TFLiteConverter, recipe: Recipe, images: NDArray[np.uint8] | None) -> None:
    """Tell the converter what the recipe says; without any of it everything stays as trained."""
    if recipe.weights == "float32" or recipe.needs_quantiser:
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]  # weights in 8 bits, activations quantised while running
    if recipe.weights == "float16":
        converter.target_spec.supported_types = [tf.float16]  # widened when the file is loaded
    if images is not None:
        _set_whole_numbers(converter, recipe, images)


def _set_whole_numbers(converter: tf.lite.TFLiteConverter, recipe: Recipe, images: NDArray[np.uint8]) -> None:
    """Compute in whole numbers only, between input and output as the recipe has them."""
    converter.representative_dataset = lambda: _represent(images)
    converter.target_spec.supported_ops = [OPERATORS[recipe.activations]]
    converter._experimental_disable_per_channel = recipe.scales == "tensor"  # it has no public name
    if recipe.ends == "uint8":
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8


OPERATORS = {
    "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
    "int16": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
}


def _represent(images: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    """One batch of one image after the other, as the calibrator wants them."""
    return ([to_input(image[np.newaxis])] for image in images)
