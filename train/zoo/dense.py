"""Networks of dense layers alone."""

import keras
from keras.layers import Dense, Dropout, Flatten, Input

from train.zoo.recipe import Architecture, Recipe


def build_dense_512(classes: int) -> keras.Sequential:
    """784-512-256-128 ReLU and ten independent sigmoids."""
    hidden = [Dense(width, activation="relu") for width in (512, 256, 128)]
    return keras.Sequential([Input((28, 28, 1)), Flatten(), *hidden, Dense(classes, activation="sigmoid")])


def build_dense_128(classes: int) -> keras.Sequential:
    """128-128 ReLU and softmax.

    The source's first layer divides grey levels by 255. Every input of this project is in [0, 1] already, so the layer
    would be the identity and is left out; the recipe's effect is the same.
    """
    hidden = [Dense(128, activation="relu"), Dense(128, activation="relu")]
    return keras.Sequential([Input((28, 28, 1)), Flatten(), *hidden, Dense(classes, activation="softmax")])


def build_dense_1024(classes: int) -> keras.Sequential:
    """1024 ReLU, 128 tanh, dropout, 64 ReLU and softmax."""
    return keras.Sequential(
        [
            Input((28, 28, 1)),
            Flatten(),
            Dense(1024, activation="relu"),
            Dense(128, activation="tanh"),
            Dropout(0.05),
            Dense(64, activation="relu"),
            Dense(classes, activation="softmax"),
        ]
    )


MODELS = (
    Architecture(
        name="dense-512",
        layers="784-512-256-128 ReLU, 10 sigmoid (trained with binary cross-entropy, shipped as softmax)",
        build=build_dense_512,
        # The source names no batch size; 128 keeps 50 epochs short.
        recipes={"published": Recipe("binary_crossentropy", epochs=50, batch_size=128)},
        published="283 errors of 10,000",
        published_accuracy=0.9717,
    ),
    Architecture(
        name="dense-128",
        layers="128-128 ReLU, softmax",
        build=build_dense_128,
        recipes={"published": Recipe("sparse_categorical_crossentropy", epochs=1, batch_size=64)},
        published="95.60 %",
        published_accuracy=0.9560,
    ),
    Architecture(
        name="dense-1024",
        layers="1024 ReLU, 128 tanh, dropout .05, 64 ReLU, softmax",
        build=build_dense_1024,
        recipes={"published": Recipe("categorical_crossentropy", epochs=10, batch_size=64)},
        published="98.11 %",
        published_accuracy=0.9811,
    ),
)
