"""The kernels of `.onnx` layers with weights and of poolings. Images come as (N, channels, height, width)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from runtime.backends.reference import float_kernels, windows
from runtime.backends.reference.float_kernels import EVERYTHING, Array, single
from runtime.backends.reference.graph import Kernel
from runtime.backends.reference.onnx_call import WINDOW_ATTRIBUTES, Windowed, expect_attributes, real, whole, windowed
from runtime.formats import limits
from runtime.formats.onnx_file import Node


def build_convolution(node: Node) -> Kernel:
    """Conv, of all channels together or of each for itself."""
    expect_attributes(node, *WINDOW_ATTRIBUTES, "group")
    group = whole(node, "group", 1)

    def run(images: Array, weights: Array, bias: Array | None = None) -> Array:
        placed = windowed(node, weights.shape[2:])
        if weights.shape[2:] != placed.window.size:
            raise ValueError(f"weights {weights.shape} for a window of {placed.window.size}")
        padded = _padded(images, placed, 0)
        if group == 1:
            filters = weights.transpose(0, 2, 3, 1)
            sums = float_kernels.convolve(padded, filters, bias, window=placed.window, allowed=EVERYTHING)
        elif group == images.shape[1] and weights.shape[1] == 1:
            filters = weights[:, 0].transpose(1, 2, 0)
            sums = float_kernels.convolve_each(padded, filters, bias, window=placed.window, allowed=EVERYTHING)
        else:
            raise ValueError(f"{group} groups of {images.shape[1]} channels are not among what this engine runs")
        return _channels_first(sums)

    return run


def build_largest(node: Node) -> Kernel:
    """MaxPool."""
    expect_attributes(node, *WINDOW_ATTRIBUTES, "ceil_mode", "storage_order")
    placed = _pool(node)
    return lambda images: _channels_first(
        windows.largest(_padded(images, placed, _lowest(images.dtype)), placed.window)
    )


def build_average(node: Node) -> Kernel:
    """AveragePool."""
    expect_attributes(node, *WINDOW_ATTRIBUTES, "ceil_mode", "count_include_pad")
    placed = _pool(node)
    count_borders = bool(whole(node, "count_include_pad", 0))

    def run(images: Array) -> Array:
        last = _channels_last(images)
        borders = placed.borders(last.shape)
        return _channels_first(
            float_kernels.average(
                last, window=placed.window, borders=borders, allowed=EVERYTHING, count_borders=count_borders
            )
        )

    return run


def build_global(operation: Callable[..., Array]) -> Callable[[Node], Kernel]:
    """GlobalAveragePool and GlobalMaxPool."""

    def build(node: Node) -> Kernel:
        expect_attributes(node)
        return lambda images: float_kernels.reduce(images, tuple(range(2, images.ndim)), operation=operation, keep=True)

    return build


def build_gemm(node: Node) -> Kernel:
    """Gemm: alpha · A · B + beta · C, A and B transposed where asked for."""
    expect_attributes(node, "alpha", "beta", "transA", "transB")
    alpha, beta = real(node, "alpha", 1.0), real(node, "beta", 1.0)
    turned = bool(whole(node, "transA", 0)), bool(whole(node, "transB", 0))

    def run(first: Array, second: Array, third: Array | None = None) -> Array:
        product = alpha * _product(first.T if turned[0] else first, second.T if turned[1] else second)
        if third is None:
            return single(product)
        if np.broadcast_shapes(third.shape, product.shape) != product.shape:
            raise ValueError(f"a sum of {product.shape} and {third.shape}")
        return single(product + beta * third.astype(np.float64))

    return run


def build_product(node: Node) -> Kernel:
    """MatMul of matrices."""
    expect_attributes(node)
    return lambda first, second: single(_product(first, second))


def _product(first: Array, second: Array) -> Array:
    """A matrix product in float64."""
    if first.ndim != 2 or second.ndim != 2:
        raise ValueError(f"a product of {first.shape} and {second.shape}; expected matrices")
    limits.check_shape(len(first), second.shape[1])
    limits.check_products(first.size * second.shape[1])
    return np.asarray(first.astype(np.float64) @ second.astype(np.float64))


def _pool(node: Node) -> Windowed:
    if whole(node, "ceil_mode", 0) or whole(node, "storage_order", 0):
        raise ValueError(f"{node.operator} with ceil_mode or storage_order is not among what this engine runs")
    return windowed(node, ())


def _padded(images: Array, placed: Windowed, value: float) -> Array:
    last = _channels_last(images)
    return windows.pad(last, placed.borders(last.shape), value)


def _lowest(dtype: np.dtype[Any]) -> float:
    """What no number of the dtype is below."""
    return float(np.iinfo(dtype).min) if np.issubdtype(dtype, np.integer) else -np.inf


def _channels_last(images: Array) -> Array:
    if images.ndim != 4:
        raise ValueError(f"expected images (N, channels, height, width), got {images.shape}")
    return images.transpose(0, 2, 3, 1)


def _channels_first(images: Array) -> Array:
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
