"""From contrast to an ink mask: what stands out from the paper's own texture and holds its own against its surroundings."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.segment.light import Contrast, Grey
from runtime.segment.settings import Settings


def noise_level(contrast: Contrast, settings: Settings) -> int:
    """The contrast that paper texture and sensor noise do not reach, 1–255."""
    stride = max(1, max(contrast.dark.shape) // settings.ground_side)
    sample = cv2.max(contrast.dark[::stride, ::stride].copy(), contrast.light[::stride, ::stride].copy())
    spread = 1.4826 * float(np.median(sample))  # of a normal distribution with this median absolute deviation
    return min(255, max(round(settings.least_contrast * 255), round(settings.noise_factor * spread)))


def ink_mask(contrast: Grey, noise: int, settings: Settings) -> NDArray[np.uint8]:
    """255 where there is ink, 0 elsewhere, uint8 (H, W).

    The threshold follows the strongest contrast nearby (after Bernsen, "Dynamic thresholding of grey-level images",
    1986), so that faint and bold writing both keep their stroke width; `noise` is its floor.
    """
    height, width = contrast.shape
    block = max(3, round(max(height, width) * settings.local_block))
    small = contrast[: height // block * block, : width // block * block]
    if not small.size:
        return np.asarray(cv2.compare(contrast, noise, cv2.CMP_GT), np.uint8)
    peaks = cv2.dilate(contrast, np.ones((block, block), np.uint8))[block // 2 :: block, block // 2 :: block]
    nearby = cv2.blur(cv2.dilate(peaks, np.ones((3, 3), np.uint8)), (3, 3))
    threshold = cv2.max(cv2.multiply(nearby, settings.local_share), noise)
    return np.asarray(cv2.compare(contrast, cv2.resize(threshold, (width, height)), cv2.CMP_GT), np.uint8)
