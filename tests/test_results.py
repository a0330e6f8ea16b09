"""Figures about answers."""

import numpy as np
import pytest

from train.results import Results, wilson_interval

ANSWERS = np.full((4, 10), 0.02, np.float32)
ANSWERS[0, 3], ANSWERS[1, 4], ANSWERS[2, 4], ANSWERS[3, 9] = 0.9, 0.5, 0.8, 0.7
RESULTS = Results(np.array([3, 9, 8, 9], np.uint8), ANSWERS)


def test_wrong_answers_the_surest_first() -> None:
    assert RESULTS.digits.tolist() == [3, 4, 4, 9]
    assert RESULTS.wrong.tolist() == [2, 1]
    assert (RESULTS.errors, RESULTS.samples, RESULTS.accuracy) == (2, 4, 0.5)


def test_confusion_has_labels_in_rows() -> None:
    counts = RESULTS.confusion()

    assert counts.shape == (10, 10)
    assert (counts[9, 4], counts[8, 4], counts[3, 3], counts[9, 9], counts.sum()) == (1, 1, 1, 1, 4)


@pytest.mark.parametrize(
    ("accuracy", "samples", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (0.99, 10_000, 0.98786, 0.99177), (1.0, 100, 0.9630, 1.0), (0.0, 100, 0.0, 0.0370)],
    ids=["half of ten", "usual", "all", "none"],
)
def test_wilson_interval(accuracy: float, samples: int, low: float, high: float) -> None:
    assert wilson_interval(accuracy, samples) == pytest.approx((low, high), abs=1e-4)
