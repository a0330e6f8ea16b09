"""From contrast to an ink mask: what stands out from the paper's own texture and from the faintest ink nearby."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.segment.light import Side, unit, wide_median
from runtime.segment.scale import Grey, patch
from runtime.segment.settings import Settings


def noise_floor(side: Side, settings: Settings) -> Grey:
    """The contrast that paper texture and sensor noise reach only by accident, a coarse map, uint8 (h, w), at least 1.

    It is a multiple of the local median absolute deviation from the ground, so that a wooden table does not hide what
    stands on the paper that lies on it.
    """
    stride = max(1, 2 * max(side.paper.shape) // settings.ground_side)
    paper, ground = side.paper[::stride, ::stride], side.ground[::stride, ::stride].copy()
    window = int(max(paper.shape) * settings.noise_window) // 2 * 2 + 1
    deviation = wide_median(np.asarray(cv2.absdiff(paper, ground), np.uint8), window) * (
        1.4826 * settings.noise_factor * 255
    )
    least = max(1.0, settings.least_contrast * 255)
    return np.asarray(np.minimum(np.maximum(deviation / unit(ground, settings), least), 255), np.uint8)


def ink_mask(contrast: Grey, floor: Grey, settings: Settings) -> NDArray[np.uint8] | None:
    """255 where there is ink, 0 elsewhere, uint8 (H, W); None where there is none at all.

    The threshold follows the strongest contrast nearby (after Bernsen, "Dynamic thresholding of grey-level images",
    1986), so that faint and bold writing both keep their stroke width; `floor` is the least that it may be.
    """
    height, width = contrast.shape
    block = max(2, round(max(height, width) * settings.local_block / 2))
    # Every second pixel: strokes are wider than that once smoothed.
    half = cv2.resize(contrast, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_NEAREST)
    peaks = cv2.dilate(half, patch(block))[::block, ::block]
    least = cv2.resize(floor, (peaks.shape[1], peaks.shape[0]))
    if not (peaks > least).any():
        return None
    nearby = cv2.blur(cv2.dilate(peaks, patch(3)), (3, 3))
    share = np.asarray(nearby * settings.local_share, np.uint8)
    threshold = cv2.resize(np.maximum(share, least), (width, height))
    return np.asarray(cv2.compare(contrast, threshold, cv2.CMP_GT, threshold), np.uint8)
