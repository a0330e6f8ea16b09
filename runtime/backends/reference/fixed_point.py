"""Real factors in whole-number arithmetic, as gemmlowp and TensorFlow Lite's reference kernels compute them.

A factor is kept as significand × 2^(exponent − 31), its significand of 31 bits (Jacob et al., arXiv:1712.05877, section
2.2). A product is rounded twice: the upper half of the doubled 64-bit product (github.com/google/gemmlowp,
fixedpoint.h, SaturatingRoundingDoublingHighMul), then a division by a power of two with ties away from 0
(RoundingDivideByPOT). Both are written here with a shift that floors, which gives the same numbers: (p + 2³⁰) >> 31
equals truncating p ± nudge, and taking 1 off negative numbers before their shift turns ties away from 0.
Whole numbers are int64 arrays throughout; every value is one that the kernels hold in 32 bits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
INT32 = np.iinfo(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Multiplier:
    """One factor, or one for each index of the last axis."""

    significand: Whole  # 0 or 2³⁰ to 2³¹ − 1
    exponent: Whole  # left shift where positive

    def apply(self, values: Whole) -> Whole:
        """Each value times the factor, rounded twice (MultiplyByQuantizedMultiplier)."""
        left, right = np.maximum(self.exponent, 0), np.maximum(-self.exponent, 0)
        return divide_by_power(multiply_high(np.left_shift(values, left), self.significand), right)


def to_multiplier(factor: NDArray[np.float64] | float) -> Multiplier:
    """The nearest multiplier (QuantizeMultiplier); 0 for factors below 2⁻³²."""
    fraction, exponent = np.frexp(np.atleast_1d(np.asarray(factor, np.float64)))
    significand = round_away(fraction * 2**31).astype(np.int64)
    full = significand == 2**31
    significand, shift = np.where(full, 2**30, significand), exponent.astype(np.int64) + full
    tiny = shift < -31
    if (shift > 30).any():
        raise ValueError(f"a factor of {np.max(factor)} between scales")
    return Multiplier(np.where(tiny, 0, significand), np.where(tiny, 0, shift))


def multiply_high(first: Whole, second: Whole | int) -> Whole:
    """The doubled product's upper half, rounded, ties up; the one product that does not fit is kept at the largest."""
    return np.asarray(np.minimum((first * second + (1 << 30)) >> 31, INT32.max), np.int64)


def divide_by_power(values: Whole, exponent: Whole | int) -> Whole:
    """Each value over 2^exponent, rounded, ties away from 0."""
    half = (1 << np.asarray(exponent, np.int64)) >> 1
    below = (values >> 63) * (half > 0)  # −1 for negative values that are divided at all
    return np.asarray((values + half + below) >> exponent, np.int64)


def saturate(values: Whole) -> Whole:
    """Values kept inside 32 bits."""
    return np.clip(values, INT32.min, INT32.max)


def round_away(real: NDArray[Any]) -> NDArray[np.float64]:
    """The nearest whole numbers, ties away from 0, as C's round does."""
    size = np.abs(real.astype(np.float64))
    down = np.floor(size)
    return np.asarray(np.copysign(down + (size - down >= 0.5), real))
