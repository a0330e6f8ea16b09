"""The temperature makes answers softer or sharper, the weight of "not a digit" shifts them, and nothing else."""

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from runtime.calibration import REJECTIONS, TEMPERATURES, Calibration, apply_temperature, correct
from runtime.records import Probabilities

temperatures = st.floats(*TEMPERATURES)


@st.composite
def answers(draw: st.DrawFn) -> Probabilities:
    """Rows of 10 or 11 probabilities, some of them 0, as whole-number files give them."""
    shape = draw(st.tuples(st.integers(1, 8), st.sampled_from([10, 11])))
    steps = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 255)))
    steps[:, 3] += 1  # no row without any
    return (steps / steps.sum(axis=1, keepdims=True)).astype(np.float32)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@given(answers(), temperatures)
def test_rows_stay_probabilities_in_their_order(raw: Probabilities, temperature: float) -> None:
    given_ = apply_temperature(raw, temperature)

    assert given_.dtype == np.float32
    assert given_.shape == raw.shape
    assert np.allclose(given_.sum(axis=1), 1, atol=1e-5)
    assert given_.min() >= 0
    order = np.argsort(raw, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(given_, order, axis=1), axis=1) >= -1e-6).all()
    assert (given_[raw == 0] == 0).all()


@given(answers())
def test_temperature_one_changes_no_bit(raw: Probabilities) -> None:
    assert apply_temperature(raw, Calibration().temperature) is raw


@given(answers(), temperatures, temperatures)
def test_the_hotter_the_less_sure(raw: Probabilities, first: float, second: float) -> None:
    colder, hotter = sorted((first, second))

    most = apply_temperature(raw, colder).max(axis=1) - apply_temperature(raw, hotter).max(axis=1)

    assert most.min() >= -1e-5


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 8), st.just(11)), elements=st.floats(-8, 8)), st.floats(0.25, 4))
def test_it_is_the_softmax_of_divided_logits(logits: NDArray[np.float64], temperature: float) -> None:
    """What Guo et al. do to logits, done without them."""
    given_ = apply_temperature(softmax(logits).astype(np.float32), temperature)

    assert given_ == pytest.approx(softmax(logits / temperature), abs=2e-5)


@pytest.mark.parametrize("temperature", TEMPERATURES, ids=["coldest", "hottest"])
def test_extremes_stay_finite(temperature: float) -> None:
    raw = np.full((2, 10), 1e-30, np.float32)
    raw[0, 4], raw[1, 3:5] = 1, 0.5

    given_ = apply_temperature(raw, temperature)

    assert np.isfinite(given_).all()
    assert given_.argmax(axis=1).tolist() == [4, 3]


@given(answers(), temperatures, st.floats(*REJECTIONS))
def test_the_weight_moves_what_is_no_digit_alone(raw: Probabilities, temperature: float, rejection: float) -> None:
    tempered = apply_temperature(raw, temperature)

    given_ = correct(raw, Calibration(temperature, rejection=rejection))

    assert given_.dtype == np.float32
    assert given_.sum(axis=1) == pytest.approx(1, abs=1e-5)
    if raw.shape[1] == 10 or rejection == 0:
        np.testing.assert_array_equal(given_, tempered)
        return
    rising = given_[:, 10] - tempered[:, 10]
    assert (rising * np.sign(rejection) >= -1e-6).all()
    digits = given_[:, :10] * tempered[:, :10].sum(axis=1, keepdims=True)
    assert digits == pytest.approx(tempered[:, :10] * given_[:, :10].sum(axis=1, keepdims=True), abs=1e-5)
