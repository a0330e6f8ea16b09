"""What lens, sensor, file format and segmentation do to ink before the reader normalises it."""

import cv2
import numpy as np

from runtime.records import GLYPH_SIDE
from train.augment.stack import Images, filtered, for_each

FAINTEST = 64  # grey levels; where the strongest ink is fainter there is none to raise
BLUR_REACH = 2.5  # standard deviations that the blur's kernel covers to either side


def soften(images: Images, rng: np.random.Generator) -> Images:
    """Blur by 0.3 to 1 pixel of 28, as a lens out of focus; one width for all images."""
    width = rng.uniform(0.3, 1.0) * images.shape[-1] / GLYPH_SIDE
    reach = int(np.ceil(BLUR_REACH * width))
    kernel = (2 * reach + 1, 2 * reach + 1)
    return filtered(images, reach, lambda strip: cv2.GaussianBlur(strip, kernel, width))


def shrink(images: Images, factor: int) -> Images:
    """See the images (N, S, S) with `factor` times fewer pixels a side, S a multiple of it."""
    count, side = len(images), images.shape[-1] // factor
    strip = cv2.resize(images.reshape(-1, side * factor), (side, count * side), interpolation=cv2.INTER_AREA)
    return np.asarray(strip, np.uint8).reshape(count, side, side)


def compress(images: Images, rng: np.random.Generator) -> Images:
    """Keep the images (N, S, S), S even, as a JPEG of quality 10 to 60 does; one quality for all."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 61))]
    reach = 4 + -images.shape[-1] % 8 // 2  # whole blocks of 8 pixels: a block over two images would mix them

    def keep(strip: Images) -> object:
        return cv2.imdecode(cv2.imencode(".jpg", strip, quality)[1], cv2.IMREAD_GRAYSCALE)

    return filtered(images, reach, keep)


def cut_out(images: Images, rng: np.random.Generator) -> Images:
    """Keep what exceeds a share of the strongest ink, and one pixel around it, and raise it to full ink."""
    peak = np.maximum(images.max(axis=(1, 2), keepdims=True), FAINTEST).astype(np.float32)
    ink = (images > for_each(images, rng, 0.12, 0.35) * peak).astype(np.uint8)
    near = filtered(ink, 1, lambda strip: cv2.dilate(strip, np.ones((3, 3), np.uint8)))
    full = for_each(images, rng, 0.6, 1) * peak
    return np.asarray(np.minimum(images * near * (255 / full), 255), np.uint8)


def binarise(images: Images, rng: np.random.Generator) -> Images:
    """Make all ink full and all else ground, as scanners and fax machines do."""
    peak = np.maximum(images.max(axis=(1, 2), keepdims=True), FAINTEST)
    return np.where(images > for_each(images, rng, 0.25, 0.5) * peak, np.uint8(255), np.uint8(0))


def add_noise(images: Images, rng: np.random.Generator) -> Images:
    """Add a sensor's noise to the ink alone: the reader drops what stands alone on the ground."""
    noisy = images + for_each(images, rng, 4, 30) * rng.standard_normal(images.shape, np.float32)
    return np.where(images > 0, np.clip(noisy, 0, 255), 0).astype(np.uint8)
