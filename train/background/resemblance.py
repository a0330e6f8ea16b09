"""What can be read as a digit after all: strokes are 1s, rings 0s, corners 7s, pieces of digits may be digits again."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE

Glyphs = NDArray[np.uint8]
"""Images uint8 (N, 28, 28), ink 255 on 0."""

Reals = NDArray[np.float32]
Flags = NDArray[np.bool_]

LONG = 2.9  # times as long as wide, by standard deviations: three in a hundred 1s are fatter or more bent
LEANING = (
    -52.0,
    37.0,
)  # degrees from upright, to the right and to the left: not one 1 of MNIST in a thousand leans further
EVEN = 0.3  # spread of the width along it, over the mean: a wedge or a crossed stem has more than a 1's stroke
ROUND = 0.9  # share of its hull that a 0 fills, its inside included
HOLE = 0.06  # share of the hull that is the inside of a 0, at least
SPECK = 6.0  # pixels: less beside or in a ring does not change what it is
ANGLE = 0.45  # width over height, or height over width, that a 7 has at least
BAND, LIMB = 0.42, 0.85  # share of its box in which its bar and its leg lie, and share of its sides that they span
FILLED, REST = 0.7, 0.04  # share of its box that it fills at most, and share of the rest that is ink
DOT = 0.35  # of the height: the most that the dot of an i may have, and its width
SIDE = 14  # pixels at which images are compared: half the size forgives a pixel's shift
KNOWN = 600  # digits that are compared with
UNLIKE = 0.15  # share of digits that are less like any other digit than what is dropped


def bars(images: Glyphs) -> Flags:
    """Which images are one long even stroke, upright or leaning, without the dot of an i, bool (N,)."""
    ink = images.reshape(-1, GLYPH_SIDE, GLYPH_SIDE).astype(np.float32) + np.float32(1e-6)
    across = np.arange(GLYPH_SIDE, dtype=np.float32)
    total = ink.sum(axis=(1, 2))
    columns, rows = ink.sum(axis=1) / total[:, None], ink.sum(axis=2) / total[:, None]
    x, y = columns @ across, rows @ across
    wide, tall = columns @ across**2 - x**2, rows @ across**2 - y**2
    mixed = np.einsum("nij,i,j->n", ink, across, across) / total - x * y
    half, spread = (wide + tall) / 2, np.hypot((tall - wide) / 2, mixed)
    longer, shorter = half + spread, np.maximum(half - spread, 0.5)
    lean = np.rad2deg(0.5 * np.arctan2(2 * mixed, tall - wide))
    leaning = (lean > LEANING[0]) & (lean < LEANING[1])
    found = (longer > LONG**2 * shorter) & leaning & (_unevenness(ink.sum(axis=2)) < EVEN)
    found[found] = [not _is_dotted(image) for image in images[found]]
    return np.asarray(found, bool)


def _is_dotted(image: NDArray[np.uint8]) -> bool:
    """Whether the ink is a stem and, clear of its one end, a dot."""
    count, _, boxes, _ = cv2.connectedComponentsWithStats((image > 64).astype(np.uint8), connectivity=8)
    if count != 3:
        return False
    stem, dot = sorted(boxes[1:], key=lambda box: -int(box[cv2.CC_STAT_AREA]))
    top, height = int(stem[cv2.CC_STAT_TOP]), int(stem[cv2.CC_STAT_HEIGHT])
    above, tall = int(dot[cv2.CC_STAT_TOP]), int(dot[cv2.CC_STAT_HEIGHT])
    clear = above + tall < top or above > top + height
    return clear and max(tall, int(dot[cv2.CC_STAT_WIDTH])) <= DOT * height and int(dot[cv2.CC_STAT_AREA]) >= 4


def _unevenness(rows: Reals) -> Reals:
    """How much the ink differs from row to row, both ends of the ink left out, for sums (N, 28) of rows."""
    inked = rows > 64
    first, last = inked.argmax(axis=1), GLYPH_SIDE - 1 - inked[:, ::-1].argmax(axis=1)
    end = (last - first + 1) // 8
    place = np.arange(GLYPH_SIDE)
    body = (place >= (first + end)[:, None]) & (place <= (last - end)[:, None])
    mean = np.mean(rows, axis=1, where=body)
    return np.asarray(np.std(rows, axis=1, where=body) / np.maximum(mean, 1), np.float32)


def rings(images: Glyphs) -> Flags:
    """Which images are one round or square thing with a single hole, bool (N,)."""
    return np.array([_is_ring(image) for image in images], bool)


def _is_ring(image: NDArray[np.uint8]) -> bool:
    outlines, tree = cv2.findContours((image > 96).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return False
    parents = np.asarray(tree).reshape(-1, 4)[:, 3]
    holes = [cv2.contourArea(outline) for outline, parent in zip(outlines, parents, strict=True) if parent >= 0]
    bodies = [outline for outline, parent in zip(outlines, parents, strict=True) if parent < 0]
    body = max(bodies, key=cv2.contourArea)
    hull = max(1.0, cv2.contourArea(cv2.convexHull(body)))
    large = [hole for hole in holes if hole > HOLE * hull]
    empty = all(cv2.contourArea(other) < SPECK for other in bodies if other is not body)
    return len(large) == 1 and empty and cv2.contourArea(body) > ROUND * hull


def corners(images: Glyphs) -> Flags:
    """Which images are a bar at the top and a leg at the right and nothing else, bool (N,)."""
    return np.array([_is_corner(image) for image in images], bool)


def _is_corner(image: NDArray[np.uint8]) -> bool:
    left, top, width, height = cv2.boundingRect((image > 64).astype(np.uint8))
    ink = image[top : top + height, left : left + width] > 64
    if not width or width < ANGLE * height or height < ANGLE * width or ink.mean() > FILLED:
        return False
    bar, leg = ink[: int(BAND * height)], ink[:, -int(BAND * width) :]
    rest = ink[int(BAND * height) :, : -int(BAND * width)]
    return bool(bar.any(axis=0).mean() > LIMB and leg.any(axis=1).mean() > LIMB and rest.mean() < REST)


class Pool(NamedTuple):
    """Digits that pieces are cut from, and what the pieces are compared with."""

    digits: Glyphs
    features: Reals  # (M, SIDE × SIDE), of some of the digits
    near: float  # the cosine from which on an image is like a digit


def prepare(digits: Glyphs) -> Pool:
    """Prepare `digits` for comparisons: all but the least usual of them are that near to another one."""
    features = _features(digits[:: max(1, len(digits) // KNOWN)][:KNOWN])
    among = features @ features.T
    np.fill_diagonal(among, -1)
    near = float(np.quantile(among.max(axis=1), UNLIKE)) if len(features) > 1 else 1.0
    return Pool(digits, features, near)


def digit_like(images: Glyphs, pool: Pool) -> Flags:
    """Which images are as near to a digit as digits are to each other, bool (N,)."""
    return np.asarray((_features(images) @ pool.features.T).max(axis=1, initial=-1) > pool.near)


def _features(images: Glyphs) -> Reals:
    """Blurred and shrunk images as unit vectors, float32 (N, SIDE × SIDE)."""
    if not len(images):
        return np.zeros((0, SIDE * SIDE), np.float32)
    strip = images.reshape(-1, GLYPH_SIDE)
    small = cv2.resize(strip, (SIDE, len(images) * SIDE), interpolation=cv2.INTER_AREA)
    soft = np.stack([cv2.GaussianBlur(image, (3, 3), 0) for image in small.reshape(-1, SIDE, SIDE)])
    vectors = soft.reshape(len(images), -1).astype(np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1), np.float32)
