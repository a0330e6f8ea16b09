"""Many small images at once: filters over all of them, and a random number for each."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]  # (N, S, S), ink 255 on 0
Reals = NDArray[np.float32]


def filtered(images: Images, reach: int, change: Callable[[Images], object]) -> Images:
    """`change` applied to uint8 (N, S, S) as to one tall strip, each image in a margin of ground `reach` pixels wide.

    So one call of OpenCV does for all, and as long as `change` looks no farther than `reach`, no image sees another.
    """
    count, side = len(images), images.shape[-1]
    if not count:
        return images
    strip = np.pad(images, ((0, 0), (reach, reach), (reach, reach))).reshape(-1, side + 2 * reach)
    changed = np.asarray(change(strip), np.uint8).reshape(count, side + 2 * reach, side + 2 * reach)
    return changed[:, reach : reach + side, reach : reach + side]


def for_each(images: Images, rng: np.random.Generator, low: float, high: float) -> Reals:
    """A number from `low` to `high` for each image, float32 (N, 1, 1)."""
    return rng.uniform(low, high, (len(images), 1, 1)).astype(np.float32)
