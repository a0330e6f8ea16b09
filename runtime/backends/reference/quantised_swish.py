"""Hard swish in whole numbers of 16 bits, bit for bit as TensorFlow Lite's reference kernel computes it.

From tensorflow/lite/kernels/internal/reference/hard_swish.h: x · relu6(x + 3) / 6, its second factor as a fixed-point
number from 0 to 1 (Howard et al., arXiv:1905.02244).
"""

import numpy as np

from runtime.backends.reference.fixed_point import Whole, divide_by_power, to_multiplier
from runtime.backends.reference.float_kernels import Array
from runtime.backends.reference.quantised_kernels import Step8, single_ratio

INT16 = np.iinfo(np.int16)
RAISED = 7  # bits by which the input is raised, to lose nothing
UNIT = 3.0 / 32768  # the step in which 3.0 is the largest number


def hard_swish(values: Array, *, taken: Step8, given: Step8) -> Array:
    """Hard swish of 8-bit numbers; ValueError where the output's steps are too small for the kernel."""
    hires = single_ratio(taken.scale, 2**RAISED)
    factor, exponent = _multiplier(single_ratio(hires, given.scale))
    if exponent > 0:
        raise ValueError("an output in steps that are too small")
    raised = taken.centred(values) << RAISED
    share = _share(raised, *_multiplier(single_ratio(hires, UNIT)))
    product = share * _multiply_high(raised, factor)
    towards_zero = np.sign(product) * (np.abs(product) >> 15)
    return given.packed(divide_by_power(towards_zero, -exponent))


def _share(raised: Whole, factor: int, exponent: int) -> Whole:
    """How much of each number is let through: 0 to 32767, from −3 on and up to 3."""
    scaled = _saturate(raised << (exponent - 1)) if exponent > 0 else raised
    scaled = _multiply_high(scaled, factor)
    scaled = _saturate(scaled << 1) if exponent > 0 else divide_by_power(scaled, -exponent)
    return (scaled + (1 << 15)) >> 1


def _multiplier(factor: float) -> tuple[int, int]:
    """A factor's significand in 16 bits and its exponent."""
    multiplier = to_multiplier(factor)
    significand = min((int(multiplier.significand[0]) + (1 << 15)) >> 16, int(INT16.max))
    return significand, int(multiplier.exponent[0])


def _multiply_high(values: Whole, factor: int) -> Whole:
    """The upper half of the doubled product of 16-bit numbers, rounded, ties up."""
    return (values * factor + (1 << 14)) >> 15


def _saturate(values: Whole) -> Whole:
    return np.clip(values, INT16.min, INT16.max)
