"""The ends that every model of a run has: pictures from 0 to 1 go in, probabilities with the sum 1 come out."""

import keras
import numpy as np
from numpy.typing import NDArray

from convert.adopt.kind import Ending, Kind, find_last
from convert.adopt.order import OURS, Range
from runtime.preprocess import to_input
from runtime.records import Probabilities, Shape

HALVES = np.array([[-0.5, 0.5]], np.float32)  # the softmax of ∓z/2 is 1 − σ(z) and σ(z)
SMALLEST = 1e-30
SIGMOIDS = {Ending.SIGMOIDS: Ending.LOGITS, Ending.ONE_SIGMOID: Ending.ONE_LOGIT}
"""Endings whose sigmoid is taken away, and what is left."""


def put_ends(model: keras.Model, kind: Kind, taken: Range, shape: Shape) -> keras.Model:
    """A model around `model` that takes float32 (N, *shape) in [0, 1] and gives probabilities (N, K) with the sum 1.

    Its answers are what `read_answers` makes of the model's own. A sigmoid at the end is taken away, and `model` itself
    ends with the sums z from then on: of sigmoids σ(z) for each of several classes, of which exactly one is right, the
    softmax of the sums gives the probabilities, proportional to the odds σ/(1 − σ). The order of the classes stays.
    """
    image = keras.Input(shape, name="image")
    values = image
    if taken != OURS:
        values = keras.layers.Rescaling(taken.high - taken.low, offset=taken.low, name="range")(values)
    if kind.taken != shape:
        values = keras.layers.Reshape(kind.taken, name="shape")(values)
    if kind.ending in SIGMOIDS:
        find_last(model).activation = keras.activations.linear
    return keras.Model(image, _finish(model(values, training=False), kind), name=f"{model.name}_with_ends")


def read_answers(answers: NDArray[np.float32], ending: Ending) -> Probabilities:
    """Probabilities (N, K) with the sum 1, from a model's own answers with this ending."""
    given = answers.astype(np.float64)
    if ending is Ending.PROBABILITIES:
        return answers
    if ending is Ending.ONE_SIGMOID:
        return np.hstack([1 - given, given]).astype(np.float32)
    if ending is Ending.ONE_LOGIT:
        return _softmax(given @ HALVES)
    if ending is Ending.SIGMOIDS:
        given = np.log(np.maximum(given, SMALLEST)) - np.log(np.maximum(1 - given, SMALLEST))
    return _softmax(given)


def feed(images: NDArray[np.uint8], kind: Kind, taken: Range) -> NDArray[np.float32]:
    """Pictures uint8 as the model itself takes them."""
    scaled = to_input(images) * np.float32(taken.high - taken.low) + np.float32(taken.low)
    return scaled.reshape(-1, *kind.taken)


def check_ends(own: NDArray[np.float32], inner: NDArray[np.float32], ended: Probabilities, ending: Ending) -> float:
    """By how much the model with its new ends is off: the largest difference of an answer.

    `own` are the model's answers as it came, `inner` those that it gives within its new ends, where a sigmoid is taken
    away, and `ended` the new ones, (N, K).
    """
    if ending not in SIGMOIDS:
        return float(np.abs(read_answers(own, ending) - ended).max())
    back = 1 / (1 + np.exp(-inner.astype(np.float64)))
    sums = read_answers(inner, SIGMOIDS[ending])
    return float(max(np.abs(back - own).max(), np.abs(sums - ended).max()))


def _finish(values: keras.KerasTensor, kind: Kind) -> keras.KerasTensor:
    """Probabilities of what the model gives."""
    if kind.ending is Ending.PROBABILITIES:
        return values
    if kind.outputs == 1:
        both = keras.layers.Dense(2, use_bias=False, kernel_initializer="zeros", name="both", trainable=False)
        values = both(values)
        both.set_weights([HALVES])
    return keras.layers.Softmax(name="probabilities")(values)


def _softmax(sums: NDArray[np.float64]) -> Probabilities:
    risen = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True), np.float32)
