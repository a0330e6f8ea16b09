"""Operators on 8-bit whole numbers, bit for bit as TensorFlow Lite's reference kernels compute them.

From tensorflow/lite/kernels/internal/reference and its folder integer_ops; the scheme is that of Jacob et al.,
arXiv:1712.05877. Sums of products are made by matrix products in floating point, which is exact as long as no sum can
leave the whole numbers that the format holds without gaps: `exact_dtype` proves that for the weights at hand.
Images are int8 (N, height, width, channels).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference import windows
from runtime.backends.reference.fixed_point import Multiplier, Whole, round_away, to_multiplier
from runtime.backends.reference.windows import Border, Window
from runtime.formats import limits

Array = NDArray[Any]
FURTHEST = 255  # of an 8-bit number from its zero point
ADD_SHIFT = 20  # bits by which an addition raises its inputs, to lose nothing when it scales them


@dataclass(frozen=True, slots=True)
class Step8:
    """How an 8-bit tensor as a whole is quantised."""

    scale: float  # a float32 value, positive
    zero_point: int
    dtype: np.dtype[Any]  # int8 or uint8

    def quantise(self, real: float) -> int:
        """The whole number of `real`, in float32 arithmetic; it may lie outside of the dtype."""
        return int(round_away(np.asarray(np.float32(real) / np.float32(self.scale)))) + self.zero_point

    def centred(self, whole: Array) -> Whole:
        """The numbers without their zero point."""
        return np.asarray(whole, np.int64) - self.zero_point

    def packed(self, values: Whole, allowed: tuple[int, int] | None = None) -> Array:
        """Centred results as this tensor holds them, clipped to `allowed` (None: to what the dtype holds)."""
        low, high = allowed or (int(np.iinfo(self.dtype).min), int(np.iinfo(self.dtype).max))
        return np.clip(values + self.zero_point, low, high).astype(self.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What a layer with weights needs beside them."""

    taken: Step8
    given: Step8
    weights_zero: int
    factors: NDArray[np.float64]  # steps of the output in one of the sums, for all filters or for each
    allowed: tuple[int, int]  # whole numbers that the activation lets through


def exact_dtype(weights: Array, furthest: int) -> type[np.float32 | np.float64]:
    """The faster format in which no sum of `weights` (filters, …) times inputs up to `furthest` is ever rounded.

    float32 holds every whole number to 2²⁴ and float64 to 2⁵³. No partial sum, whatever its order, exceeds the sum of
    all its absolute products; the limits on tensors keep that below 2⁵³ for every file.
    """
    sizes = np.abs(weights.astype(np.int32))
    most = sizes.sum(axis=tuple(range(1, weights.ndim)), dtype=np.int64).max(initial=0)
    return np.float32 if int(most) * furthest <= 2**24 else np.float64


def convolve(images: Array, weights: Array, bias: Array | None, *, layer: Layer, window: Window) -> Array:
    """A convolution with weights int8 (filters, height, width, channels) and a bias int32; borders are there."""
    exact = exact_dtype(weights, FURTHEST)
    centred = np.subtract(images, layer.taken.zero_point, dtype=exact)
    return windows.convolve(centred, weights.astype(exact), window, lambda sums: _rescaled(sums, bias, layer))


def convolve_each(images: Array, weights: Array, bias: Array | None, *, layer: Layer, window: Window) -> Array:
    """A depthwise convolution with weights int8 (height, width, channels); borders are there."""
    return _rescaled(windows.convolve_each(layer.taken.centred(images), weights.astype(np.int64), window), bias, layer)


def connect(rows: Array, weights: Array, bias: Array | None, *, layer: Layer) -> Array:
    """A fully connected layer: (N, units) for rows (N, inputs) and weights int8 (units, inputs).

    Its sums are scaled in float64 and rounded once, ties away from 0, as LiteRT's kernel does; that of older releases,
    such as tflite-runtime's, scales them as convolutions do, and rarely answers one step apart.
    """
    limits.check_shape(len(rows), len(weights))
    limits.check_products(rows.size * len(weights))
    factors = weights.astype(np.int64) - layer.weights_zero
    exact = exact_dtype(factors, FURTHEST)
    sums = np.matmul(layer.taken.centred(rows).astype(exact), factors.astype(exact).T)
    return layer.given.packed(round_away(_biased(sums, bias) * layer.factors).astype(np.int64), layer.allowed)


def _rescaled(sums: Array, bias: Array | None, layer: Layer) -> Array:
    """Sums of products and the bias, in steps of the output."""
    return layer.given.packed(to_multiplier(layer.factors).apply(_biased(sums, bias)), layer.allowed)


def _biased(sums: Array, bias: Array | None) -> Whole:
    whole = sums.astype(np.int64)
    return whole if bias is None else whole + bias


def largest(images: Array, *, window: Window, allowed: tuple[int, int]) -> Array:
    """Max pooling; images have their borders."""
    return np.asarray(np.clip(windows.largest(images, window), *allowed), images.dtype)


