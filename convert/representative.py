"""The images by which the ranges of whole-number activations are found, chosen on purpose.

Two things matter about them: that no class is left out, and that no activation of the others goes beyond what is seen
in them, for it would be cut off. So those come first that hold the lowest or the highest number of any layer among all
of the run's calibration images, and the rest is taken evenly from the classes.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from convert.keras_layers import trace_model
from convert.recipe import Recipe
from convert.source import Source
from runtime.localise.tensors import Real

Indices = NDArray[np.intp]
BATCH = 100  # images whose activations are held at once


def find_representative(source: Source, recipe: Recipe) -> NDArray[np.uint8] | None:
    """The images of the run that `recipe` finds its ranges with, uint8 (N, 28, 28); None where it finds none.

    All of the run's calibration images where the recipe asks for as many, in their own order.
    """
    if recipe.calibration is None:
        return None
    images, labels = source.calibration["images"], source.calibration["labels"]
    if len(images) <= recipe.calibration.images:
        return images
    rows = choose_rows(labels, find_extremes(source.model, images), recipe.calibration.images)
    return np.ascontiguousarray(images[rows])


def find_extremes(model: keras.Model, images: NDArray[np.uint8]) -> Indices:
    """The images that hold the lowest or the highest number of any layer, each once, in their own order."""
    batches = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
    parts = [[_ends(tensor.values) for tensor in trace_model(model, batch)] for batch in batches]
    ends = np.concatenate(parts, axis=2)  # (tensors, 2, N)
    return np.unique(np.concatenate([ends[:, 0].argmin(axis=1), ends[:, 1].argmax(axis=1)]))


def choose_rows(labels: NDArray[np.uint8], first: Indices, count: int) -> Indices:
    """`count` places in `labels` (N,), N ≥ `count`, rising: those of `first`, then as many of each class as can be.

    The places of a class are taken evenly from all that it has, without chance.
    """
    chosen = set(first[:count].tolist())
    queues = [_spread([i for i in np.flatnonzero(labels == c).tolist() if i not in chosen]) for c in np.unique(labels)]
    sizes = [sum(labels[i] == c for i in chosen) for c in np.unique(labels)]
    while len(chosen) < count:
        smallest = min((k for k in range(len(queues)) if queues[k]), key=lambda k: sizes[k])
        chosen.add(queues[smallest].pop(0))
        sizes[smallest] += 1
    return np.array(sorted(chosen), np.intp)


def _ends(values: Real) -> Real:
    """The lowest and the highest number of each image, (2, N)."""
    flat = values.reshape(len(values), -1)
    return np.stack([flat.min(axis=1), flat.max(axis=1)])


def _spread(places: list[int]) -> list[int]:
    """The same places in an order in which every beginning is spread over all of them: halves, quarters, eighths."""
    width = max(1, (len(places) - 1).bit_length())
    order = sorted(range(len(places)), key=lambda i: int(f"{i:0{width}b}"[::-1], 2))
    return [places[i] for i in order]
