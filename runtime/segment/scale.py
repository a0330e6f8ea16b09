"""The frame in grey, at the size that it is worked on: halved, which costs little, and shrunk by what is left."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Frame

Grey = NDArray[np.uint8]
"""One channel, uint8 (H, W)."""

LITTLE = 1.4  # times: up to here the mean of what a pixel covers is about what lies between two pixels


def grey_frame(frame: Frame) -> Grey:
    """A frame, uint8 (H, W, 3) BGR or (H, W) grey, in grey."""
    return frame if frame.ndim == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)


def working_frame(frame: Frame, side: int) -> tuple[Grey, float]:
    """The grey frame with a longer side of `side` pixels, and the factor from its pixels to the frame's."""
    factor = max(frame.shape[:2]) / side
    height, width = frame.shape[:2]
    return scaled(grey_frame(frame), (max(1, round(height / factor)), max(1, round(width / factor)))), factor


def scaled(grey: Grey, shape: tuple[int, int]) -> Grey:
    """The grey levels at another `shape` (height, width).

    Large pictures are halved first, which costs least, and averages over parts of pixels, which cost most, are left out
    where they differ little from the line between two neighbours.
    """
    while min(grey.shape[0] / shape[0], grey.shape[1] / shape[1]) >= 2:
        half = (grey.shape[1] + 1) // 2, (grey.shape[0] + 1) // 2
        grey = np.asarray(cv2.resize(grey, half, interpolation=cv2.INTER_AREA), np.uint8)
    if grey.shape == shape:
        return grey
    method = cv2.INTER_AREA if max(grey.shape) > LITTLE * max(shape) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, shape[::-1], interpolation=method), np.uint8)


@cache
def patch(width: int, height: int | None = None) -> Grey:
    """The structuring element of all pixels in a patch, a square unless it has a `height`; made once, never changed."""
    element = np.ones((width if height is None else height, width), np.uint8)
    element.setflags(write=False)
    return element
