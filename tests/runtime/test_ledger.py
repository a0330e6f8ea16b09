"""The ledger lists every flip and excuses only what the number format can do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.ledger import (
    ALARM,
    FEWEST,
    FLIP_ROUNDS,
    JUDGED,
    WITNESSES,
    Answers,
    Flip,
    NumberFormat,
    Rows,
    Spread,
    deviations,
    list_flips,
    log_odds,
    noise_ratio,
)
from runtime.records import Probabilities


def pair(first: float, second: float, count: int = 1) -> Probabilities:
    """Rows whose classes 3 and 8 have these probabilities; the rest is shared by the others."""
    rows = np.full((count, 10), (1 - first - second) / 8, np.float32)
    rows[:, 3], rows[:, 8] = first, second
    return rows


def both(reference: Probabilities, answers: Probabilities) -> Answers:
    count = len(reference)
    return Answers(reference, answers, np.full(count, 3, np.uint8), np.arange(count))


def constant(sigma: float) -> Spread:
    def spread(rows: Rows, first: Rows, second: Rows, rounds: int) -> NDArray[np.float64]:  # noqa: ARG001
        return np.full(len(rows), sigma)

    return spread


def only(answers: Answers, form: NumberFormat) -> Flip:
    (flip,) = list_flips(answers, form)
    return flip


def test_equal_answers_have_no_flips() -> None:
    assert list_flips(both(pair(0.6, 0.3, 5), pair(0.5, 0.4, 5)), NumberFormat()) == ()


def test_a_flip_has_both_answers_and_both_margins() -> None:
    flip = only(both(pair(0.5, 0.4), pair(0.3, 0.6)), NumberFormat(logits_step=0.05))

    assert (flip.index, flip.label, flip.reference, flip.answer) == (0, 3, 3, 8)
    assert (flip.reference_confidence, flip.answer_confidence) == pytest.approx((0.5, 0.6))
    assert (flip.margin, flip.answer_margin) == pytest.approx((0.1, 0.3))
    assert flip.log_odds == pytest.approx(math.log(0.5 / 0.4))
    assert flip.steps == pytest.approx(math.log(0.5 / 0.4) / 0.05)


def test_steps_are_told_only_where_there_are_any() -> None:
    assert only(both(pair(0.5, 0.4), pair(0.3, 0.6)), NumberFormat()).steps is None


def test_a_format_of_which_nothing_is_known_excuses_ties_alone() -> None:
    assert not only(both(pair(0.46, 0.44), pair(0.44, 0.46)), NumberFormat()).explained
    assert only(both(pair(0.45, 0.45), pair(0.44, 0.46)), NumberFormat()).explained


@pytest.mark.parametrize(("sigma", "explained"), [(0.05, True), (0.04, False)])
def test_the_bound_is_as_many_deviations_as_samples_ask_for(sigma: float, explained: bool) -> None:
    """Of one sample, Φ(k) = 0.999, so that k is 3.09; the margin is ln(0.48 / 0.42) = 0.134."""
    flip = only(both(pair(0.48, 0.42), pair(0.42, 0.48)), NumberFormat(spread=constant(sigma)))

    assert flip.bound == pytest.approx(3.0902 * sigma, rel=1e-3)
    assert flip.explained is explained


def test_more_samples_widen_the_bound_slowly() -> None:
    assert [round(deviations(count), 2) for count in (1, 100, 10_000)] == [3.09, 4.26, 5.2]


@given(samples=st.integers(1, 10**6))
def test_right_files_raise_an_alarm_once_in_a_thousand_verifications(samples: int) -> None:
    beyond = 0.5 * math.erfc(deviations(samples) / math.sqrt(2))

    assert samples * beyond == pytest.approx(ALARM, rel=1e-3)


@pytest.mark.parametrize(("gap", "explained"), [(1.9 / 256, True), (2.1 / 256, False)])
def test_the_answers_own_steps_hide_two(gap: float, explained: bool) -> None:
    flip = only(both(pair(0.4 + gap, 0.4), pair(0.4, 0.41)), NumberFormat(output_step=1 / 256))

    assert flip.explained is explained


def test_what_is_unexplained_comes_first_and_the_widest_margin_before() -> None:
    reference = np.concatenate([pair(0.451, 0.449), pair(0.6, 0.3), pair(0.7, 0.2), pair(0.45, 0.449)])
    found = list_flips(both(reference, pair(0.2, 0.7, 4)), NumberFormat(spread=constant(0.01)))

    assert [(flip.index, flip.explained) for flip in found] == [(2, False), (1, False), (0, True), (3, True)]


def test_of_very_many_flips_a_part_is_simulated_and_none_is_let_off() -> None:
    asked: list[tuple[int, int]] = []

    def spread(rows: Rows, first: Rows, second: Rows, rounds: int) -> NDArray[np.float64]:  # noqa: ARG001
        asked.append((len(rows), rounds))
        return np.linspace(0.01, 0.02, len(rows))

    found = list_flips(both(pair(0.8, 0.1, 500), pair(0.1, 0.8, 500)), NumberFormat(spread=spread))

    assert asked == [(JUDGED, FLIP_ROUNDS)]
    assert len(found) == 500
    assert not any(flip.explained for flip in found)
    assert max(flip.bound for flip in found) == pytest.approx(deviations(500) * 0.02)


def moved(reference: Probabilities, sigma: float) -> Probabilities:
    """Answers whose sums are off by a normal distribution, each class for itself."""
    sums = np.log(reference) + np.random.default_rng(1).normal(0, sigma / math.sqrt(2), reference.shape)
    risen = np.exp(sums)
    return np.asarray(risen / risen.sum(axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("times", [0.5, 1.0, 4.0])
def test_noise_is_measured_in_units_of_what_the_format_accounts_for(times: float) -> None:
    reference = pair(0.5, 0.4, WITNESSES)
    found = noise_ratio(both(reference, moved(reference, times * 0.1)), NumberFormat(spread=constant(0.1)))

    assert found == pytest.approx(times, rel=0.35)


def test_steps_of_the_answer_are_part_of_the_noise() -> None:
    reference = pair(0.5, 0.4, WITNESSES)
    answers = np.asarray(np.rint(moved(reference, 0.001) * 64) / 64, np.float32)
    with_steps = noise_ratio(both(reference, answers), NumberFormat(1 / 64, spread=constant(0.001)))
    without = noise_ratio(both(reference, answers), NumberFormat(spread=constant(0.001)))

    assert with_steps is not None
    assert without is not None
    assert with_steps < 3 < without


def test_noise_needs_uncertain_samples_and_a_known_format() -> None:
    certain, few = pair(0.985, 0.01, 100), pair(0.5, 0.4, FEWEST - 1)

    assert noise_ratio(both(certain, certain), NumberFormat(spread=constant(0.1))) is None
    assert noise_ratio(both(few, few), NumberFormat(spread=constant(0.1))) is None
    assert noise_ratio(both(pair(0.5, 0.4, 50), pair(0.5, 0.4, 50)), NumberFormat()) is None


def test_noise_is_not_measured_unasked() -> None:
    def refuse(rows: Rows, first: Rows, second: Rows, rounds: int) -> NDArray[np.float64]:
        raise AssertionError((rows, first, second, rounds))

    form = NumberFormat(spread=refuse, audible=False)

    assert noise_ratio(both(pair(0.5, 0.4, 50), pair(0.5, 0.4, 50)), form) is None


def test_probabilities_of_nothing_have_log_odds_too() -> None:
    found = log_odds(pair(1.0, 0.0), np.array([3]), np.array([8]))

    assert np.isfinite(found).all()
    assert found[0] > 60
