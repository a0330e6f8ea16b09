"""The confidence from which the reader publishes a digit, chosen so that it keeps nearly all right answers."""

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Probabilities

KEPT = 0.99  # share of the right answers that stay published
LOWEST, HIGHEST = 0.5, 0.9  # neither may an unsure network publish guesses, nor a too sure one refuse most digits


def fit_threshold(answers: Probabilities, labels: NDArray[np.uint8]) -> float:
    """The threshold 0.5–0.9, in hundredths, that keeps 99 % of the right `answers` (N, K) to digits `labels` (N,).

    It is fitted on the calibration images, which the network has learnt from: an upper bound of what a stranger's
    handwriting gives.
    """
    digits = answers[:, :DIGITS]
    right = digits.argmax(axis=1) == labels
    if not right.any():
        return HIGHEST
    kept = float(np.quantile(digits[right].max(axis=1), 1 - KEPT))
    return round(min(max(kept, LOWEST), HIGHEST), 2)
