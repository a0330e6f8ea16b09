"""Layers with float activations and 8-bit weights, as TensorFlow Lite's reference kernels run dynamic-range files.

Activations are quantised as they come, each image by its own range (tensorflow/lite/kernels/internal/reference,
portable_tensor_utils.cc and conv.h's HybridConvPerChannel), multiplied in whole numbers and scaled back in float32.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference import windows
from runtime.backends.reference.fixed_point import round_away
from runtime.backends.reference.float_kernels import Range, single
from runtime.backends.reference.quantised_kernels import FURTHEST, exact_dtype
from runtime.backends.reference.windows import Window
from runtime.formats import limits

Array = NDArray[Any]


class Rows(NamedTuple):
    """Activations in whole numbers: real = scale × value."""

    values: Array  # float32, whole, without zero points; of the shape that was given
    scales: Array  # float32, one for each image


class Layer(NamedTuple):
    """What a layer with 8-bit weights needs beside them."""

    scales: NDArray[np.float64]  # of the weights, for all filters or for each
    allowed: Range
    asymmetric: bool = True  # how the rows of a fully connected layer are quantised


def convolve(images: Array, weights: Array, bias: Array | None, *, layer: Layer, window: Window) -> Array:
    """A convolution with weights int8 (filters, height, width, channels); images have their borders already.

    Borders of zeros change nothing: every range includes 0, which is a whole number of steps.
    """
    rows = quantise_asymmetric(images)
    sums = windows.convolve(rows.values, weights.astype(exact_dtype(weights, FURTHEST)), window, np.asarray)
    return _scaled(sums, (layer.scales.astype(np.float32), rows.scales.reshape(-1, 1, 1, 1)), bias, layer.allowed)


def convolve_each(images: Array, weights: Array, bias: Array | None, *, layer: Layer, window: Window) -> Array:
    """A depthwise convolution with weights int8 (height, width, channels); images have their borders already."""
    rows = quantise_asymmetric(images)
    sums = windows.convolve_each(rows.values.astype(np.float64), weights.astype(np.float64), window)
    return _scaled(sums, (layer.scales.astype(np.float32), rows.scales.reshape(-1, 1, 1, 1)), bias, layer.allowed)


def connect(given: Array, weights: Array, bias: Array | None, *, layer: Layer) -> Array:
    """A fully connected layer: (N, units) for rows (N, inputs) and weights int8 (units, inputs)."""
    limits.check_shape(len(given), len(weights))
    limits.check_products(given.size * len(weights))
    rows = (quantise_asymmetric if layer.asymmetric else quantise_symmetric)(given)
    exact = exact_dtype(weights, FURTHEST)
    sums = np.matmul(rows.values.astype(exact), weights.astype(exact).T)
    factors = rows.scales.reshape(-1, 1) * layer.scales.astype(np.float32)
    return _scaled(sums, (factors, np.float32(1)), bias, layer.allowed)


def quantise_asymmetric(given: Array) -> Rows:
    """Each image's range, 0 included, in 256 steps (PortableAsymmetricQuantizeFloats)."""
    flat = given.reshape(len(given), -1).astype(np.float32)
    low = np.minimum(0, flat.min(axis=1, initial=0)).astype(np.float64)
    high = np.maximum(0, flat.max(axis=1, initial=0)).astype(np.float64)
    empty = low == high
    scale = np.where(empty, 1, (high - low) / 255)
    from_low, from_high = -128 - low / scale, 127 - high / scale
    nearer = 128 + np.abs(low / scale) < 127 + np.abs(high / scale)
    zero_points = round_away(np.clip(np.where(nearer, from_low, from_high), -128, 127)) * ~empty
    scales = scale.astype(np.float32)
    offsets = zero_points.astype(np.float32)[:, None]
    values = np.clip(round_away(offsets + flat * (np.float32(1) / scales)[:, None]), -128, 127)
    return Rows(_whole(values - offsets, given), scales)


def quantise_symmetric(given: Array) -> Rows:
    """Each image's largest distance from 0 in 127 steps (PortableSymmetricQuantizeFloats)."""
    flat = given.reshape(len(given), -1).astype(np.float32)
    furthest = np.abs(flat).max(axis=1, initial=0)
    scales = np.where(furthest == 0, np.float32(1), furthest / np.float32(127)).astype(np.float32)
    inverse = np.where(furthest == 0, np.float32(0), np.float32(127) / np.where(furthest == 0, 1, furthest))
    return Rows(_whole(np.clip(round_away(flat * inverse.astype(np.float32)[:, None]), -127, 127), given), scales)


def _whole(values: Array, given: Array) -> Array:
    return np.asarray(np.nan_to_num(values), np.float32).reshape(given.shape)


def _scaled(sums: Array, factors: tuple[Array, Array | np.float32], bias: Array | None, allowed: Range) -> Array:
    """Sums of products as real numbers, in float32 arithmetic."""
    real = sums.astype(np.float32) * factors[0] * factors[1]
    return single(real if bias is None else real + bias.astype(np.float32), allowed)
