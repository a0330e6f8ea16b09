"""Where a digit lies: turned, leaning, stretched, shifted and bent, resampled in one call for many images."""

import cv2
import numpy as np

from runtime.records import GLYPH_SIDE
from train.augment.stack import Images, Reals

MARGIN = 2  # pixels of ground around each image while it is resampled: as far as cubic interpolation reaches
ELASTIC_GRID = 12  # nodes of the random field per side


def move(images: Images, side: int, shift: float, rng: np.random.Generator, strength: float) -> Images:
    """Draw glyphs uint8 (N, 28, 28) anew in a random place and shape, uint8 (N, side, side); N times side under 32,767.

    `shift` is the farthest that they go, in pixels of 28. At `strength` 0 they only grow to `side`.
    """
    places = _affine_places(len(images), side, shift, rng, strength)
    return _resample(images, places + _elastic_shifts(len(images), side, rng, strength))


def pixels(side: int) -> Reals:
    """The centres of `side` pixels across a glyph's field, in pixels of 28: float32 (side,), -0.5 to 27.5."""
    return np.asarray((np.arange(side) + 0.5) * (GLYPH_SIDE / side) - 0.5, np.float32)


def smooth_fields(count: int, side: int, smoothness: float, rng: np.random.Generator) -> Reals:
    """Smooth random fields float32 (count, side, side), 0 ± 1, that vary over `smoothness` pixels of 28."""
    nodes = np.linspace(-4, GLYPH_SIDE + 3, ELASTIC_GRID)
    basis = np.exp(-((pixels(side)[:, None] - nodes) ** 2) / (2 * smoothness**2))
    basis = (basis / np.linalg.norm(basis, axis=1, keepdims=True)).astype(np.float32)
    return np.asarray(basis @ rng.standard_normal((count, ELASTIC_GRID, ELASTIC_GRID), np.float32) @ basis.T)


def _affine_places(count: int, side: int, shift: float, rng: np.random.Generator, strength: float) -> Reals:
    """Where in the source every pixel comes from, float32 (count, 2, side, side) as x, y."""
    angle = np.deg2rad(rng.uniform(-15, 15, count)) * strength
    shear = rng.uniform(-0.25, 0.25, count) * strength
    across, down = np.exp(rng.uniform(-np.log(1.22), np.log(1.22), (2, count)) * strength)
    cosine, sine = np.cos(angle), np.sin(angle)
    by_column = np.stack([cosine * across, sine * down], axis=1).astype(np.float32)
    by_row = np.stack([(shear * cosine - sine) * across, (shear * sine + cosine) * down], axis=1).astype(np.float32)
    centre = (GLYPH_SIDE - 1) / 2
    origin = (centre + rng.uniform(-shift, shift, (count, 2)) * strength).astype(np.float32)
    place = pixels(side) - np.float32(centre)
    rows = by_row[..., None] * place + origin[..., None]
    return by_column[..., None, None] * place + rows[..., None]


def _elastic_shifts(count: int, side: int, rng: np.random.Generator, strength: float) -> Reals:
    """A smooth displacement of every pixel, float32 (count, 2, side, side), of 0 to 1.2 pixels of 28 rms.

    After Simard, Steinkraus and Platt, "Best practices for convolutional neural networks" (2003).
    """
    fields = smooth_fields(2 * count, side, rng.uniform(3.5, 6), rng).reshape(count, 2, side, side)
    return fields * (rng.uniform(0, 1.2, (count, 1, 1, 1)) * strength).astype(np.float32)


def _resample(images: Images, places: Reals) -> Images:
    """Every image seen through its `places`: the images stand in one tall strip, each in a margin."""
    side = places.shape[-1]
    tile = GLYPH_SIDE + 2 * MARGIN
    strip = np.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))).reshape(-1, tile)
    inside = np.clip(places + MARGIN, 0, tile - 1)
    tops = (np.arange(len(images), dtype=np.float32) * tile)[:, None, None]
    across, down = inside[:, 0].reshape(-1, side), (inside[:, 1] + tops).reshape(-1, side)
    method = cv2.INTER_LINEAR if side <= GLYPH_SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.remap(strip, across, down, method), np.uint8).reshape(-1, side, side)
