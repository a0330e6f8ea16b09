"""Operators that move numbers without changing them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits

Array = NDArray[Any]


def whole_numbers(values: Array) -> tuple[int, ...]:
    """A small tensor of whole numbers, such as a shape or axes; ValueError for any other."""
    if not np.issubdtype(values.dtype, np.integer) or values.ndim > 1 or values.size > limits.RANK:
        raise ValueError(f"expected at most {limits.RANK} whole numbers, got {values.dtype} {values.shape}")
    return tuple(map(int, np.atleast_1d(values)))


def reshape(values: Array, shape: tuple[int, ...]) -> Array:
    """The same numbers in another shape, in which one length may be −1."""
    if len(shape) > limits.RANK:
        raise ValueError(f"a shape of {len(shape)} axes")
    return values.reshape(shape)


def slice_strided(
    values: Array, begin: tuple[int, ...], end: tuple[int, ...], strides: tuple[int, ...], masks: tuple[int, int, int]
) -> Array:
    """Parts of the first axes; the bits of `masks` tell whose begin and end are not looked at, and what is dropped."""
    if not len(begin) == len(end) == len(strides) <= values.ndim:
        raise ValueError(f"{len(begin)} begins, {len(end)} ends and {len(strides)} strides for {values.shape}")
    begins, ends, dropped = masks
    parts: list[slice | int] = []
    for axis, (first, last, stride) in enumerate(zip(begin, end, strides, strict=True)):
        if dropped >> axis & 1:
            parts.append(first)
        else:
            parts.append(slice(None if begins >> axis & 1 else first, None if ends >> axis & 1 else last, stride))
    return np.asarray(values[tuple(parts)])


def stack(*values: Array, axis: int) -> Array:
    """Tensors of one shape along a new axis."""
    limits.check_shape(len(values), *values[0].shape)
    return np.stack(values, axis=axis)


def join(*values: Array, axis: int) -> Array:
    """Tensors along an axis that they have."""
    if sum(part.size for part in values) > limits.ELEMENTS:
        raise ValueError(f"more than {limits.ELEMENTS} numbers together")
    return np.concatenate(values, axis=axis)


def pad(values: Array, borders: tuple[tuple[int, int], ...], value: float) -> Array:
    """`value` around a tensor."""
    if len(borders) != values.ndim or min(map(min, borders), default=0) < 0:
        raise ValueError(f"borders {borders} for {values.shape}")
    limits.check_shape(*(length + sum(border) for length, border in zip(values.shape, borders, strict=True)))
    return np.pad(values, borders, constant_values=value)
