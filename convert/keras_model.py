"""The run's Keras model: loaded safely, asked for its answers, and seen as the converters need it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelError
from runtime.inspection import check_bytes
from runtime.inspection.place import read_bytes
from runtime.manifest import Manifest, read_file
from runtime.preprocess import to_input
from runtime.records import Probabilities

BATCH = 500  # images; keeps the largest activations of the zoo under 100 MB
PLAIN_LAYERS = (
    keras.layers.InputLayer,
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Dense,
    keras.layers.ReLU,
    keras.layers.Activation,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.Flatten,
    keras.layers.Dropout,
    keras.layers.Softmax,
)
SUM_TOLERANCE = 1e-3  # how far a row of probabilities may be from 1


def load_keras(run: Path, manifest: Manifest) -> keras.Model:
    """Load the run's model after its hash is checked, without ever running code that the file carries.

    Raises ModelError where it is missing, damaged, not loadable in Keras' safe mode, or does not take what the manifest
    says, (28, 28, 1) unless the model is of another kind, and give as many answers as the manifest has classes.
    """
    file = manifest.find("keras", "float32")
    if file is None:
        raise ModelError(f"{run}: the manifest lists no Keras model; name a run folder that digits train has written")
    read_file(run, file)
    path = run / file.path
    model = load_safely(path)
    _check_shapes(model, manifest, path)
    return model


def load_safely(path: Path) -> keras.Model:
    """The Keras model at `path`, loaded without ever running code that the file carries.

    Raises ModelError where it is damaged, holds a layer that is not listed in runtime/inspection/keras_check.py, or is
    not loadable in Keras' safe mode.
    """
    check_bytes(read_bytes(path), "keras", str(path))
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its readers of zip, JSON and HDF5 and its layers raise
        raise ModelError(f"{path}: not a Keras model that can be loaded safely ({first_line(error)})") from error


def answer(model: keras.Model, images: NDArray[np.uint8]) -> Probabilities:
    """Keras' own answers for glyphs uint8 (N, 28, 28), or pictures of another kind: float32 (N, K).

    Raises ModelError where they are no probabilities.
    """
    parts = [np.asarray(model(batch, training=False)) for batch in _batches(images)]
    answers = np.concatenate(parts or [np.zeros((0, model.output_shape[-1]))]).astype(np.float32)
    if not np.isfinite(answers).all() or np.abs(answers.sum(axis=1) - 1).max(initial=0) > SUM_TOLERANCE:
        raise ModelError(f"{model.name}: its answers are no probabilities that sum to 1; end the model with a softmax")
    return answers


def count_parameters(model: keras.Model) -> int:
    """The numbers that a converted file holds: all weights, with batch normalisation folded into the layer before it.

    Folding adds one bias per channel to a layer that has none. A batch normalisation with no such layer before it stays
    as one factor and one summand per channel.
    """
    return sum(_stored(layer, previous) for previous, layer in _pairs(model))


def scales_activations(model: keras.Model) -> bool:
    """Whether the network itself multiplies, divides or subtracts activations, beside what folding removes."""
    return not all(_folds(layer, previous) or isinstance(layer, PLAIN_LAYERS) for previous, layer in _pairs(model))


def for_conversion(model: keras.Model, static_batch: bool) -> keras.Model:
    """The same network with the input named "image" and, with `static_batch`, a batch of exactly one image."""
    keras.backend.clear_session()  # layer counters start anew, so that names do not tell how much was converted before
    image = keras.Input(batch_shape=(1 if static_batch else None, *model.input_shape[1:]), name="image")
    return keras.Model(image, model(image, training=False), name="digits")


def first_line(error: Exception) -> str:
    """The first line of an error's text, or its class where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]


def leaves(model: keras.Model) -> Iterator[keras.Layer]:
    """The layers in order, with models inside the model opened."""
    for layer in model.layers:
        yield from leaves(layer) if isinstance(layer, keras.Model) else (layer,)


def _batches(images: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    return (to_input(images[start : start + BATCH]) for start in range(0, len(images), BATCH))


def _pairs(model: keras.Model) -> Iterator[tuple[keras.Layer | None, keras.Layer]]:
    """Each layer with the one before it."""
    layers = list(leaves(model))
    return zip([None, *layers], layers, strict=False)


def _stored(layer: keras.Layer, previous: keras.Layer | None) -> int:
    """How many numbers of `layer` remain after folding."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return sum(int(np.prod(weight.shape)) for weight in layer.weights)
    channels = int(layer.moving_mean.shape[0])
    if _folds(layer, previous):
        return 0 if previous is not None and previous.use_bias else channels
    return 2 * channels


def _folds(layer: keras.Layer, previous: keras.Layer | None) -> bool:
    """Whether `layer` is a batch normalisation that becomes part of `previous`: sums of products and nothing after."""
    weighted = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)
    if not isinstance(layer, keras.layers.BatchNormalization) or previous is None or not isinstance(previous, weighted):
        return False
    return bool(previous.activation is keras.activations.linear)


def _check_shapes(model: keras.Model, manifest: Manifest, path: Path) -> None:
    """Refuse a model that is no classifier of the manifest's images into the manifest's classes."""
    with contextlib.suppress(AttributeError):  # a model that was never built has no shapes
        taken, given = model.input_shape, model.output_shape
        if _fits(taken, manifest.input_shape) and _fits(given, (len(manifest.classes),)):
            return
        wanted = f"input {manifest.input_shape} and {len(manifest.classes)} outputs as the manifest says"
        raise ModelError(f"{path}: expected {wanted}, got {taken} and {given}; train it anew")
    raise ModelError(f"{path}: the model has no fixed input shape; build it with keras.Input({manifest.input_shape})")


def _fits(shape: object, expected: tuple[int, ...]) -> bool:
    """Whether `shape` is the one expected behind any batch size."""
    return isinstance(shape, tuple) and shape[1:] == expected
