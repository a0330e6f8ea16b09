"""What every layer of a run's Keras model computes: the measure of a converted file's tensors."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.quiet import prepare_environment, quiet
from runtime.localise.tensors import Named, Real
from runtime.manifest import Manifest
from runtime.preprocess import to_input

Glyphs = NDArray[np.uint8]
Layer = Any  # Keras has no types


def tracer(run: Path, described: Manifest) -> Callable[[Glyphs], list[Named]]:
    """A function that gives the model's tensors for glyphs uint8 (N, 28, 28), in the order of their computation.

    Models inside the model are opened, and their layers named after them: "body/conv". A layer with an activation gives
    two tensors: its sums, and what the activation makes of them. Raises ModelError where the model is missing, damaged
    or not to be loaded safely. TensorFlow is loaded only now, as it takes seconds.
    """
    prepare_environment()
    with quiet():
        from convert.keras_model import load_keras  # noqa: PLC0415

        model = load_keras(run, described)

    def trace(glyphs: Glyphs) -> list[Named]:
        with quiet():
            return [Named("image", "input", np.asarray(to_input(glyphs), np.float64)), *trace_model(model, glyphs)]

    return trace


def trace_model(model: Layer, glyphs: Glyphs) -> list[Named]:
    """The tensors of all layers for pictures uint8 (N, …), each overheard as the model computes its answers."""
    import keras  # noqa: PLC0415

    found: list[Named] = []
    with ExitStack() as stack:
        for name, layer in _named_leaves(model, ""):
            if not isinstance(layer, keras.layers.InputLayer):
                stack.enter_context(_overhear(layer, name, found, keras.activations.linear))
        model(to_input(glyphs), training=False)
    return found


def _named_leaves(model: Layer, place: str) -> Iterator[tuple[str, Layer]]:
    """The layers in order, each with its name; those of models inside the model after the model."""
    import keras  # noqa: PLC0415

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _named_leaves(layer, f"{place}{layer.name}/")
        else:
            yield f"{place}{layer.name}", layer


@contextmanager
def _overhear(layer: Layer, name: str, found: list[Named], linear: object) -> Iterator[None]:
    """Note what a layer gives whenever it is called, before and after its activation; a shared layer is noted twice."""
    import keras  # noqa: PLC0415

    own = layer.call
    has_activation = not isinstance(layer, keras.layers.Activation)
    activated = has_activation and getattr(layer, "activation", linear) not in (None, linear)
    kind = type(layer).__name__

    def call(*given: object, **options: object) -> object:
        if activated:
            kept, layer.activation = layer.activation, linear
            try:
                found.append(Named(f"{name} (sums)", kind, _real(own(*given, **options))))
            finally:
                layer.activation = kept
        result = own(*given, **options)
        found.append(Named(name, kind, _real(result)))
        return result

    layer.call = call
    try:
        yield
    finally:
        del layer.call


def _real(tensor: Any) -> Real:  # noqa: ANN401
    return np.asarray(tensor).astype(np.float64)
