"""The frame in grey, at the size that it is worked on: halved, which costs little, and shrunk by what is left."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Frame

Grey = NDArray[np.uint8]
"""One channel, uint8 (H, W)."""


def grey_frame(frame: Frame) -> Grey:
    """A frame, uint8 (H, W, 3) BGR or (H, W) grey, in grey."""
    return frame if frame.ndim == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)


def working_frame(frame: Frame, side: int) -> tuple[Grey, float]:
    """The grey frame with a longer side of `side` pixels, and the factor from its pixels to the frame's."""
    factor = max(frame.shape[:2]) / side
    height, width = frame.shape[:2]
    return scaled(grey_frame(frame), (max(1, round(height / factor)), max(1, round(width / factor)))), factor


def scaled(grey: Grey, shape: tuple[int, int]) -> Grey:
    """The grey levels at another `shape` (height, width); large pictures are halved first, which costs least."""
    grey = np.asarray(halved(grey, shape), np.uint8)
    if grey.shape == shape:
        return grey
    method = cv2.INTER_AREA if max(grey.shape) > max(shape) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, shape[::-1], interpolation=method), np.uint8)


def halved(frame: Frame, shape: tuple[int, int]) -> Frame:
    """A frame halved as often as it stays no smaller than `shape` (height, width)."""
    while min(frame.shape[0] / shape[0], frame.shape[1] / shape[1]) >= 2:
        half = (frame.shape[1] + 1) // 2, (frame.shape[0] + 1) // 2
        frame = np.asarray(cv2.resize(frame, half, interpolation=cv2.INTER_AREA), np.uint8)
    return frame


@cache
def patch(width: int, height: int | None = None) -> Grey:
    """The structuring element of all pixels in a patch, a square unless it has a `height`; made once, never changed."""
    element = np.ones((width if height is None else height, width), np.uint8)
    element.setflags(write=False)
    return element
