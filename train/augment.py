"""Variations of handwritten digits: place, slant, shape, pen, blur, gaps and noise, fresh for every epoch.

The ranges are those that carried over best from MNIST to photographed digits; elastic deformation is after Simard,
Steinkraus and Platt, "Best practices for convolutional neural networks" (2003).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE

Glyphs = NDArray[np.uint8]  # (N, 28, 28), ink 255 on 0
Reals = NDArray[np.float32]

CHUNK = 500  # images varied at once: few enough for OpenCV's limit of 32,767 rows and for the processor's cache
MARGIN = 1  # pixels of ground around each image while it is resampled
UNTOUCHED = 0.1  # share of the images that stay as they are
ELASTIC_GRID = 12  # nodes of the random field per side


def augment(images: Glyphs, rng: np.random.Generator, strength: float = 1.0) -> Glyphs:
    """Vary uint8 images (N, 28, 28) as far as `strength` (0 to 1) says; the same `rng` state gives the same result."""
    varied = np.empty_like(images)
    for start in range(0, len(images), CHUNK):
        varied[start : start + CHUNK] = _augment_chunk(images[start : start + CHUNK], rng, strength)
    return varied


def _augment_chunk(images: Glyphs, rng: np.random.Generator, strength: float) -> Glyphs:
    count = len(images)
    places = _affine_places(count, rng, strength) + _elastic_shifts(count, rng, strength)
    varied = _resample(images, places).astype(np.float32)
    for vary, share in ((_change_pen, 0.35), (_blur, 0.2), (_erase, 0.1), (_fade, 0.3)):
        chosen = np.flatnonzero(rng.random(count) < share * strength)
        varied[chosen] = vary(varied[chosen], rng)
    untouched = rng.random(count) < UNTOUCHED
    varied[untouched] = images[untouched]
    return np.clip(np.rint(varied), 0, 255).astype(np.uint8)


def _affine_places(count: int, rng: np.random.Generator, strength: float) -> Reals:
    """Where in the source every pixel comes from, float32 (count, 2, 28, 28) as x, y."""
    angle = np.deg2rad(rng.uniform(-15, 15, count)) * strength
    shear = rng.uniform(-0.25, 0.25, count) * strength
    across, down = np.exp(rng.uniform(-np.log(1.22), np.log(1.22), (2, count)) * strength)
    cosine, sine = np.cos(angle), np.sin(angle)
    rows = [[cosine * across, (shear * cosine - sine) * across], [sine * down, (shear * sine + cosine) * down]]
    matrices = np.moveaxis(np.array(rows, np.float32), 2, 0)
    centre = (GLYPH_SIDE - 1) / 2
    grid = np.stack(np.meshgrid(np.arange(GLYPH_SIDE), np.arange(GLYPH_SIDE))).reshape(2, -1).astype(np.float32)
    shifts = (rng.uniform(-3, 3, (count, 2, 1)) * strength).astype(np.float32)
    places = matrices @ (grid - centre) + centre + shifts
    return places.astype(np.float32).reshape(count, 2, GLYPH_SIDE, GLYPH_SIDE)


def _elastic_shifts(count: int, rng: np.random.Generator, strength: float) -> Reals:
    """A smooth random displacement for every pixel, float32 (count, 2, 28, 28), of 0 to 1.2 pixels rms."""
    smoothness = rng.uniform(3.5, 6)  # pixels
    nodes = np.linspace(-4, GLYPH_SIDE + 3, ELASTIC_GRID)
    basis = np.exp(-((np.arange(GLYPH_SIDE)[:, None] - nodes) ** 2) / (2 * smoothness**2))
    basis = (basis / np.linalg.norm(basis, axis=1, keepdims=True)).astype(np.float32)
    noise = rng.standard_normal((count, 2, ELASTIC_GRID, ELASTIC_GRID), np.float32)
    size = (rng.uniform(0, 1.2, (count, 1, 1, 1)) * strength).astype(np.float32)
    return np.asarray(basis @ noise @ basis.T * size, np.float32)


def _resample(images: Glyphs, places: Reals) -> Glyphs:
    """Every image seen through its `places`, in one call: the images stand in one tall strip, each in a margin."""
    tile = GLYPH_SIDE + 2 * MARGIN
    strip = np.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))).reshape(-1, tile)
    inside = np.clip(places + MARGIN, 0, tile - 1)
    tops = (np.arange(len(images), dtype=np.float32) * tile)[:, None, None]
    across = inside[:, 0].reshape(-1, GLYPH_SIDE)
    down = (inside[:, 1] + tops).reshape(-1, GLYPH_SIDE)
    return np.asarray(cv2.remap(strip, across, down, cv2.INTER_LINEAR), np.uint8).reshape(images.shape)


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
