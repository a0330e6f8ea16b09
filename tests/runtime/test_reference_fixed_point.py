"""Whole-number arithmetic is that of the published formulas, written here as they are published."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.backends.reference.fixed_point import (
    divide_by_power,
    multiply_high,
    round_away,
    to_multiplier,
)
from runtime.backends.reference.quantised_kernels import exact_dtype
from runtime.backends.reference.quantised_softmax import exp_of_negative, softmax

INT32 = st.integers(-(2**31), 2**31 - 1)


def published_high(first: int, second: int) -> int:
    """gemmlowp's SaturatingRoundingDoublingHighMul: a nudge away from 0, then a division that truncates."""
    if first == second == -(2**31):
        return 2**31 - 1
    product = first * second
    nudged = product + (2**30 if product >= 0 else 1 - 2**30)
    return abs(nudged) // 2**31 * (1 if nudged >= 0 else -1)


def published_power(value: int, exponent: int) -> int:
    """gemmlowp's RoundingDivideByPOT: by the remainder and a threshold."""
    mask = (1 << exponent) - 1
    return (value >> exponent) + ((value & mask) > (mask >> 1) + (value < 0))


def whole(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(numbers, np.int64)


@given(INT32, INT32)
def test_upper_half_of_a_doubled_product(first: int, second: int) -> None:
    assert multiply_high(whole(first), whole(second))[0] == published_high(first, second)


@given(INT32, st.integers(0, 31))
def test_division_by_a_power_of_two(value: int, exponent: int) -> None:
    assert divide_by_power(whole(value), exponent)[0] == published_power(value, exponent)


@given(st.integers(-(2**20), 2**20), st.floats(1e-9, 1000))
def test_a_product_is_rounded_twice(value: int, factor: float) -> None:
    multiplier = to_multiplier(factor)
    significand, exponent = int(multiplier.significand[0]), int(multiplier.exponent[0])
    raised = published_high(value << max(exponent, 0), significand)

    assert multiplier.apply(whole(value))[0] == published_power(raised, max(-exponent, 0))
    assert abs(multiplier.apply(whole(value))[0] - value * factor) <= 1 + abs(value * factor) * 2**-30


@given(st.floats(2.0**-31, 2.0**29))
def test_a_multiplier_is_the_factor_to_31_bits(factor: float) -> None:
    multiplier = to_multiplier(factor)
    significand, exponent = int(multiplier.significand[0]), int(multiplier.exponent[0])

    assert 2**30 <= significand < 2**31
    assert math.isclose(math.ldexp(significand, exponent - 31), factor, rel_tol=2**-31)


@pytest.mark.parametrize(
    ("factor", "significand", "exponent"),
    [(1.0, 2**30, 1), (0.5, 2**30, 0), (1 - 2**-40, 2**30, 1), (2.0**-40, 0, 0), (0.0, 0, 0)],
    ids=["one", "half", "rounded up to one", "too small", "zero"],
)
def test_multipliers_of_known_factors(factor: float, significand: int, exponent: int) -> None:
    multiplier = to_multiplier(factor)

    assert (int(multiplier.significand[0]), int(multiplier.exponent[0])) == (significand, exponent)


def test_a_factor_that_is_too_large_is_an_error() -> None:
    with pytest.raises(ValueError, match="between scales"):
        to_multiplier(2.0**40)


@pytest.mark.parametrize(
    ("real", "nearest"),
    [(0.5, 1), (-0.5, -1), (2.5, 3), (-2.5, -3), (0.49999997, 0), (0.49999999999999994, 0), (8388609.0, 8388609)],
)
def test_ties_are_rounded_away_from_zero(real: float, nearest: int) -> None:
    assert round_away(np.array([real]))[0] == nearest


@given(st.integers(-(2**31) + 1, 0))
def test_exponentials_are_those_of_real_numbers(raw: int) -> None:
    """To within a millionth, for numbers with five bits before the point."""
    assert int(exp_of_negative(whole(raw))[0]) / 2**31 == pytest.approx(math.exp(raw / 2**26), abs=1e-6)


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=30), st.floats(0.01, 0.5))
def test_probabilities_are_those_of_real_numbers(scores: list[int], scale: float) -> None:
    """To within one step of 1/256, and none outside of what int8 holds."""
    steps = softmax(whole(*scores)[None], scale=scale, beta=1.0, lowest=-128, highest=127)[0]
    risen = np.exp((np.array(scores) - max(scores)) * scale)

    assert np.abs((steps + 128) / 256 - risen / risen.sum()).max() <= 1 / 256
    assert steps.min() >= -128
    assert steps.max() <= 127


@pytest.mark.parametrize(
    ("weights", "furthest", "dtype"),
    [
        (np.full((3, 514), 127, np.int8), 255, np.float32),  # 514 × 127 × 255 < 2²⁴
        (np.full((3, 520), 127, np.int8), 255, np.float64),
        (np.full((3, 520), 1, np.int8), 255, np.float32),
        (np.full((1, 9216), -128, np.int8), 255, np.float64),
        (np.zeros((0, 4), np.int8), 255, np.float32),
    ],
    ids=["just", "just not", "small", "long", "none"],
)
def test_sums_are_made_where_they_are_exact(
    weights: np.ndarray[tuple[int, ...], np.dtype[np.int8]], furthest: int, dtype: type
) -> None:
    assert exact_dtype(weights, furthest) is dtype


@given(st.integers(1, 700), st.integers(0, 2**32 - 1))
def test_sums_in_floating_point_are_those_of_whole_numbers(size: int, seed: int) -> None:
    """The largest numbers that there are, all of one sign or mixed."""
    rng = np.random.default_rng(seed)
    weights = rng.choice([-128, 127], (4, size)).astype(np.int8)
    inputs = rng.choice([-255, 255, 1], (5, size))
    inputs[0] = np.where(weights[0] < 0, -255, 255)
    exact = exact_dtype(weights, 255)

    sums = np.matmul(inputs.astype(exact), weights.astype(exact).T)
    np.testing.assert_array_equal(sums.astype(np.int64), inputs @ weights.astype(np.int64).T)
