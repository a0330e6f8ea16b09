"""Operators on real numbers: every one computed in float64 and rounded to float32 once, at its end.

So an answer is nearer to the exact one than that of any engine that sums in float32, whatever the order of its sums.
Images are (N, height, width, channels).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference import limits, windows
from runtime.backends.reference.windows import Border, Window

Array = NDArray[Any]
Range = tuple[float, float]
EVERYTHING: Range = (-math.inf, math.inf)
"""What an activation lets through, for operators that have none."""

_ERF = np.frompyfunc(math.erf, 1, 1)


def single(real: Array, allowed: Range = EVERYTHING) -> Array:
    """The nearest float32 numbers, clipped."""
    return np.asarray(np.clip(real, *allowed) if allowed != EVERYTHING else real, np.float32)


def convolve(
    images: Array, weights: Array, bias: Array | None, *, window: Window, borders: tuple[Border, Border], allowed: Range
) -> Array:
    """A convolution with weights (filters, height, width, channels)."""
    sums = windows.convolve(windows.pad(images, borders, 0), weights.astype(np.float64), window)
    return single(_biased(sums, bias), allowed)


def convolve_each(
    images: Array, weights: Array, bias: Array | None, *, window: Window, borders: tuple[Border, Border], allowed: Range
) -> Array:
    """A depthwise convolution with weights (height, width, channels)."""
    padded = windows.pad(images.astype(np.float64), borders, 0)
    return single(_biased(windows.convolve_each(padded, weights.astype(np.float64), window), bias), allowed)


def connect(rows: Array, weights: Array, bias: Array | None, *, allowed: Range) -> Array:
    """A fully connected layer: (N, units) for rows (N, inputs) and weights (units, inputs)."""
    limits.check_shape(len(rows), len(weights))
    limits.check_products(rows.size * len(weights))
    return single(_biased(rows.astype(np.float64) @ weights.astype(np.float64).T, bias), allowed)


def largest(images: Array, *, window: Window, borders: tuple[Border, Border], allowed: Range) -> Array:
    """Max pooling; borders count for nothing."""
    seen = windows.taps(windows.pad(images, borders, -math.inf), window)
    most = next(seen).copy()
    for other in seen:
        np.maximum(most, other, out=most)
    return single(most, allowed)


def average(
    images: Array, *, window: Window, borders: tuple[Border, Border], allowed: Range, count_borders: bool = False
) -> Array:
    """Average pooling, over the pixels of the image alone unless borders are to be counted as zeros."""
    sums = sum(windows.taps(windows.pad(images.astype(np.float64), borders, 0), window))
    return single(
        sums / (window.size[0] * window.size[1] if count_borders else counts(images, window, borders)), allowed
    )


def counts(images: Array, window: Window, borders: tuple[Border, Border]) -> Array:
    """How many pixels of the image each window sees: int64 (1, rows, columns, 1), at least 1."""
    inside = windows.pad(np.ones((1, *images.shape[1:3], 1), np.int64), borders, 0)
    return np.maximum(1, np.asarray(sum(windows.taps(inside, window)), np.int64))


def softmax(scores: Array, *, beta: float = 1.0, axis: int = -1) -> Array:
    """Probabilities along one axis."""
    risen = np.exp((scores.astype(np.float64) - scores.max(axis=axis, keepdims=True)) * beta)
    return single(risen / risen.sum(axis=axis, keepdims=True))


def combine(first: Array, second: Array, *, operation: Callable[[Array, Array], Array], allowed: Range) -> Array:
    """Two tensors number by number, the smaller one repeated."""
    limits.check_shape(*np.broadcast_shapes(first.shape, second.shape))
    return single(operation(first.astype(np.float64), second.astype(np.float64)), allowed)


def reduce(values: Array, axes: tuple[int, ...], *, operation: Callable[..., Array], keep: bool) -> Array:
    """Mean, sum or largest along `axes`."""
    return single(operation(values.astype(np.float64), axis=axes, keepdims=keep))


def apply(values: Array, *, function: Callable[[Array], Array]) -> Array:
    """A function of each number."""
    return single(function(values.astype(np.float64)))


def logistic(real: Array) -> Array:
    """1 / (1 + exp(−x))."""
    return np.asarray(1 / (1 + np.exp(-real)))


def hard_swish(real: Array) -> Array:
    """x · relu6(x + 3) / 6 (Howard et al., arXiv:1905.02244)."""
    return np.asarray(real * np.clip(real + 3, 0, 6) / 6)


def elu(real: Array, alpha: float = 1.0) -> Array:
    """x above 0, α (exp(x) − 1) below (Clevert et al., arXiv:1511.07289)."""
    return np.where(real > 0, real, alpha * np.expm1(np.minimum(real, 0)))


def gelu(real: Array) -> Array:
    """x times the share of a normal distribution below x (Hendrycks and Gimpel, arXiv:1606.08415)."""
    return np.asarray(real * 0.5 * (1 + _ERF(real / math.sqrt(2)).astype(np.float64)))


def gelu_tanh(real: Array) -> Array:
    """The approximation of `gelu` by a hyperbolic tangent, from the same paper."""
    return np.asarray(0.5 * real * (1 + np.tanh(math.sqrt(2 / math.pi) * (real + 0.044715 * real**3))))


def leaky(real: Array, alpha: Array | float) -> Array:
    """x above 0, α x below."""
    return np.where(real >= 0, real, real * alpha)


def _biased(sums: Array, bias: Array | None) -> Array:
    return sums if bias is None else sums + bias.astype(np.float64)
