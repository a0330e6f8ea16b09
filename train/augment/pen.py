"""What a pen does: fine and broad lines, clear edges, uneven pressure, grain, gaps where it skips."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE
from train.augment.place import pixels, smooth_fields
from train.augment.stack import Images, filtered, for_each

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
SQUARE = np.ones((3, 3), np.uint8)
HALF = 128  # grey levels; where a line's edge runs
FINEST, BROADEST = 1.0, 5.0  # pixels of 28; a fineliner and a broad marker
FARTHEST = 1.2  # pixels of 28 that either side of a line may move


def change_width(images: Images, rng: np.random.Generator) -> Images:
    """Draw the lines with a pen of another width, without breaking any or closing what they enclose."""
    unit = images.shape[-1] / GLYPH_SIDE
    target = unit * np.exp(rng.uniform(np.log(FINEST), np.log(BROADEST), len(images)))
    steps = np.rint(np.clip((target - line_widths(images)) / 2, -FARTHEST * unit, FARTHEST * unit))
    varied = images.copy()
    for change, times in ((_peel, -steps), (_swell, steps)):
        for step in range(int(times.max(initial=0))):
            active = times > step
            varied[active] = filtered(varied[active], 2, change)
    return varied


def line_widths(images: Images) -> NDArray[np.float64]:
    """The mean width of each image's lines in pixels, float64 (N,): a line has two edges along its length."""
    ink = (images >= HALF).astype(np.uint8)
    area = ink.sum(axis=(1, 2), dtype=np.int64)
    inside = filtered(ink, 1, lambda strip: cv2.erode(strip, CROSS)).sum(axis=(1, 2), dtype=np.int64)
    return np.asarray(2 * area / np.maximum(area - inside, 1))


def sharpen(images: Images, rng: np.random.Generator) -> Images:
    """Give the lines the full ink and the clear edges that they have before a camera sees them."""
    level, gain = for_each(images, rng, 80, 150), for_each(images, rng, 1.5, 5)
    return np.asarray(np.clip((images - level) * gain + HALF, 0, 255), np.uint8)


def vary_pressure(images: Images, rng: np.random.Generator) -> Images:
    """Fade parts of the lines to as little as a third of their ink."""
    fields = smooth_fields(len(images), images.shape[-1], rng.uniform(2.5, 5), rng)
    return np.asarray(images * np.clip(1 - for_each(images, rng, 0.1, 0.3) * (1 + fields), 0.33, 1), np.uint8)


def roughen(images: Images, rng: np.random.Generator) -> Images:
    """Let the grain of the paper through, one or two pixels wide, as under pencil and chalk."""
    side, size = images.shape[-1], int(rng.integers(1, 3))
    noise = rng.standard_normal((len(images), -(-side // size), -(-side // size)), np.float32)
    grain = noise.repeat(size, axis=1).repeat(size, axis=2)[:, :side, :side]
    return np.asarray(images * np.clip(1 - for_each(images, rng, 0.1, 0.45) * (0.5 + grain), 0, 1), np.uint8)


def break_lines(images: Images, rng: np.random.Generator) -> Images:
    """Leave a straight gap of up to 1.6 pixels of 28 in the ink, as a pen that skips or a removed ruling."""
    across = pixels(images.shape[-1]) - (GLYPH_SIDE - 1) / 2
    angle = for_each(images, rng, 0, np.pi)
    distance = across * np.cos(angle) + across[:, None] * np.sin(angle) - for_each(images, rng, -8, 8)
    return np.where(np.abs(distance) < for_each(images, rng, 0.25, 0.8), np.uint8(0), images)


def _peel(strip: Images) -> Images:
    """One pixel off both sides of every line, except where nothing would be left.

    What an opening loses stays, as in Lantuéjoul's skeleton (1978), on grey levels; the opening by a square keeps more
    than the erosion by a cross takes, so that hardly a line breaks.
    """
    lost = cv2.subtract(strip, cv2.morphologyEx(strip, cv2.MORPH_OPEN, SQUARE))
    return np.asarray(cv2.max(cv2.erode(strip, CROSS), lost), np.uint8)


def _swell(strip: Images) -> Images:
    """One pixel more on both sides of every line, except where a gap or a hole would close."""
    return 255 - _peel(255 - strip)
