"""Operators on real numbers: every one computed in float64 and rounded to float32 once, at its end.

So an answer is nearer to the exact one than that of any engine that sums in float32, whatever the order of its sums.
Images are (N, height, width, channels).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference import windows
from runtime.backends.reference.windows import Border, Window
from runtime.formats import limits

Array = NDArray[Any]
Range = tuple[float, float]
EVERYTHING: Range = (-math.inf, math.inf)
"""What an activation lets through, for operators that have none."""

_ERF = np.frompyfunc(math.erf, 1, 1)


def single(real: Array, allowed: Range = EVERYTHING) -> Array:
    """The nearest float32 numbers, clipped."""
    return np.asarray(np.clip(real, *allowed) if allowed != EVERYTHING else real, np.float32)


def convolve(images: Array, weights: Array, bias: Array | None, *, window: Window, allowed: Range) -> Array:
    """A convolution with weights (filters, height, width, channels); images have their borders already."""
    return windows.convolve(
        images, weights.astype(np.float64), window, lambda sums: single(_biased(sums, bias), allowed)
    )


def convolve_each(images: Array, weights: Array, bias: Array | None, *, window: Window, allowed: Range) -> Array:
    """A depthwise convolution with weights (height, width, channels); images have their borders already."""
    sums = windows.convolve_each(images.astype(np.float64), weights.astype(np.float64), window)
    return single(_biased(sums, bias), allowed)


def connect(rows: Array, weights: Array, bias: Array | None, *, allowed: Range) -> Array:
    """A fully connected layer: (N, units) for rows (N, inputs) and weights (units, inputs)."""
    limits.check_shape(len(rows), len(weights))
    limits.check_products(rows.size * len(weights))
    return single(_biased(rows.astype(np.float64) @ weights.astype(np.float64).T, bias), allowed)


def average(
    images: Array, *, window: Window, borders: tuple[Border, Border], allowed: Range, count_borders: bool = False
) -> Array:
    """Average pooling, over the pixels of the image alone unless borders are to be counted as zeros."""
    sums = np.asarray(sum(windows.taps(windows.pad(images.astype(np.float64), borders, 0), window)))
    seen = window.size[0] * window.size[1] if count_borders else windows.counts(images, window, borders)
    return single(sums / seen, allowed)


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


def logistic_single(real: Array) -> Array:
    """The same in float32 arithmetic, every step rounded, as tables for whole numbers are filled."""
    risen = np.exp(-real.astype(np.float64)).astype(np.float32)
    return np.asarray(np.float32(1) / (np.float32(1) + risen))


def hard_swish(real: Array) -> Array:
    """The product x · relu6(x + 3) / 6 (Howard et al., arXiv:1905.02244)."""
    return np.asarray(real * np.clip(real + 3, 0, 6) / 6)


def elu(real: Array, alpha: float = 1.0) -> Array:
    """The number above 0, α (exp(x) − 1) below (Clevert et al., arXiv:1511.07289)."""
    return np.where(real > 0, real, alpha * np.expm1(np.minimum(real, 0)))


def gelu(real: Array) -> Array:
    """The number times the share of a normal distribution below it (Hendrycks and Gimpel, arXiv:1606.08415)."""
    share = 0.5 * (1 + np.asarray(_ERF(real / math.sqrt(2)), np.float64))
    return np.asarray(real * share)


def gelu_tanh(real: Array) -> Array:
    """The approximation of `gelu` by a hyperbolic tangent, from the same paper."""
    return np.asarray(0.5 * real * (1 + np.tanh(math.sqrt(2 / math.pi) * (real + 0.044715 * real**3))))


def leaky(real: Array, alpha: Array | float) -> Array:
    """The number above 0, α x below."""
    return np.where(real >= 0, real, real * alpha)


def _biased(sums: Array, bias: Array | None) -> Array:
    return sums if bias is None else sums + bias.astype(np.float64)
