"""What stands around a digit and is taken for a part of it: pieces of ruled lines, of neighbours, and what is cut off.

Each function is for a few images at a time, and draws one direction for all of them.
"""

import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE
from train.augment.stack import Images

INK = 64  # grey levels; less does not count where the ends of the ink are sought
Numbers = NDArray[np.float64]


def add_ruling(images: Images, rng: np.random.Generator) -> Images:
    """Leave a piece of a ruled line on the digit, lying or standing, 2 to 12 pixels of 28 long."""
    turns = int(rng.random() < 0.25)
    varied = _add_lying_line(np.rot90(images, turns, (1, 2)), rng)
    return np.rot90(varied, -turns, (1, 2))


def add_neighbour(images: Images, rng: np.random.Generator) -> Images:
    """Let the outermost 1 to 3 pixels of 28 of the next image's digit touch from the right or the left."""
    mirrored = slice(None, None, -1 if rng.random() < 0.5 else 1)
    digits = images[:, :, mirrored]
    others = np.roll(digits, 1, axis=0)
    place = np.arange(images.shape[-1])
    end, begin = _ends(digits)[1], _ends(others)[0]
    overlap, depth = _draw(images, rng, 0, 2), _draw(images, rng, 1, 3)
    columns = place - np.rint(end - begin - overlap).astype(int)[:, None]
    seen = (columns >= 0) & (columns < len(place)) & (place < (end + depth)[:, None])
    piece = np.take_along_axis(others, np.clip(columns, 0, len(place) - 1)[:, None, :], axis=2)
    return np.asarray(np.maximum(digits, piece * seen[:, None, :])[:, :, mirrored])


def cut_off(images: Images, rng: np.random.Generator) -> Images:
    """Cut up to a tenth of the digit off at one side, as the border of a frame or a drawn box does."""
    turns = int(rng.integers(4))
    turned = np.rot90(images, turns, (1, 2))
    first, last = _ends(turned)
    border = first + rng.uniform(0, 0.1, len(images)) * (last - first)
    kept = np.arange(images.shape[-1]) >= border[:, None]
    return np.rot90(turned * kept[:, None, :], -turns, (1, 2))


def _add_lying_line(images: Images, rng: np.random.Generator) -> Images:
    """A straight stroke at a random height of the digit's, through a random column of its."""
    count = len(images)
    place = np.arange(images.shape[-1])
    (left, right), (top, bottom) = _ends(images), _ends(images.swapaxes(1, 2))
    along = place - rng.uniform(left, right + 1)[:, None]
    line = rng.uniform(top, bottom + 1)[:, None] + rng.uniform(-0.08, 0.08, (count, 1)) * along
    over = np.abs(place[:, None] - line[:, None, :])
    across = np.abs(along) < _draw(images, rng, 1, 6)[:, None]
    ink = (over < _draw(images, rng, 0.15, 0.5)[:, None, None]) & across[:, None, :]
    return np.maximum(images, ink * rng.integers(80, 256, (count, 1, 1)).astype(np.uint8))


def _draw(images: Images, rng: np.random.Generator, low: float, high: float) -> Numbers:
    """A length for each image in its own pixels, float64 (N,); `low` and `high` are in pixels of 28."""
    return np.asarray(rng.uniform(low, high, len(images)) * (images.shape[-1] / GLYPH_SIDE))


def _ends(images: Images) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last column with ink of each image, int64 (N,); all columns where there is none."""
    ink: NDArray[np.bool_] = np.any(images >= INK, axis=1)
    return ink.argmax(axis=1), ink.shape[1] - 1 - ink[:, ::-1].argmax(axis=1)
