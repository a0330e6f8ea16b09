"""What every layer of a run's Keras model computes: the measure of a converted file's tensors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.quiet import prepare_environment, quiet
from runtime.localise.tensors import Named, Real
from runtime.manifest import Manifest
from runtime.preprocess import to_input

Glyphs = NDArray[np.uint8]


def tracer(run: Path, described: Manifest) -> Callable[[Glyphs], list[Named]]:
    """A function that gives the model's tensors for glyphs uint8 (N, 28, 28), in the order of its layers.

    A layer with an activation gives two: its sums, and what the activation makes of them. Raises ModelError where the
    model is missing, damaged or not to be loaded safely. TensorFlow is loaded only now, as it takes seconds.
    """
    prepare_environment()
    with quiet():
        from convert.keras_model import load_keras  # noqa: PLC0415

        model = load_keras(run, described)

    def trace(glyphs: Glyphs) -> list[Named]:
        with quiet():
            return [Named("image", "input", np.asarray(to_input(glyphs), np.float64)), *_trace(model, glyphs)]

    return trace


def _trace(model: Any, glyphs: Glyphs) -> Iterator[Named]:  # noqa: ANN401 - Keras has no types
    """The tensors of all layers, each asked for what it is given and what it gives."""
    import keras  # noqa: PLC0415

    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    ends = [(layer.input, layer.output) for layer in layers]
    values = keras.Model(model.inputs, keras.tree.flatten(ends))(to_input(glyphs), training=False)
    for layer, (given, result) in zip(layers, keras.tree.pack_sequence_as(ends, list(values)), strict=True):
        kind = type(layer).__name__
        activation = getattr(layer, "activation", None)
        if activation not in (None, keras.activations.linear) and not isinstance(layer, keras.layers.Activation):
            yield Named(f"{layer.name} (sums)", kind, _without_activation(layer, given, keras.activations.linear))
        yield Named(layer.name, kind, np.asarray(result).astype(np.float64))


def _without_activation(layer: Any, given: object, linear: object) -> Real:  # noqa: ANN401
    """What a layer gives before its activation."""
    kept, layer.activation = layer.activation, linear
    try:
        return np.asarray(layer(given)).astype(np.float64)
    finally:
        layer.activation = kept
