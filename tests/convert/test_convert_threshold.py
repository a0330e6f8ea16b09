"""The thresholds keep what is right, within reason."""

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.threshold import HIGHEST, LOWEST, fit_thresholds


def answers(confidences: NDArray[np.float64], label: int, classes: int = 10) -> NDArray[np.float32]:
    """Answers that give `label` each of the confidences and spread the rest evenly."""
    table = np.repeat(((1 - confidences) / (classes - 1))[:, None], classes, axis=1)
    table[:, label] = confidences
    return table.astype(np.float32)


def test_nearly_all_right_answers_reach_them() -> None:
    confidences = np.linspace(0.55, 0.95, 400)
    found = fit_thresholds(answers(confidences, 3), np.full(400, 3, np.uint8))

    assert (confidences >= found["confidence"]).mean() == pytest.approx(0.995, abs=0.013)  # thresholds are hundredths
    assert (confidences >= found["sure"]).mean() == pytest.approx(0.98, abs=0.013)
    assert found["confidence"] < found["sure"]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.2, LOWEST), (0.72, 0.72), (1.0, HIGHEST)],
    ids=["unsure network", "usual network", "network sure of everything"],
)
def test_stay_within_their_bounds(confidence: float, expected: float) -> None:
    found = fit_thresholds(answers(np.full(50, confidence), 8), np.full(50, 8, np.uint8))

    assert set(found.values()) == {expected}


def test_wrong_answers_have_no_say() -> None:
    table = np.concatenate([answers(np.full(50, 0.8), 2), answers(np.full(50, 0.55), 7)])

    assert set(fit_thresholds(table, np.full(100, 2, np.uint8)).values()) == {0.8}


def test_network_that_is_never_right_publishes_next_to_nothing() -> None:
    assert fit_thresholds(answers(np.full(5, 0.9), 1), np.full(5, 2, np.uint8))["confidence"] == HIGHEST


def test_eleventh_class_does_not_count() -> None:
    found = fit_thresholds(answers(np.full(10, 0.7), 4, classes=11), np.full(10, 4, np.uint8))

    assert set(found.values()) == {0.7}
