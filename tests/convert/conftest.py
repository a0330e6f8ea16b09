"""Classifiers of other kinds than our zoo's, as somebody else may bring them, with their pictures."""

# ruff: noqa: ANN401 - Keras has no types

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

LEARNT, GIVEN = 1500, 300  # pictures that a model is fitted to, and that come with it
SURE = 8.0  # between the sums of the right class and any other
RIDGE = 5e-2  # of the mean square: enough that weights stay small and rounding is not made louder

Array = NDArray[Any]
Layers = Any  # the module keras.layers


def convolve(layers: Layers, values: Any, width: int, strides: int = 1) -> Any:
    """A convolution with batch normalisation and a rectifier."""
    sums = layers.Conv2D(width, 3, strides=strides, padding="same", use_bias=False)(values)
    return layers.ReLU()(layers.BatchNormalization()(sums))


def build_separable(keras: Any) -> Any:
    """Depthwise-separable convolutions after MobileNet, pixels scaled inside the model, softmax."""
    layers = keras.layers
    image = keras.Input((28, 28, 1))
    values = convolve(layers, layers.Rescaling(1 / 255)(image), 8, strides=2)
    for width, strides in ((16, 2), (32, 1)):
        sums = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(values)
        deep = layers.ReLU(6.0)(layers.BatchNormalization()(sums))
        values = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(width, 1)(deep)))
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.Flatten()(values)), name="separable")


def build_residual(keras: Any) -> Any:
    """Residual blocks on small pictures, logits."""
    layers = keras.layers
    image = keras.Input((20, 20, 1))
    values = convolve(layers, image, 8, strides=2)
    for width, short in ((8, values), (12, None)):
        deep = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(convolve(layers, values, width)))
        values = layers.ReLU()(layers.Add()([deep, layers.Conv2D(width, 1)(values) if short is None else short]))
    values = layers.AveragePooling2D(2)(values)
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(values)), name="residual")


def build_excited(keras: Any) -> Any:
    """Squeeze and excite (Hu et al., arXiv:1709.01507) with swish, pixels from −1 to 1."""
    layers = keras.layers
    image = keras.Input((28, 28, 1))
    values = convolve(layers, convolve(layers, image, 8, strides=2), 12, strides=2)
    squeezed = layers.Dense(4, activation="swish")(layers.GlobalAveragePooling2D()(values))
    excitation = layers.Reshape((1, 1, 12))(layers.Dense(12, activation="sigmoid")(squeezed))
    values = layers.Multiply()([values, excitation])
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.Flatten()(values)), name="excited")


def build_nested(keras: Any) -> Any:
    """Models inside a model, coloured pictures of 32×32, logits."""
    layers = keras.layers
    inner = keras.Input((32, 32, 3))
    body = keras.Model(inner, convolve(layers, convolve(layers, inner, 8, strides=2), 16, strides=2), name="body")
    tail = [layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.1), layers.Dense(10)]
    head = keras.Sequential([keras.Input((8, 8, 16)), *tail], name="head")
    image = keras.Input((32, 32, 3))
    return keras.Model(image, head(body(layers.Rescaling(1 / 127.5, offset=-1)(image))), name="nested")


def build_sigmoids(keras: Any) -> Any:
    """Dense layers on pictures without channels, a sigmoid for each digit."""
    layers = keras.layers
    tail = [layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dense(10, activation="sigmoid")]
    return keras.Sequential([keras.Input((28, 28)), *tail], name="sigmoids")


def build_binary(keras: Any) -> Any:
    """One sigmoid for two classes, pixels in a row."""
    layers = keras.layers
    tail = [layers.Dense(256, activation="relu"), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input((784,)), *tail], name="binary")


@dataclass(frozen=True)
class Stranger:
    """A model of another kind and what it was fitted to."""

    build: Callable[[Any], Any]
    side: int = 28
    colours: bool = False
    low: float = 0.0
    high: float = 1.0
    classes: int = 10


