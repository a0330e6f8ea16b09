"""From a frame to its contrast against the ground: uneven light, shadows and paper colour are divided out."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Frame
from runtime.segment.settings import Settings

Grey = NDArray[np.uint8]
"""One channel, uint8 (H, W)."""


class Contrast(NamedTuple):
    """How far each pixel stands out from its ground, uint8 (H, W), 255 = as far as light goes."""

    dark: Grey  # ink darker than its ground
    light: Grey  # chalk lighter than its ground


def working_frame(frame: Frame, settings: Settings) -> tuple[Grey, float]:
    """The grey frame at the working scale, and the factor from its pixels to the frame's (at least 1)."""
    height, width = frame.shape[:2]
    factor = max(1.0, max(height, width) / settings.work_side)
    if factor > 1:
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, np.uint8), factor


def contrast(grey: Grey, settings: Settings) -> Contrast:
    """What stands out from the ground, to either side."""
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    paper = ground(grey, settings)
    # A ratio, because a shadow dims ink and paper alike.
    dark = cv2.divide(cv2.subtract(paper, smooth), np.maximum(paper, np.uint8(settings.ground_dark)), scale=255)
    return Contrast(np.asarray(dark, np.uint8), np.asarray(cv2.subtract(smooth, paper), np.uint8))


def ground(grey: Grey, settings: Settings) -> Grey:
    """The light of the paper without its ink: a wide median, which keeps the edges of shadows and sheets."""
    height, width = grey.shape
    factor = max(1.0, max(height, width) / settings.ground_side)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    window = int(max(size) * settings.ground_window) // 2 * 2 + 1
    return np.asarray(cv2.resize(cv2.medianBlur(small, window), (width, height)), np.uint8)
