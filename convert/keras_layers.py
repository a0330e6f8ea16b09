"""What every layer of a run's Keras model computes: the measure of a converted file's tensors."""

from collections.abc import Callable, Iterator
from pathlib import Path

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


def _trace(model: object, glyphs: Glyphs) -> Iterator[Named]:
    """The tensors of all layers, models inside the model opened."""
    import keras  # noqa: PLC0415

    inner = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]  # type: ignore[attr-defined]
    ends = [tensor for layer in inner for tensor in (layer.input, layer.output)]
    flat = keras.tree.flatten(ends)
    values = keras.Model(model.inputs, flat)(to_input(glyphs), training=False)  # type: ignore[attr-defined]
    real = keras.tree.pack_sequence_as(ends, [np.asarray(value) for value in values])
    for index, layer in enumerate(inner):
        given, result = real[2 * index], real[2 * index + 1]
        kind = type(layer).__name__
        activation = getattr(layer, "activation", None)
        if activation not in (None, keras.activations.linear) and not isinstance(layer, keras.layers.Activation):
            yield Named(f"{layer.name} (sums)", kind, _without_activation(layer, given))
        yield Named(layer.name, kind, np.asarray(result, np.float64))


def _without_activation(layer: object, given: object) -> Real:
    """What a layer gives before its activation."""
    import keras  # noqa: PLC0415

    kept = layer.activation  # type: ignore[attr-defined]
    layer.activation = keras.activations.linear  # type: ignore[attr-defined]
    try:
        return np.asarray(layer(given), np.float64)  # type: ignore[operator]
    finally:
        layer.activation = kept  # type: ignore[attr-defined]
