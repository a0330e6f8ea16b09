"""The fitted temperature is the one that was hidden, and the figures about confidence are what their names say."""

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from convert.calibration import (
    COLDEST,
    HOTTEST,
    Scores,
    auroc,
    digit_scores,
    expected_calibration_error,
    fit_correction,
    highest_threshold,
    reliability_bins,
    risk_coverage,
)
from runtime.calibration import Calibration, apply_temperature, correct
from runtime.records import Prediction, Probabilities

SAMPLES = 6000


def honest_answers(classes: int, seed: int = 1) -> tuple[Probabilities, NDArray[np.uint8]]:
    """Answers whose labels are drawn by the very probabilities that they give."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.1), SAMPLES).astype(np.float32)
    labels = (rng.random((SAMPLES, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    return probabilities, np.minimum(labels, classes - 1).astype(np.uint8)


def whole_numbers(probabilities: Probabilities) -> Probabilities:
    """The same in steps of 1/256, as an int8 file answers, and scaled as the engines' adapters do."""
    steps = np.rint(probabilities * 256)
    return (steps / steps.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("classes", [10, 11])
@pytest.mark.parametrize("hidden", [0.5, 0.8, 1.0, 1.6, 2.5])
def test_a_hidden_temperature_is_found(hidden: float, classes: int) -> None:
    honest, labels = honest_answers(classes)
    told = apply_temperature(honest, 1 / hidden)  # too sure where the temperature is above 1, too modest below

    found = fit_correction(told, labels).temperature

    assert found == pytest.approx(hidden, rel=0.05)
    mended = apply_temperature(told, found)
    assert expected_calibration_error(mended, labels) < 0.02
    if hidden != 1:
        assert expected_calibration_error(told, labels) > 2 * expected_calibration_error(mended, labels)


@pytest.mark.parametrize("hidden", [0.6, 1.0, 1.5])
def test_whole_numbers_hide_it_hardly(hidden: float) -> None:
    """Most shares of an int8 answer are 0, sometimes the label's own: that must not turn the fit over."""
    honest, labels = honest_answers(10)
    told = whole_numbers(apply_temperature(honest, 1 / hidden))
    found = fit_correction(told, labels).temperature

    assert (told == 0).mean() > 0.3
    assert np.isfinite(found)
    mended = expected_calibration_error(apply_temperature(told, found), labels)
    assert mended < max(0.03, expected_calibration_error(told, labels))


@pytest.mark.parametrize(("label", "bound"), [(4, COLDEST), (5, HOTTEST)], ids=["always right", "always wrong"])
def test_it_stays_within_bounds(label: int, bound: float) -> None:
    told = np.full((50, 10), 0.02, np.float32)
    told[:, 4] = 0.82

    assert fit_correction(told, np.full(50, label, np.uint8)).temperature == bound


@pytest.mark.parametrize("hidden", [-1.0, 0.0, 2.5])
@pytest.mark.parametrize("temperature", [0.7, 1.4])
def test_a_hidden_weight_of_what_is_no_digit_is_found(hidden: float, temperature: float) -> None:
    honest, labels = honest_answers(11)
    told = honest.copy()
    told[:, 10] *= np.float32(np.exp(-hidden))  # met more rarely where it was learnt
    told = apply_temperature(np.asarray(told / told.sum(axis=1, keepdims=True), np.float32), 1 / temperature)

    found = fit_correction(told, labels)

    assert found.rejection == pytest.approx(hidden, abs=0.12)
    assert found.temperature == pytest.approx(temperature, rel=0.05)
    assert expected_calibration_error(correct(told, found), labels) < 0.02


def test_without_junk_there_is_no_weight_to_fit() -> None:
    honest, labels = honest_answers(11)
    digits = labels < 10

    assert fit_correction(honest[digits], labels[digits]).rejection == 0


def test_labels_without_an_output_have_no_say() -> None:
    honest, labels = honest_answers(10)
    told = apply_temperature(honest, 1 / 1.5)
    background = np.full((500, 10), 0.1, np.float32)
    both = np.concatenate([told, background]), np.append(labels, np.full(500, 10, np.uint8))

    assert fit_correction(*both) == fit_correction(told, labels)
    assert fit_correction(background, np.full(500, 10, np.uint8)) == Calibration()


def test_bins_hold_every_sample_once() -> None:
    honest, labels = honest_answers(11)
    filled = reliability_bins(honest, labels)

    assert sum(b.samples for b in filled) == len(labels)
    assert all(b.low < b.confidence <= b.high for b in filled)
    assert [b.low for b in filled] == sorted(b.low for b in filled)
    share = sum(b.samples * b.accuracy for b in filled) / len(labels)
    assert share == pytest.approx((honest.argmax(axis=1) == labels).mean())


@pytest.mark.parametrize(
    ("confidence", "wrong", "expected"),
    [(0.8, 2, 0.0), (0.8, 0, 0.2), (0.9, 10, 0.9), (1.0, 0, 0.0)],
    ids=["honest", "modest", "boastful", "certain"],
)
def test_the_error_is_the_gap(confidence: float, wrong: int, expected: float) -> None:
    told = np.full((10, 10), (1 - confidence) / 9, np.float32)
    told[:, 6] = confidence
    labels = np.where(np.arange(10) < wrong, 7, 6).astype(np.uint8)

    assert expected_calibration_error(told, labels) == pytest.approx(expected, abs=1e-6)


def test_nothing_has_no_error() -> None:
    assert expected_calibration_error(np.zeros((0, 11), np.float32), np.zeros(0, np.uint8)) == 0


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 20), st.sampled_from([10, 11])), elements=st.floats(0, 1, width=32))
)
def test_scores_are_those_of_the_reader(raw: Probabilities) -> None:
    """A digit is published exactly where its score reaches the threshold, unless that is 0."""
    scores = digit_scores(raw)

    for row, score in zip(raw, scores, strict=True):
        for threshold in (0.25, 0.5, 0.75):
            assert (score >= threshold) == (Prediction(row, threshold).digit is not None)


