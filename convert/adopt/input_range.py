"""Which numbers a model takes for black and white: told by its first layer, or by the labels that it explains best."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from convert.adopt.order import OURS, Range
from convert.calibration import fit_correction
from convert.keras_model import leaves
from runtime.calibration import apply_temperature
from runtime.errors import UsageError
from runtime.idx import Labelled
from runtime.records import Probabilities

RANGES = (OURS, Range(0.0, 255.0), Range(-1.0, 1.0))
BYTES = RANGES[1]
SHRINKS = 0.05  # a first layer that scales by less is made for bytes
SAMPLES = 500
APART = 3.0  # standard errors between the best range and any other
FLOOR = 1e-7  # of a probability

Answer = Callable[[NDArray[np.uint8], Range], Probabilities]
"""The model's probabilities (N, K) for pictures that are given to it in a range."""


def find_range(model: keras.Model, answer: Answer, labelled: Labelled, path: Path) -> tuple[Range, str]:
    """The range, and how it was found, in words.

    A first layer that shrinks its input is made for bytes. Else the range is that in which the model gives the labels
    the highest likelihood, at the temperature that suits each best, so that boastful models are judged fairly; if it is
    better than guessing, clearly better than in any other range (a paired comparison of the logarithms), and no other
    clearly gives more right answers. Raises UsageError where that does not tell.
    """
    first = next((layer for layer in leaves(model) if not isinstance(layer, keras.layers.InputLayer)), None)
    if isinstance(first, keras.layers.Rescaling) and np.ndim(first.scale) == 0 and 0 < first.scale < SHRINKS:
        return BYTES, f"its first layer multiplies by {first.scale:.4g}"
    images, labels = (part[:SAMPLES] for part in labelled)
    given = [answer(images, taken) for taken in RANGES]
    losses = [_losses(answers, labels) for answers in given]
    right = [(answers.argmax(axis=1) == labels).astype(np.float64) for answers in given]
    best = int(np.argmin([loss.mean() for loss in losses]))
    apart = all(_exceeds(loss, losses[best]) for index, loss in enumerate(losses) if index != best)
    outdone = any(_exceeds(other, right[best]) for other in right)
    told = ", ".join(f"{taken} {np.exp(-loss.mean()):.2f}" for taken, loss in zip(RANGES, losses, strict=True))
    if not apart or outdone or losses[best].mean() >= np.log(given[best].shape[1]):
        raise UsageError(
            f"{path}: its answers do not tell which numbers it takes for black and white (likelihood of a label:"
            f" {told}); say it with --input-range=0..1, 0..255 or -1..1"
        )
    return RANGES[best], f"likelihood of a label: {told}"


def _losses(answers: Probabilities, labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Minus the logarithm of each label's probability at the best temperature, (N,)."""
    finite = np.nan_to_num(answers)
    tempered = apply_temperature(finite, fit_correction(finite, labels, answers.shape[1]).temperature)
    own = tempered[np.arange(len(labels)), labels].astype(np.float64)
    return np.asarray(-np.log(np.maximum(np.nan_to_num(own), FLOOR)))


def _exceeds(figures: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether figures are clearly larger than others, sample by sample."""
    more = figures - others
    error = float(more.std(ddof=1)) / np.sqrt(len(more))
    return bool(more.mean() > APART * error and more.mean() > 0)
