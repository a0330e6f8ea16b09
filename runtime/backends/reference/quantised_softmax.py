"""Softmax in whole numbers, bit for bit as TensorFlow Lite's reference kernel computes it.

From tensorflow/lite/kernels/internal/reference/softmax.h and gemmlowp's fixedpoint.h: exponentials by a Taylor series
around −1/8 and a product of known powers of e, the division by Newton and Raphson's method. A raw number of a
fixed-point format with k bits before the point stands for raw × 2^(k − 31).
"""

import math

import numpy as np

from runtime.backends.reference.fixed_point import (
    INT32,
    Multiplier,
    Whole,
    divide_by_power,
    multiply_high,
    saturate,
    to_multiplier,
)

DIFFERENCE_BITS = 5  # before the point, of differences to the largest score
SUM_BITS = 12  # before the point, of sums of exponentials
EXP_EIGHTH = 1895147668  # exp(−1/8) without bits before the point
THIRD = 715827883  # 1/3
POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)  # exp(−2^i) for i from −2 to 4
NEWTON_START, NEWTON_SLOPE = 1515870810, -1010580540  # 48/17 and −32/17 with two bits before the point
QUARTER = 1 << 24  # with DIFFERENCE_BITS


def softmax(scores: Whole, *, scale: float, beta: float, lowest: int, highest: int) -> Whole:
    """Probabilities along the last axis, `lowest` for 0 and 1/256 a step, for quantised scores of step `scale`."""
    factor = min(beta * scale * 2 ** (31 - DIFFERENCE_BITS), 2**31 - 1.0)
    multiplier = to_multiplier(factor) if factor > 1 else None
    if multiplier is None:
        raise ValueError(f"scores in steps of {scale}, too small to tell apart")
    below = scores - scores.max(axis=-1, keepdims=True)
    counted = below >= -_radius(int(multiplier.exponent[0]))
    risen = exp_of_negative(_scaled(np.where(counted, below, 0), multiplier))
    sums = np.where(counted, divide_by_power(risen, SUM_BITS), 0).sum(axis=-1, keepdims=True)
    inverse, bits_over = _reciprocal(sums)
    steps = divide_by_power(multiply_high(inverse, risen), bits_over + 31 - 8) + lowest
    return np.where(counted, np.clip(steps, lowest, highest), lowest)


def exp_of_negative(values: Whole) -> Whole:
    """exp(x) without bits before the point, for x ≤ 0 with DIFFERENCE_BITS (gemmlowp's exp_on_negative_values)."""
    rest = (values & (QUARTER - 1)) - QUARTER
    result = _exp_of_small(saturate(rest << DIFFERENCE_BITS))
    remainder = rest - values
    for index, power in enumerate(POWERS):
        has = remainder & (QUARTER << index) != 0
        result = np.where(has, multiply_high(result, power), result)
    return np.where(values == 0, INT32.max, result)


def _exp_of_small(values: Whole) -> Whole:
    """exp(x) for −1/4 ≤ x < 0, all without bits before the point: four terms of Taylor's series around −1/8."""
    x = values + (1 << 28)
    square = multiply_high(x, x)
    cube, fourth = multiply_high(square, x), multiply_high(square, square)
    higher = divide_by_power(multiply_high(divide_by_power(fourth, 2) + cube, THIRD) + square, 1)
    return EXP_EIGHTH + multiply_high(x + higher, EXP_EIGHTH)


def _reciprocal(sums: Whole) -> tuple[Whole, Whole]:
    """1/x as a number from 1/2 to 1, and by how many bits x is over 1, for x with SUM_BITS (GetReciprocal)."""
    leading_zeros = 32 - np.frexp(sums.astype(np.float64))[1].astype(np.int64)  # of 32 bits
    shifted = (sums << leading_zeros) - (1 << 31)
    return _one_over_one_plus(shifted), SUM_BITS - leading_zeros


def _one_over_one_plus(values: Whole) -> Whole:
    """1 / (1 + x) for 0 ≤ x < 1 without bits before the point: three steps of Newton and Raphson's method."""
    half_denominator = (values + INT32.max + 1) >> 1
    x = NEWTON_START + multiply_high(half_denominator, NEWTON_SLOPE)
    for _ in range(3):
        error = (1 << 29) - multiply_high(half_denominator, x)
        x = x + saturate(multiply_high(x, error) << 2)
    return saturate(x << 1)


def _scaled(below: Whole, multiplier: Multiplier) -> Whole:
    return multiply_high(below << multiplier.exponent, multiplier.significand)


def _radius(exponent: int) -> int:
    """The largest difference that the fixed-point format holds (CalculateInputRadius)."""
    return math.floor(math.ldexp(2**DIFFERENCE_BITS - 1, 31 - DIFFERENCE_BITS - exponent))
