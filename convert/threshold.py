"""How sure a network must be: the confidences by which the reader judges its answers."""

import numpy as np
from numpy.typing import NDArray

from convert.calibration import digit_scores
from runtime.records import DIGITS, Probabilities

KEPT = 0.99  # share of the right answers that the confidence for publishing must leave
ACCEPTED = 0.03  # share of the junk that may pass; while more does, the confidence rises as far as KEPT lets it
PRICE = 3  # missing digits that are as bad as one that is published wrongly, or that is none
SURE = 0.98  # share of the right answers that reach the confidence by which a digit vouches for its neighbours
LOWEST = 0.5  # no guesses, however unsure the network
HIGHEST, HIGHEST_SURE = 0.95, 0.99  # strangers' digits are less clear than those that the network was fitted on
STEP = 0.01


def fit_thresholds(answers: Probabilities, labels: NDArray[np.uint8], known: int = DIGITS) -> dict[str, float]:
    """The manifest's thresholds for a network that gives `answers` (N, K) to images of `labels` (N,), 10 being junk.

    Of a network with another number of classes, `known`, that number is junk. "confidence" is the lowest at which
    publishing is worth its price, p ≥ 1 - 1/PRICE for calibrated probabilities (Chow, "On optimum recognition error and
    reject tradeoff", 1970), and at most 3 % of the junk pass; but never so high that it costs more than 1 % of the
    right answers, which comes first: the last pieces of junk look like digits and strangers' digits are less clear than
    these. Where there is no junk among the images, nobody knows how much would pass, and it is as high as the right
    answers allow. "sure" is reached by 98 % of them. Both are in hundredths, from 0.5 to 0.95 and to 0.99.
    """
    scores = digit_scores(answers, known).astype(np.float64)  # compared as `Prediction` compares
    digits = scores[(labels < known) & (answers.argmax(axis=1) == labels)]
    return {
        "confidence": _for_publishing(digits, scores[labels >= known]),
        "sure": max(_keeping(SURE, digits, HIGHEST_SURE)),
    }


def _for_publishing(digits: NDArray[np.float64], junk: NDArray[np.float64]) -> float:
    """The confidence from which a digit is published, from the scores of right answers and of junk."""
    allowed = _keeping(KEPT, digits, HIGHEST)
    worthwhile = [step for step in allowed if step >= 1 - 1 / PRICE]
    enough = [step for step in worthwhile if junk.size and (junk >= step).mean() <= ACCEPTED]
    return min(enough, default=max(allowed))


def _keeping(share: float, digits: NDArray[np.float64], highest: float) -> list[float]:
    """The thresholds up to `highest` that leave `share` of the digits, and the lowest of all in any case.

    Every one of them where there are no digits: what is never right shall publish next to nothing.
    """
    steps = [round(step, 2) for step in np.arange(LOWEST, highest + STEP / 2, STEP).tolist()]
    return [step for step in steps if step == LOWEST or not digits.size or (digits >= step).mean() >= share]
