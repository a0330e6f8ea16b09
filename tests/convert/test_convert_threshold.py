"""The thresholds keep what is right, within reason, and rise against junk."""

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from convert.threshold import HIGHEST, HIGHEST_SURE, LOWEST, PRICE, fit_thresholds
from runtime.records import Probabilities

WORTHWHILE = 0.67  # the first hundredth at which a wrong digit is worth its price
JUNK = 10


def answers(confidences: NDArray[np.float64], label: int, classes: int = 11) -> Probabilities:
    """Answers that give `label` each of the confidences and spread the rest evenly."""
    table = np.repeat(((1 - confidences) / (classes - 1))[:, None], classes, axis=1)
    table[:, label] = confidences
    return table.astype(np.float32)


def labelled(*groups: tuple[Probabilities, int]) -> tuple[Probabilities, NDArray[np.uint8]]:
    """Groups of answers, each with its label, as one set."""
    tables, labels = zip(*groups, strict=True)
    return np.concatenate(tables), np.repeat(np.array(labels, np.uint8), [len(table) for table in tables])


CLEAR = answers(np.full(1000, 0.97), 3), 3


def test_clear_digits_and_harmless_junk_ask_no_more_than_the_price() -> None:
    found = fit_thresholds(*labelled(CLEAR, (answers(np.full(100, 0.9), JUNK), JUNK)))

    assert found == {"confidence": WORTHWHILE, "sure": 0.97}
    assert 1 - 1 / PRICE <= found["confidence"] < 1 - 1 / PRICE + 0.01


@pytest.mark.parametrize(
    ("deceived", "expected"),
    [(0, WORTHWHILE), (3, WORTHWHILE), (4, 0.81), (50, 0.81)],
    ids=["none", "as many as may", "too many", "half of it"],
)
def test_the_confidence_rises_until_little_junk_passes(deceived: int, expected: float) -> None:
    junk = answers(np.full(100, 0.9), JUNK)
    junk[:deceived] = answers(np.full(deceived, 0.803), 5)

    assert fit_thresholds(*labelled(CLEAR, (junk, JUNK)))["confidence"] == expected


def test_digits_come_before_junk() -> None:
    """The confidence stops where one right answer in a hundred would be lost."""
    digits = answers(np.r_[np.full(980, 0.97), np.full(20, 0.805)], 3), 3
    found = fit_thresholds(*labelled(digits, (answers(np.full(100, 0.9), 5), JUNK)))

    assert found["confidence"] == 0.8


def test_unsure_digits_come_before_the_price() -> None:
    digits = answers(np.r_[np.full(980, 0.97), np.full(20, 0.605)], 3), 3

    assert fit_thresholds(*labelled(digits, (answers(np.full(100, 0.9), JUNK), JUNK)))["confidence"] == 0.6


def test_unknown_junk_is_feared() -> None:
    """Where none was shown, the confidence is as high as the digits allow."""
    confidences = np.linspace(0.7, 0.99, 400)
    found = fit_thresholds(*labelled((answers(confidences, 3, classes=10), 3)))

    assert (confidences >= found["confidence"]).mean() == pytest.approx(0.99, abs=0.04)  # thresholds are hundredths
    assert (confidences >= found["sure"]).mean() >= 0.98
    assert found["confidence"] <= found["sure"]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [(0.3, (LOWEST, LOWEST)), (0.725, (0.72, 0.72)), (1.0, (HIGHEST, HIGHEST_SURE))],
    ids=["unsure network", "usual network", "network sure of everything"],
)
def test_stay_within_their_bounds(confidence: float, expected: tuple[float, float]) -> None:
    found = fit_thresholds(*labelled((answers(np.full(50, confidence), 8), 8)))

    assert (found["confidence"], found["sure"]) == expected


def test_wrong_answers_have_no_say() -> None:
    table = labelled((answers(np.full(50, 0.805), 2), 2), (answers(np.full(50, 0.55), 7), 2))

    assert set(fit_thresholds(*table).values()) == {0.8}


def test_digits_that_are_called_junk_have_no_say() -> None:
    table = labelled((answers(np.full(50, 0.805), 2), 2), (answers(np.full(50, 0.55), JUNK), 2))

    assert set(fit_thresholds(*table).values()) == {0.8}


def test_a_network_that_is_never_right_publishes_next_to_nothing() -> None:
    assert fit_thresholds(*labelled((answers(np.full(5, 0.9), 1), 2)))["confidence"] == HIGHEST


@given(
    hnp.arrays(
        np.float32, st.tuples(st.integers(1, 60), st.sampled_from([10, 11])), elements=st.floats(0, 1, width=32)
    ),
    st.data(),
)
def test_the_promises_hold_for_any_answers(raw: Probabilities, data: st.DataObject) -> None:
    labels = data.draw(hnp.arrays(np.uint8, len(raw), elements=st.integers(0, JUNK)))
    found = fit_thresholds(raw, labels)
    right = raw[(labels < JUNK) & (raw.argmax(axis=1) == labels), :10].max(axis=1, initial=0).astype(np.float64)

    assert LOWEST <= found["confidence"] <= HIGHEST
    assert found["confidence"] <= found["sure"] + 1e-9 or not right.size
    assert LOWEST <= found["sure"] <= HIGHEST_SURE
    for name, share in (("confidence", 0.99), ("sure", 0.98)):
        if right.size and found[name] > LOWEST:
            assert (right >= found[name]).mean() >= share
