"""Pictures resized the same on every CPU: OpenCV's area and linear methods in the order and precision of its x86 code.

`cv2.resize` itself gives other pixels on ARM, where its kernels fuse products with sums or keep fewer bits: they were
off by up to three grey levels, in 17 of 70 golden glyphs.
"""

from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

WEIGHT_BITS = 11  # of a linear weight, OpenCV's INTER_RESIZE_COEF_BITS
KEPT_BITS = 4  # that OpenCV drops of a row's sums before it weighs the rows, so that the products fit 32 bits
SMALLEST_COVER = 1e-3  # pixels; OpenCV leaves out what covers less
CACHED = 1024  # pairs of lengths
AT_ONCE = 16  # products kept at a time, enough for what is shrunk fifteenfold; a digit may fill a photograph


class Cover(NamedTuple):
    """Which pixels make each new one when a length shrinks; K is the most that any takes."""

    places: NDArray[np.intp]  # (K, target)
    weights: NDArray[np.float32]  # (K, target, 1), 0 where a new pixel takes fewer than K


class Between(NamedTuple):
    """Between which two pixels each new one lies when a length grows."""

    first: NDArray[np.intp]  # (target,)
    second: NDArray[np.intp]
    first_weight: NDArray[np.int32]  # (target,), both together 2 ** WEIGHT_BITS
    second_weight: NDArray[np.int32]


def shrink(picture: Picture, width: int, height: int) -> Picture:
    """Each new pixel is the mean of the area that it covers, as `cv2.resize` with INTER_AREA gives it on x86.

    `picture` is uint8 (H, W) with H ≥ `height` ≥ 1 and W ≥ `width` ≥ 1; gives uint8 (`height`, `width`).
    """
    if picture.shape[0] % height == 0 and picture.shape[1] % width == 0:
        return _shrink_whole(picture, width, height)
    columns = _gather(picture.T.astype(np.float32), _cover(picture.shape[1], width))
    rows = _gather(np.ascontiguousarray(columns.T), _cover(picture.shape[0], height))
    return np.rint(rows).astype(np.uint8)


def enlarge(picture: Picture, width: int, height: int) -> Picture:
    """Each new pixel is weighed from the four around its place, as `cv2.resize` with INTER_LINEAR gives it on x86.

    `picture` is uint8 (H, W) with 1 ≤ H ≤ `height` and 1 ≤ W ≤ `width`; gives uint8 (`height`, `width`).
    """
    across, down = _between(picture.shape[1], width, held=True), _between(picture.shape[0], height, held=False)
    whole = picture.astype(np.int32)
    sums = whole[:, across.first] * across.first_weight + whole[:, across.second] * across.second_weight
    sums >>= KEPT_BITS
    above = sums[down.first] * down.first_weight[:, np.newaxis] >> 16
    below = sums[down.second] * down.second_weight[:, np.newaxis] >> 16
    return ((above + below + 2) >> 2).astype(np.uint8)


def _shrink_whole(picture: Picture, width: int, height: int) -> Picture:
    """Shrink by whole factors: sums of whole numbers, halves rounded up for four pixels and to even for others."""
    down, across = picture.shape[0] // height, picture.shape[1] // width
    blocks = picture.reshape(height, down, width, across)
    sums: NDArray[np.int32] = blocks.sum(axis=(1, 3), dtype=np.int32)
    if down == across == 2:
        return ((sums + 2) >> 2).astype(np.uint8)
    means = sums.astype(np.float32) * np.float32(1 / (down * across))
    return np.asarray(np.rint(means), np.uint8)


def _gather(rows: NDArray[np.float32], cover: Cover) -> NDArray[np.float32]:
    """Rows (N, M) weighed and added to (target, M), one after the other, each product and each sum rounded."""
    total = np.zeros((cover.places.shape[1], rows.shape[1]), np.float32)
    for start in range(0, len(cover.places), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        for product in rows[cover.places[part]] * cover.weights[part]:
            total += product
    return total


@lru_cache(CACHED)
def _cover(source: int, target: int) -> Cover:
    """How `target` new pixels cover `source` old ones, OpenCV's computeResizeAreaTab."""
    scale = 1 / (target / source)  # so, and not source / target, because OpenCV rounds it so
    taken = [_covered(place * scale, scale, source) for place in range(target)]
    places = np.zeros((max(map(len, taken)), target), np.intp)
    weights = np.zeros(places.shape, np.float32)
    for column, pixels in enumerate(taken):
        for row, (place, weight) in enumerate(pixels):
            places[row, column], weights[row, column] = place, weight
    return Cover(places, weights[..., np.newaxis])


def _covered(start: float, scale: float, source: int) -> list[tuple[int, float]]:
    """The old pixels under a new one that begins at `start`, with their weights."""
    end, width = start + scale, min(scale, source - start)
    last = min(floor(end), source - 1)
    first = min(ceil(start), last)
    taken = [(first - 1, (first - start) / width)] if first - start > SMALLEST_COVER else []
    taken += [(place, 1 / width) for place in range(first, last)]
    if end - last > SMALLEST_COVER:
        taken.append((last, min(end - last, 1.0, width) / width))
    return taken


@lru_cache(CACHED)
def _between(source: int, target: int, *, held: bool) -> Between:
    """Where `target` new pixels lie among `source` old ones, in whole weights.

    Beyond the outermost pixels, columns are `held` there with all the weight; rows count the same pixel twice, which
    rounds differently.
    """
    scale = 1 / (target / source)
    exact = ((np.arange(target) + 0.5) * scale - 0.5).astype(np.float32)
    below = np.floor(exact)
    outside = (below < 0) | (below >= source - 1)
    share = np.where(outside, np.float32(0), exact - below) if held else exact - below
    first, second = (np.clip(below + step, 0, source - 1).astype(np.intp) for step in (0, 1))
    one = np.float32(1 << WEIGHT_BITS)
    weights = [np.rint(part * one).astype(np.int32) for part in (np.float32(1) - share, share)]
    return Between(first, second, *weights)
