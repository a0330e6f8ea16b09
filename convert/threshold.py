"""How sure a network is when it is right: the confidences by which the reader judges its answers."""

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Probabilities

PUBLISHED = 0.995  # share of the right answers that reach the confidence from which a digit is published
SURE = 0.98  # share of the right answers that reach the confidence by which a digit vouches for its neighbours
LOWEST, HIGHEST = 0.5, 0.95  # neither may an unsure network publish guesses, nor a too sure one refuse most digits


def fit_thresholds(answers: Probabilities, labels: NDArray[np.uint8]) -> dict[str, float]:
    """The manifest's thresholds for a network that gives `answers` (N, K) to images of the digits `labels` (N,).

    "confidence" is reached by 99.5 % of the right answers, "sure" by 98 %; both are in hundredths, from 0.5 to 0.95.
    They are fitted on images that the network has learnt from: upper bounds of what a stranger's handwriting gives.
    """
    digits = answers[:, :DIGITS]
    right = digits[digits.argmax(axis=1) == labels].max(axis=1)
    return {"confidence": _reached_by(PUBLISHED, right), "sure": _reached_by(SURE, right)}


def _reached_by(share: float, confidences: NDArray[np.float32]) -> float:
    """The confidence that `share` of `confidences` reach, within the bounds; the highest where there are none."""
    if not confidences.size:
        return HIGHEST
    return round(min(max(float(np.quantile(confidences, 1 - share)), LOWEST), HIGHEST), 2)
