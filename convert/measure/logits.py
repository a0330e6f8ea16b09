"""The sums that a network compares before its softmax: for ways to reject what is no digit that need them."""

import keras
import numpy as np
from numpy.typing import NDArray

from convert.quiet import quiet
from convert.tflite import convert_to_tflite
from convert.variants import choose_variants
from runtime.errors import ModelError
from runtime.hush import hushed
from runtime.preprocess import to_input

Logits = NDArray[np.float32]
"""(N, K), any real numbers."""

BATCH = 500  # images; keeps the largest activations of the zoo under 100 MB


def without_softmax(model: keras.Model) -> keras.Model | None:
    """The network up to what its softmax is given, with the same weights; None where it does not end with a softmax."""
    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax) or (_is_softmax(last) and isinstance(last, keras.layers.Activation)):
        return keras.Model(model.inputs[0], last.input)
    if not isinstance(last, keras.layers.Dense) or not _is_softmax(last):
        return None
    sums = keras.layers.Dense.from_config({**last.get_config(), "activation": "linear", "name": "logits"})
    bare = keras.Model(model.inputs[0], sums(last.input))
    sums.set_weights(last.get_weights())
    return bare


def keras_logits(bare: keras.Model, images: NDArray[np.uint8]) -> Logits:
    """What the network without its softmax gives for glyphs uint8 (N, 28, 28), N ≥ 1."""
    parts = (bare(to_input(images[start : start + BATCH]), training=False) for start in range(0, len(images), BATCH))
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


class QuantisedLogits:
    """The network without its softmax as an int8 `.tflite` file with float input and output."""

    def __init__(self, bare: keras.Model, calibration: NDArray[np.uint8]) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - only measuring runs files without softmax

        with quiet():
            data = convert_to_tflite(bare, choose_variants("int8.tflite")[0], calibration)
        with hushed():
            self._interpreter = Interpreter(model_content=data, num_threads=1)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def ask(self, images: NDArray[np.uint8]) -> Logits:
        """What it gives for glyphs uint8 (N, 28, 28), N ≥ 1; ModelError where that is not finite."""
        parts = [self._run(to_input(images[start : start + BATCH])) for start in range(0, len(images), BATCH)]
        logits = np.concatenate(parts)
        if not np.isfinite(logits).all():
            raise ModelError("int8 logits: expected finite numbers; train and convert the model anew")
        return logits

    def _run(self, batch: NDArray[np.float32]) -> Logits:
        self._interpreter.resize_tensor_input(self._input, batch.shape)
        self._interpreter.allocate_tensors()
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output), np.float32).copy()


def _is_softmax(layer: keras.Layer) -> bool:
    return bool(getattr(layer, "activation", None) is keras.activations.softmax)
