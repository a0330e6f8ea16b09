"""The project's own network for small computers: 30,102 parameters, 2.65 million multiplications a digit."""

import keras
from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU

from train.zoo.recipe import Architecture, Recipe

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
)

QUICK = Recipe(
    "categorical_crossentropy",
    epochs=8,
    batch_size=128,
    optimiser="sgd",
    learning_rate=0.2,
    schedule="cosine",
    warm_up_epochs=0.5,
    weight_decay=5e-4,
    label_smoothing=0.02,
    validation_share=0.05,
    augmentation=0.6,  # few epochs cannot learn from the strongest variations
    gentle_epochs=1,
)


def build_edge() -> keras.Sequential:
    """A 5×5 convolution with stride 2, then 3×3 ones in three sizes, and one dense layer on the last 3×3 field.

    Every convolution is followed by batch normalisation, which folds into it at conversion, and there is nothing in the
    network that 8-bit kernels do badly.
    """
    return keras.Sequential(
        [
            Input((28, 28, 1)),
            *_convolution(20, 5, strides=2),
            *_convolution(24),
            *_convolution(24),
            MaxPooling2D(),
            *_convolution(28),
            *_convolution(28),
            MaxPooling2D(),
            *_convolution(20),
            Flatten(),
            Dense(10, activation="softmax"),
        ]
    )


def _convolution(filters: int, side: int = 3, strides: int = 1) -> list[keras.layers.Layer]:
    """A convolution without bias (the normalisation behind it has one), batch normalisation and ReLU."""
    convolution = Conv2D(filters, side, strides=strides, padding="same", use_bias=False)
    return [convolution, BatchNormalization(), ReLU()]


MODELS = (
    Architecture(
        name="edge",
        layers="5×5/2 Conv20, Conv24, Conv24, pool, Conv28, Conv28, pool, Conv20 (each batch-normalised), softmax",
        build=build_edge,
        recipes={"standard": STANDARD, "quick": QUICK},
        published="our own",
    ),
)