STRANGERS = {
    "separable": Stranger(build_separable, high=255.0),
    "residual": Stranger(build_residual, side=20),
    "excited": Stranger(build_excited, low=-1.0),
    "nested": Stranger(build_nested, side=32, colours=True, high=255.0),
    "sigmoids": Stranger(build_sigmoids),
    "binary": Stranger(build_binary, high=255.0, classes=2),
}


def make_pictures(stranger: Stranger, images: Array, labels: Array) -> tuple[Array, Array]:
    """Drawn digits as the model wants them; of two classes, the second are digits from 5."""
    size = (stranger.side, stranger.side)
    pictures = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
    if stranger.colours:
        tint = np.random.default_rng(1).integers(120, 256, (len(images), 1, 1, 3))
        pictures = (pictures[..., np.newaxis] * tint // 255).astype(np.uint8)
    return pictures, labels if stranger.classes == 10 else (labels >= 5).astype(np.uint8)


def fit_last(model: Any, inputs: Array, labels: Array, classes: int) -> None:
    """Fit the last layer alone, by least squares: a model that is sure of itself, without a training."""
    from convert.adopt.kind import find_last
    from convert.keras_model import leaves

    last, given = find_last(model), list[Array]()
    own = last.call

    def overheard(values: Any, **options: Any) -> Any:
        given.append(np.asarray(values))
        return own(values, **options)

    last.call = overheard
    for layer in leaves(model):
        if hasattr(layer, "momentum"):
            layer.momentum = 0.0  # of batch normalisation, so that it takes over what it sees at once
    model(inputs, training=True)
    model(inputs, training=False)
    del last.call
    values = np.hstack([given[-1], np.ones((len(inputs), 1))]).astype(np.float64)
    sums = SURE * (np.eye(classes)[labels] - 0.5)
    squares = values.T @ values
    found = np.linalg.solve(
        squares + RIDGE * np.trace(squares) / len(squares) * np.eye(len(squares)), values.T @ sums[:, -last.units :]
    )
    last.set_weights([found[:-1], found[-1]])


@pytest.fixture(scope="session")
def strangers(framework: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `NAME.keras` and `NAME.npz` of every one of STRANGERS."""
    from convert.quiet import quiet
    from train.handwriting.dataset import draw_digits

    drawn = draw_digits(LEARNT + GIVEN, seed=5)
    folder = tmp_path_factory.mktemp("strangers")
    for name, stranger in STRANGERS.items():
        framework.utils.set_random_seed(3)
        model = stranger.build(framework)
        pictures, labels = make_pictures(stranger, *drawn)
        scaled = pictures[:LEARNT] / 255 * (stranger.high - stranger.low) + stranger.low
        inputs = scaled.astype(np.float32).reshape(LEARNT, *model.input_shape[1:])
        with quiet():
            fit_last(model, inputs, labels[:LEARNT], stranger.classes)
            model.save(folder / f"{name}.keras")
        np.savez(folder / f"{name}.npz", images=pictures[LEARNT:], labels=labels[LEARNT:])
    return folder


@pytest.fixture(scope="session")
def adopted(strangers: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Converts a stranger by its name, once, and gives its run, only to be read."""
    from runtime.cli import main

    place = tmp_path_factory.mktemp("adopted")

    def convert(name: str) -> Path:
        run = place / name
        if not run.exists():
            files = FILES.get(name, "float32.tflite,int8.tflite")
            words = ["convert", str(strangers / f"{name}.keras"), "--data", str(strangers / f"{name}.npz")]
            taken = ["--input-range", "0..255"] if name == "binary" else []
            assert main([*words, *taken, "--out", str(run), "--variants", files]) == 0
        return run

    return convert


FILES = dict.fromkeys(("residual", "excited"), "float32.tflite,int8.tflite,float32.onnx")
"""What the strangers are converted to; the others to `.tflite` alone, since every file takes seconds."""


@pytest.fixture(scope="session")
def fit_head() -> Callable[..., None]:
    """Fits the last layer of a model to inputs, labels and a number of classes."""
    return fit_last
