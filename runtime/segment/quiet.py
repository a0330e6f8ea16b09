"""How quiet the paper around a component is: writing stands on smooth ground, texture stands among more of itself."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.light import Contrast
from runtime.segment.settings import Settings


def loudness(boxes: Sequence[Box], contrast: Contrast, settings: Settings) -> NDArray[np.float64]:
    """The mean contrast, 0–255, in a ring around each box, float64 (N,); both sides count, for texture has both."""
    sums = cv2.integral(cv2.max(contrast.dark, contrast.light)).astype(np.int64)
    inner = np.array(boxes, np.int64).reshape(-1, 4)
    corners = np.hstack([inner[:, :2], inner[:, :2] + inner[:, 2:]])
    margin = np.maximum(3, settings.ring * inner[:, 2:].max(axis=1, initial=0)).astype(np.int64)
    outer_sum, outer_area = _sum(sums, _grown(corners, margin, sums.shape))
    inner_sum, inner_area = _sum(sums, _grown(corners, np.full_like(margin, 2), sums.shape))  # a stroke's soft edge
    return np.asarray((outer_sum - inner_sum) / np.maximum(outer_area - inner_area, 1), np.float64)


def _grown(corners: NDArray[np.int64], margin: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Boxes (N, 4) as left, top, right, bottom, grown by a margin each and kept inside the frame."""
    grown = corners + margin[:, None] * np.array([-1, -1, 1, 1])
    limit = np.array([shape[1], shape[0], shape[1], shape[0]]) - 1
    return np.asarray(np.clip(grown, 0, limit), np.int64)


def _sum(sums: NDArray[np.int64], corners: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The sum of contrast and the number of pixels in each box, from the integral image."""
    left, top, right, bottom = corners.T
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return inside, (right - left) * (bottom - top)
