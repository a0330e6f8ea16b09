"""The project's own networks for small computers: one shape in three widths, with an answer for what is no digit."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import keras
from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU

from train.zoo.recipe import Architecture, Recipe


class Widths(NamedTuple):
    """Filters of the convolutions, by the size of the field that they see."""

    large: tuple[int, ...]  # 14×14; the first is the stem, which sees the image
    middle: tuple[int, ...]  # 7×7
    small: tuple[int, ...]  # 3×3
    side: int = 5  # of the stem's kernel, pixels
    stride: int = 2  # of the stem: 2, or 1 and a pooling


NANO = Widths((12, 12, 12), (16, 16), (12,))
SMALL = Widths((20, 24, 24), (28, 28), (20,))
BASE = Widths((32, 40, 40), (48, 48), (56,))
FAMILY = {"edge-nano": NANO, "edge-small": SMALL, "edge-base": BASE}

STANDARD = Recipe(
    "categorical_crossentropy",
    epochs=30,
    batch_size=128,
    optimiser="sgd",
    learning_rate=0.2,
    schedule="cosine",
    warm_up_epochs=1.0,
    weight_decay=5e-4,
    label_smoothing=0.02,
    validation_share=0.05,
    augmentation=1.0,
    gentle_epochs=3,
    background=0.15,
    european=0.015,
    settling=1 / 3,
)

BEST = replace(STANDARD, epochs=120)

QUICK = replace(
    STANDARD,
    epochs=4,
    warm_up_epochs=0.5,
    augmentation=0.5,  # few epochs cannot learn from the strongest variations
    gentle_epochs=1,
    background=0.06,  # drawing it takes as long as an epoch
    european=0.02,
)


def build_edge(widths: Widths, classes: int) -> keras.Sequential:
    """A wide convolution with stride 2, then 3×3 ones in three sizes, and one dense layer on the last 3×3 field.

    Every convolution is followed by batch normalisation, which folds into it at conversion, and there is nothing in the
    network that 8-bit kernels do badly.
    """
    layers = [Input((28, 28, 1)), *_convolution(widths.large[0], widths.side, strides=widths.stride)]
    for number, filters in enumerate((widths.large[1:], widths.middle, widths.small)):
        layers += [MaxPooling2D()] if number or widths.stride == 1 else []
        layers += [layer for width in filters for layer in _convolution(width)]
    return keras.Sequential([*layers, Flatten(), Dense(classes, activation="softmax")])


def _convolution(filters: int, side: int = 3, strides: int = 1) -> list[keras.layers.Layer]:
    """A convolution without bias (the normalisation behind it has one), batch normalisation and ReLU."""
    convolution = Conv2D(filters, side, strides=strides, padding="same", use_bias=False)
    return [convolution, BatchNormalization(), ReLU()]


def _builder(widths: Widths) -> Callable[[int], keras.Sequential]:
    return lambda classes: build_edge(widths, classes)


def _describe(widths: Widths) -> str:
    """The layers in words."""
    stem_filters, *others = widths.large
    sizes = [", ".join(f"Conv{width}" for width in filters) for filters in (others, widths.middle, widths.small)]
    stem = f"{widths.side}×{widths.side}" + ("/2" if widths.stride == 2 else "")
    first = f"{stem} Conv{stem_filters}" + ("" if widths.stride == 2 else ", pool")
    return f"{first}, {', pool, '.join(sizes)} (each batch-normalised), softmax"


def edge_model(name: str, widths: Widths, recipes: Mapping[str, Recipe]) -> Architecture:
    """A network of the family under a name of its own."""
    return Architecture(name, _describe(widths), _builder(widths), recipes, published="our own")


MODELS = (
    edge_model(
        "edge-nano", NANO, {"standard": replace(STANDARD, epochs=60, augmentation=0.7), "quick": QUICK, "best": BEST}
    ),
    edge_model("edge-small", SMALL, {"standard": STANDARD, "quick": QUICK, "best": BEST}),
    edge_model("edge-base", BASE, {"standard": STANDARD, "quick": QUICK, "best": BEST}),
)
