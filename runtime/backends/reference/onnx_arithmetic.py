"""The kernels of `.onnx` operators that work number by number, along an axis, or that only move numbers."""

from collections.abc import Callable
from functools import partial

import numpy as np

from runtime.backends.reference import float_kernels, shapes
from runtime.backends.reference.float_kernels import EVERYTHING, Array, single
from runtime.backends.reference.graph import Kernel
from runtime.backends.reference.onnx_call import expect_attributes, real, whole, wholes
from runtime.backends.reference.shapes import whole_numbers
from runtime.formats.onnx_file import Node

Build = Callable[[Node], Kernel]


def build_function(function: Callable[[Array], Array]) -> Build:
    """A function of each number, without attributes."""

    def build(node: Node) -> Kernel:
        expect_attributes(node)
        return partial(float_kernels.apply, function=function)

    return build


def build_scaled(function: Callable[..., Array], default: float) -> Build:
    """A function of each number with the attribute "alpha"."""

    def build(node: Node) -> Kernel:
        expect_attributes(node, "alpha")
        return partial(float_kernels.apply, function=partial(function, alpha=real(node, "alpha", default)))

    return build


def build_binary(operation: Callable[[Array, Array], Array]) -> Build:
    """An operator on two tensors."""

    def build(node: Node) -> Kernel:
        expect_attributes(node)
        return partial(float_kernels.combine, operation=operation, allowed=EVERYTHING)

    return build


def build_reduced(operation: Callable[..., Array]) -> Build:
    """Mean, sum or largest along axes, which newer files give as an input."""

    def build(node: Node) -> Kernel:
        expect_attributes(node, "axes", "keepdims", "noop_with_empty_axes")
        keep = bool(whole(node, "keepdims", 1))
        if whole(node, "noop_with_empty_axes", 0):
            raise ValueError(f"{node.operator} with noop_with_empty_axes is not among what this engine runs")

        def run(values: Array, axes: Array | None = None) -> Array:
            named = wholes(node, "axes", ()) if axes is None else whole_numbers(axes)
            return float_kernels.reduce(values, named or tuple(range(values.ndim)), operation=operation, keep=keep)

        return run

    return build


def build_softmax(node: Node) -> Kernel:
    """Softmax."""
    expect_attributes(node, "axis")
    return partial(float_kernels.softmax, axis=whole(node, "axis", -1))


def build_hard_sigmoid(node: Node) -> Kernel:
    """HardSigmoid: alpha · x + beta, clipped to 0 to 1."""
    expect_attributes(node, "alpha", "beta")
    alpha, beta = real(node, "alpha", 0.2), real(node, "beta", 0.5)
    return partial(float_kernels.apply, function=lambda values: np.clip(alpha * values + beta, 0, 1))


def build_clip(node: Node) -> Kernel:
    """Clip."""
    expect_attributes(node)

    def run(values: Array, low: Array | None = None, high: Array | None = None) -> Array:
        bottom, top = (-np.inf if low is None else low.item()), (np.inf if high is None else high.item())
        return single(values, (bottom, top))

    return run


def build_quantise(node: Node) -> Kernel:
    """QuantizeLinear, ties to even; without a zero point it gives uint8."""
    expect_attributes(node, "axis")
    axis = whole(node, "axis", 1)

    def run(values: Array, scale: Array, zero_point: Array | None = None) -> Array:
        zero = np.zeros(scale.shape, np.uint8) if zero_point is None else zero_point
        _check_scale(scale, zero)
        limits = np.iinfo(zero.dtype)
        steps = np.rint(values / _along(scale, axis, values.ndim).astype(np.float32))
        whole_steps = np.nan_to_num(steps) + _along(zero, axis, values.ndim).astype(np.float32)
        return np.asarray(np.clip(whole_steps, limits.min, limits.max), zero.dtype)

    return run


def build_dequantise(node: Node) -> Kernel:
    """DequantizeLinear."""
    expect_attributes(node, "axis")
    axis = whole(node, "axis", 1)

    def run(steps: Array, scale: Array, zero_point: Array | None = None) -> Array:
        zero = np.zeros(scale.shape, np.int64) if zero_point is None else zero_point
        _check_scale(scale, zero)
        centred = steps.astype(np.int64) - _along(zero.astype(np.int64), axis, steps.ndim)
        return single(centred * _along(scale.astype(np.float64), axis, steps.ndim))

    return run


def _check_scale(scale: Array, zero_point: Array) -> None:
    whole_number = np.issubdtype(zero_point.dtype, np.integer)
    if scale.ndim > 1 or scale.shape != zero_point.shape or not whole_number or not (scale > 0).all():
        raise ValueError(f"scales {scale.shape} and zero points {zero_point.dtype} {zero_point.shape}")


def _along(values: Array, axis: int, rank: int) -> Array:
    """Values for each index of one axis, shaped to meet a tensor of `rank` axes; one value as it is."""
    if values.size == 1:
        return values.reshape(())
    return values.reshape([-1 if index == axis % rank else 1 for index in range(rank)])


def build_flatten(node: Node) -> Kernel:
    """Flatten to a matrix."""
    expect_attributes(node, "axis")
    axis = whole(node, "axis", 1)
    return lambda values: values.reshape(int(np.prod(values.shape[:axis])), -1)


def build_reshape(node: Node) -> Kernel:
    """Reshape, where 0 keeps a length."""
    expect_attributes(node, "allowzero")
    literal = bool(whole(node, "allowzero", 0))

    def run(values: Array, shape: Array) -> Array:
        lengths = whole_numbers(shape)
        kept = (values.shape[axis] if length == 0 and not literal else length for axis, length in enumerate(lengths))
        return shapes.reshape(values, tuple(kept))

    return run


def build_transpose(node: Node) -> Kernel:
    """Transpose, to the reverse order where none is given."""
    expect_attributes(node, "perm")
    order = wholes(node, "perm", ())
    return lambda values: np.transpose(values, order or None)


def build_squeeze(node: Node) -> Kernel:
    """Squeeze."""
    expect_attributes(node)
    return lambda values, axes=None: np.squeeze(values, None if axes is None else whole_numbers(axes))


def build_unsqueeze(node: Node) -> Kernel:
    """Unsqueeze."""
    expect_attributes(node)
    return lambda values, axes: np.expand_dims(values, whole_numbers(axes))


def build_join(node: Node) -> Kernel:
    """Concat."""
    expect_attributes(node, "axis")
    return partial(shapes.join, axis=whole(node, "axis", 0))


def build_pad(node: Node) -> Kernel:
    """Pad with one number."""
    expect_attributes(node, "mode")
    if node.attributes.get("mode", b"constant") != b"constant":
        raise ValueError("Pad with what lies at the border is not among what this engine runs")

    def run(values: Array, pads: Array, value: Array | None = None) -> Array:
        rank = values.ndim
        if pads.shape != (2 * rank,):
            raise ValueError(f"{pads.shape} pads for {values.shape}")
        borders = tuple((int(pads[axis]), int(pads[axis + rank])) for axis in range(rank))
        return shapes.pad(values, borders, 0 if value is None else value.item())

    return run
