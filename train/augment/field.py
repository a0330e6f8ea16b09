"""Digits varied inside their own field of 28×28: place and shape, and a little of pen, blur, gaps and noise."""

import numpy as np

from runtime.records import GLYPH_SIDE
from train.augment.place import move
from train.augment.stack import Images, Reals

PART = 500  # images varied at once: few enough for OpenCV's limit of rows and for the processor's cache
SHIFT = 3  # pixels


def vary_in_field(images: Images, rng: np.random.Generator, strength: float) -> Images:
    """Vary glyphs uint8 (N, 28, 28)."""
    varied = np.empty_like(images)
    for start in range(0, len(images), PART):
        varied[start : start + PART] = _vary_part(images[start : start + PART], rng, strength)
    return varied


def _vary_part(images: Images, rng: np.random.Generator, strength: float) -> Images:
    varied = move(images, GLYPH_SIDE, SHIFT, rng, strength).astype(np.float32)
    for vary, share in ((_change_pen, 0.35), (_blur, 0.2), (_erase, 0.1), (_fade, 0.3)):
        chosen = np.flatnonzero(rng.random(len(images)) < share * strength)
        varied[chosen] = vary(varied[chosen], rng)
    return np.clip(np.rint(varied), 0, 255).astype(np.uint8)


def _change_pen(images: Reals, rng: np.random.Generator) -> Reals:
    """Thicken or thin the lines by up to one pixel."""
    padded = np.pad(images, ((0, 0), (0, 1), (0, 1)))
    corners = (padded[:, :-1, :-1], padded[:, 1:, :-1], padded[:, :-1, 1:], padded[:, 1:, 1:])
    thicker = rng.random((len(images), 1, 1)) < 0.5
    changed = np.where(thicker, np.maximum.reduce(corners), np.minimum.reduce(corners))
    share = rng.uniform(0.3, 1, (len(images), 1, 1)).astype(np.float32)
    return np.asarray(images + share * (changed - images), np.float32)


def _blur(images: Reals, rng: np.random.Generator) -> Reals:
    """Soften by a kernel of three taps each way."""
    side = rng.uniform(0.06, 0.25, (len(images), 1, 1)).astype(np.float32)
    tall = np.pad(images, ((0, 0), (1, 1), (0, 0)))
    soft = (1 - 2 * side) * images + side * (tall[:, :-2] + tall[:, 2:])
    wide = np.pad(soft, ((0, 0), (0, 0), (1, 1)))
    return np.asarray((1 - 2 * side) * soft + side * (wide[:, :, :-2] + wide[:, :, 2:]), np.float32)


def _erase(images: Reals, rng: np.random.Generator) -> Reals:
    """Take out a rectangle of 2 to 7 pixels a side, as a dry pen or a lost stroke does."""
    sizes = rng.integers(2, 8, (2, len(images), 1))
    starts = rng.integers(3, GLYPH_SIDE - 8, (2, len(images), 1))
    pixels = np.arange(GLYPH_SIDE)
    rows, columns = (pixels >= starts) & (pixels < starts + sizes)
    return np.where(rows[:, :, None] & columns[:, None, :], np.float32(0), images)


def _fade(images: Reals, rng: np.random.Generator) -> Reals:
    """Weaken the ink and add noise to what is left of it."""
    gain = rng.uniform(0.5, 1.1, (len(images), 1, 1)).astype(np.float32)
    size = rng.uniform(0, 18, (len(images), 1, 1)).astype(np.float32)
    return np.asarray(images * gain + size * rng.standard_normal(images.shape, np.float32), np.float32)
