"""Grain: the random unevenness of paper, seen through pencil and chalk and on the bare sheet."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 1024  # pixels of the tile that all grain is cut from


def grain(shape: tuple[int, int], size: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Give a patch of grain whose grains are some `size` pixels wide: float32 of `shape` (H, W), 0 ± 0.43."""
    rows, columns = (min(SIDE, int(np.ceil(side / size)) + 2) for side in shape)
    top, left = rng.integers(SIDE - rows + 1), rng.integers(SIDE - columns + 1)
    patch = _tile()[top : top + rows, left : left + columns]
    return np.asarray(cv2.resize(patch, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


@cache
def _tile() -> NDArray[np.float32]:
    """A fixed tile of grain with some structure at every scale, float32 (SIDE, SIDE), standard deviation 0.43."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(SIDE, SIDE)).astype(np.float32)
    field = noise + 2.5 * cv2.GaussianBlur(noise, (0, 0), 1.5) + 8 * cv2.GaussianBlur(noise, (0, 0), 6)
    return np.asarray(0.43 * field / field.std(), np.float32)
