"""The threshold keeps what is right, within reason."""

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.threshold import HIGHEST, LOWEST, fit_threshold


def answers(confidences: NDArray[np.float64], label: int, classes: int = 10) -> NDArray[np.float32]:
    """Answers that give `label` each of the confidences and spread the rest evenly."""
    table = np.repeat(((1 - confidences) / (classes - 1))[:, None], classes, axis=1)
    table[:, label] = confidences
    return table.astype(np.float32)


def test_keeps_99_of_100_right_answers() -> None:
    confidences = np.linspace(0.505, 1.0, 100)
    labels = np.full(100, 3, np.uint8)

    threshold = fit_threshold(answers(confidences, 3), labels)

    assert threshold == pytest.approx(0.51)
    assert (confidences >= threshold).mean() == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.2, LOWEST), (0.72, 0.72), (1.0, HIGHEST)],
    ids=["unsure network", "usual network", "network sure of everything"],
)
def test_stays_within_its_bounds(confidence: float, expected: float) -> None:
    assert fit_threshold(answers(np.full(50, confidence), 8), np.full(50, 8, np.uint8)) == expected


def test_wrong_answers_have_no_say() -> None:
    table = np.concatenate([answers(np.full(50, 0.8), 2), answers(np.full(50, 0.55), 7)])
    labels = np.full(100, 2, np.uint8)

    assert fit_threshold(table, labels) == 0.8


def test_network_that_is_never_right_publishes_next_to_nothing() -> None:
    assert fit_threshold(answers(np.full(5, 0.9), 1), np.full(5, 2, np.uint8)) == HIGHEST


def test_eleventh_class_does_not_count() -> None:
    assert fit_threshold(answers(np.full(10, 0.7), 4, classes=11), np.full(10, 4, np.uint8)) == 0.7
