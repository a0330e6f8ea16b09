"""Windows that move over images: where they stand, what they see, and sums of products over all that they see.

Images are (N, height, width, channels). What is common to convolutions and poolings of every number format and of both
kinds of files stands here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits

Array = NDArray[Any]
Finish = Callable[[Array], Array]
Border = tuple[int, int]
"""Pixels added before and after one axis."""

CHUNK = 2**18  # numbers that windows may see at once, so that they stay near the processor


@dataclass(frozen=True, slots=True)
class Window:
    """A window's size and steps in pixels; each pair is height, width."""

    size: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int] = (1, 1)  # from one of its places to the next

    @property
    def reach(self) -> tuple[int, int]:
        """Height and width of what it spans."""
        vertical, horizontal = ((size - 1) * step + 1 for size, step in zip(self.size, self.dilations, strict=True))
        return vertical, horizontal

    def check(self) -> None:
        """Raise ValueError for a window that cannot be or is too large."""
        if min(*self.size, *self.strides, *self.dilations) < 1:
            raise ValueError(f"a window of {self.size} with strides {self.strides} and dilations {self.dilations}")
        if self.size[0] * self.size[1] > limits.TAPS:
            raise ValueError(f"a window of {self.size}; at most {limits.TAPS} places are allowed")


def same_borders(height: int, width: int, window: Window) -> tuple[Border, Border]:
    """The borders with which there is a window for every stride begun; an odd pixel more comes after the image.

    TensorFlow's padding "SAME" (tensorflow.org/api_docs/python/tf/nn, "Notes on padding").
    """
    vertical, horizontal = (
        _same_border(length, reach, stride)
        for length, reach, stride in zip((height, width), window.reach, window.strides, strict=True)
    )
    return vertical, horizontal


def _same_border(length: int, reach: int, stride: int) -> Border:
    total = max(0, (-(-length // stride) - 1) * stride + reach - length)
    return total // 2, total - total // 2


def pad(images: Array, borders: tuple[Border, Border], value: float) -> Array:
    """The images with `value` around them."""
    if borders == ((0, 0), (0, 0)):
        return images
    if min(map(min, borders)) < 0:
        raise ValueError(f"borders of {borders} pixels")
    count, height, width, channels = images.shape
    limits.check_shape(count, height + sum(borders[0]), width + sum(borders[1]), channels)
    return np.pad(images, ((0, 0), *borders, (0, 0)), constant_values=value)


def places(images: Array, window: Window) -> tuple[int, int]:
    """How many windows stand one below the other and side by side; ValueError where none has room."""
    window.check()
    rows, columns = (
        (length - reach) // stride + 1
        for length, reach, stride in zip(images.shape[1:3], window.reach, window.strides, strict=True)
    )
    if rows < 1 or columns < 1:
        raise ValueError(f"no room for a window of {window.reach} in images of {images.shape}")
    return rows, columns


def taps(images: Array, window: Window) -> Iterator[Array]:
    """What each place of the window sees in turn, row by row: (N, rows, columns, channels), looked at in place."""
    rows, columns = places(images, window)
    for vertical in range(window.size[0]):
        for horizontal in range(window.size[1]):
            top, left = vertical * window.dilations[0], horizontal * window.dilations[1]
            bottom, right = top + (rows - 1) * window.strides[0] + 1, left + (columns - 1) * window.strides[1] + 1
            yield images[:, top : bottom : window.strides[0], left : right : window.strides[1]]


def counts(images: Array, window: Window, borders: tuple[Border, Border]) -> NDArray[np.int64]:
    """How many pixels of the image itself each window sees: (1, rows, columns, 1), at least 1."""
    inside = pad(np.ones((1, *images.shape[1:3], 1), np.int64), borders, 0)
    return np.maximum(1, np.asarray(sum(taps(inside, window)), np.int64))


def largest(images: Array, window: Window) -> Array:
    """The largest number that each window sees; borders should hold nothing larger than any image does."""
    seen = taps(images, window)
    most = next(seen).copy()
    for other in seen:
        np.maximum(most, other, out=most)
    return most


def convolve(images: Array, weights: Array, window: Window, finish: Finish) -> Array:
    """Sums of products: (N, rows, columns, filters) for weights (filters, height, width, channels), in their dtype.

    `finish` makes of them what is wanted, of some images at a time, while they are near the processor.
    """
    filters, seen = len(weights), weights[0].size if len(weights) else 0
    rows, columns = places(images, window)
    if images.shape[3] != weights.shape[3]:
        raise ValueError(f"weights {weights.shape} for images {images.shape}")
    limits.check_shape(rows * columns, seen)
    limits.check_shape(len(images), rows, columns, filters)
    limits.check_products(len(images) * rows * columns * seen * filters)
    matrix = np.ascontiguousarray(weights.reshape(filters, seen).T)
    at_once = max(1, CHUNK // max(1, rows * columns * seen))
    starts = range(0, max(1, len(images)), at_once)
    return np.concatenate([finish(_sums(images[start : start + at_once], matrix, window)) for start in starts])


def _sums(images: Array, matrix: Array, window: Window) -> Array:
    """Sums of products by one product of matrices: all that windows see, times weights (seen, filters)."""
    seen = np.stack(list(taps(images.astype(matrix.dtype), window)), axis=3)
    return np.asarray(np.matmul(seen.reshape(*seen.shape[:3], -1), matrix))


def convolve_each(images: Array, weights: Array, window: Window) -> Array:
    """Sums of products channel by channel: (N, rows, columns, channels) for weights (height, width, channels).

    Channels are the images' own or a multiple of them, each then used several times running.
    """
    rows, columns = places(images, window)
    channels = weights.shape[2]
    if not images.shape[3] or channels % images.shape[3]:
        raise ValueError(f"weights {weights.shape} for images {images.shape}")
    limits.check_shape(len(images), rows, columns, channels)
    limits.check_products(len(images) * rows * columns * weights.size)
    sums = np.zeros((len(images), rows, columns, channels), weights.dtype)
    repeats = channels // images.shape[3]
    for seen, factors in zip(taps(images, window), weights.reshape(-1, channels), strict=True):
        sums += np.repeat(seen, repeats, axis=3) * factors
    return sums