def average(images: Array, *, window: Window, borders: tuple[Border, Border], allowed: tuple[int, int]) -> Array:
    """Average pooling of the pixels of the image alone, ties away from 0."""
    sums = np.asarray(sum(windows.taps(windows.pad(images.astype(np.int64), borders, 0), window)))
    seen = windows.counts(images, window, borders)
    means = np.sign(sums) * ((np.abs(sums) + seen // 2) // seen)
    return np.asarray(np.clip(means, *allowed), images.dtype)


def mean(values: Array, axes: tuple[int, ...], *, taken: Step8, given: Step8, keep: bool) -> Array:
    """The mean along `axes`, its division taken into the factor between the scales."""
    sums = taken.centred(values).sum(axis=axes, keepdims=keep)
    multiplier = to_multiplier(taken.scale / given.scale)
    count = values.size // max(1, sums.size)
    shift = min(max(count, 1).bit_length() - 1, 32, 31 + int(multiplier.exponent[0]))
    divided = Multiplier((multiplier.significand << shift) // max(count, 1), multiplier.exponent - shift)
    return given.packed(divided.apply(sums))


def add(
    first: Array, second: Array, *, steps: tuple[Step8, Step8, Step8], allowed: tuple[int, int], sign: int = 1
) -> Array:
    """A sum, or with `sign` −1 a difference; `steps` are those of both inputs and of the output."""
    limits.check_shape(*np.broadcast_shapes(first.shape, second.shape))
    twice = 2 * max(steps[0].scale, steps[1].scale)
    raised = [
        to_multiplier(step.scale / twice).apply(step.centred(values) << ADD_SHIFT)
        for step, values in zip(steps, (first, second), strict=False)
    ]
    multiplier = to_multiplier(twice / (2**ADD_SHIFT * steps[2].scale))
    return steps[2].packed(multiplier.apply(raised[0] + sign * raised[1]), allowed)


def multiply(first: Array, second: Array, *, steps: tuple[Step8, Step8, Step8], allowed: tuple[int, int]) -> Array:
    """A product; `steps` are those of both inputs and of the output."""
    limits.check_shape(*np.broadcast_shapes(first.shape, second.shape))
    products = steps[0].centred(first) * steps[1].centred(second)
    factor = single_ratio(steps[0].scale, steps[2].scale, steps[1].scale)
    return steps[2].packed(to_multiplier(factor).apply(products), allowed)


def rescale(
    values: Array, *, taken: Step8, given: Step8, factor: float, allowed: tuple[int, int] | None = None
) -> Array:
    """The same numbers in other steps, `factor` of the old ones in a new one, and between int8 and uint8."""
    return given.packed(to_multiplier(factor).apply(taken.centred(values)), allowed)


def look_up(values: Array, *, taken: Step8, given: Step8, function: Callable[[Array], Array]) -> Array:
    """A function of each number, from float32 to float32, through a table of all 256 as the kernels fill theirs."""
    low, high = int(np.iinfo(taken.dtype).min), int(np.iinfo(taken.dtype).max)
    real = np.float32(taken.scale) * taken.centred(np.arange(low, high + 1)).astype(np.float32)
    steps = round_away(function(real) * (np.float32(1) / np.float32(given.scale)))
    return given.packed(steps.astype(np.int64))[values.astype(np.int64) - low]


def leaky(values: Array, *, taken: Step8, given: Step8, alpha: float) -> Array:
    """The number above 0, α times it below."""
    centred = taken.centred(values)
    above = to_multiplier(single_ratio(taken.scale, given.scale)).apply(centred)
    below = to_multiplier(single_ratio(taken.scale, given.scale, alpha)).apply(centred)
    return given.packed(np.where(centred >= 0, above, below))


def prelu(values: Array, slopes: Array, *, steps: tuple[Step8, Step8, Step8]) -> Array:
    """The number above 0, its slope times it below; `steps` are those of both inputs and of the output."""
    limits.check_shape(*np.broadcast_shapes(values.shape, slopes.shape))
    centred = steps[0].centred(values)
    above = to_multiplier(single_ratio(steps[0].scale, steps[2].scale)).apply(centred)
    factor = single_ratio(steps[0].scale, steps[2].scale, steps[1].scale)
    below = to_multiplier(factor).apply(centred * steps[1].centred(slopes))
    return steps[2].packed(np.where(centred >= 0, above, below))


def quantise(real: Array, *, given: Step8) -> Array:
    """Real numbers in steps, ties away from 0."""
    bound = float(2**30)  # far outside of any dtype, and whole numbers all the way
    steps = np.nan_to_num(np.clip(real.astype(np.float32) / np.float32(given.scale), -bound, bound))
    return given.packed(round_away(steps).astype(np.int64))


def single_ratio(first: float, last: float, between: float = 1.0) -> float:
    """The ratio first × between / last in float32 arithmetic, in which several kernels compute their factors."""
    return float(np.float32(first) * np.float32(between) / np.float32(last))
