"""Digits of our own hand that travel with a model: nobody's data, so they may be published."""

import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import DIGITS
from train.handwriting.dataset import draw_digit, draw_digits, sample_rng

IMAGE_COUNT = 200
CROP_HEIGHTS = (9, 14, 20, 28, 45, 80, 150)  # pixels: from a far camera to a scan
SEED = 3  # neither that of the drawn training nor of the drawn test part


def draw_samples() -> dict[str, NDArray[np.generic]]:
    """The arrays of `drawn.npz`.

    `images` uint8 (N, 28, 28) and `labels` uint8 (N,); and raw ink of several sizes, for which `normalise` must give
    the glyphs: `ink` uint8, all crops flat and joined, `ink_shapes` int32 (C, 2), `glyphs` uint8 (C, 28, 28).
    """
    images, labels = draw_digits(IMAGE_COUNT, SEED)
    crops = [
        draw_digit(digit, sample_rng(SEED, IMAGE_COUNT + len(CROP_HEIGHTS) * digit + size), height).mask
        for digit in range(DIGITS)
        for size, height in enumerate(CROP_HEIGHTS)
    ]
    return {
        "images": images,
        "labels": labels,
        "ink": np.concatenate([crop.ravel() for crop in crops]),
        "ink_shapes": np.array([crop.shape for crop in crops], np.int32),
        "glyphs": np.stack([normalise(crop) for crop in crops]),
    }