def test_the_curve_of_risk_and_coverage() -> None:
    curve = risk_coverage(np.float32([0.5, 0.9, 0.7, 0.9, 0.7]), np.array([True, False, True, False, False]))

    assert curve.threshold == pytest.approx([0.9, 0.7, 0.5])
    assert curve.coverage == pytest.approx([0.4, 0.8, 1.0])
    assert curve.risk == pytest.approx([0, 0.25, 0.4])


scores = hnp.arrays(np.float32, st.integers(1, 40), elements=st.sampled_from([0, 0.25, 0.5, 0.625, 0.75, 1]))


@given(scores, st.randoms())
def test_the_curve_ends_with_everything(confidences: Scores, random: object) -> None:
    wrong = np.array([random.random() < 0.3 for _ in confidences])  # type: ignore[attr-defined]
    curve = risk_coverage(confidences, wrong)

    assert curve.coverage[-1] == 1
    assert curve.risk[-1] == pytest.approx(wrong.mean())
    for threshold, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        taken = confidences >= threshold
        assert (coverage, risk) == (pytest.approx(taken.mean()), pytest.approx(wrong[taken].mean()))


@given(scores, scores)
def test_the_area_counts_pairs(digits: Scores, junk: Scores) -> None:
    pairs = [(d > j) + (d == j) / 2 for d in digits for j in junk]

    assert auroc(digits, junk) == pytest.approx(np.mean(pairs))
    assert auroc(junk, digits) == pytest.approx(1 - np.mean(pairs))


@given(scores, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_the_highest_threshold_keeps_what_it_must(digits: Scores, kept: float) -> None:
    found = highest_threshold(digits, kept)

    assert (digits >= found).mean() >= kept
    assert (digits > found).mean() < kept
