"""From a frame to its contrast against the ground: uneven light, shadows and paper colour are divided out."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Frame
from runtime.segment.settings import Settings

Grey = NDArray[np.uint8]
"""One channel, uint8 (H, W)."""

SPIKES = 5  # pixels of the small frame: the window of a median that takes single bright or dark pixels away
NEAR = np.ones((3, 3), np.uint8)  # a pixel of the small frame and its neighbours


class Side(NamedTuple):
    """A frame as one kind of ink sees it: as it is for dark ink, its negative for light ink; uint8 (H, W) each."""

    paper: Grey  # smoothed, ink darker than the ground
    ground: Grey  # the light of the paper without its ink
    contrast: Grey  # how far each pixel is darker than its ground, 255 = as far as light goes


def working_frame(frame: Frame, settings: Settings) -> tuple[Grey, float]:
    """The grey frame at the working scale, and the factor from its pixels to the frame's (at least 1)."""
    height, width = frame.shape[:2]
    side = min(max(height, width, settings.least_side), settings.work_side)
    factor = max(height, width) / side
    if factor != 1:
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        method = cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR
        frame = np.asarray(cv2.resize(frame, size, interpolation=method), np.uint8)
    grey = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, np.uint8), factor


def two_sides(grey: Grey, settings: Settings) -> tuple[Side, Side]:
    """The frame for dark ink and for light ink: light ink is dark ink on the negative, so both are found alike."""
    smooth = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    negative = np.asarray(cv2.bitwise_not(smooth), np.uint8)
    return one_side(smooth, settings), one_side(negative, settings)


def one_side(paper: Grey, settings: Settings) -> Side:
    """What is darker than its ground; the contrast is a ratio, as a shadow dims ink and paper alike."""
    light = ground(paper, settings)
    contrast = cv2.divide(cv2.subtract(light, paper), unit(light, settings), scale=255)
    return Side(paper, light, np.asarray(contrast, np.uint8))


def unit(light: Grey, settings: Settings) -> Grey:
    """The grey levels that are full contrast where the ground has this `light`, any shape."""
    return np.maximum(light, np.uint8(settings.ground_dark))


def ground(paper: Grey, settings: Settings) -> Grey:
    """The light of the paper without its ink, uint8 (H, W).

    A coarse ground is found on a small frame. It is blurred over some pixels where the light steps, at the edge of a
    sheet or of a shadow; there the frame itself, with dark strokes closed (Serra, "Image analysis and mathematical
    morphology", 1982: a closing keeps edges where they are), says where between the steps' two sides the ground is.
    """
    height, width = paper.shape
    factor = max(1.0, max(height, width) / settings.ground_side)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    coarse = _coarse_ground(np.asarray(cv2.resize(paper, size, interpolation=cv2.INTER_AREA), np.uint8), settings)
    low, high = (cv2.resize(extreme(coarse, NEAR), (width, height)) for extreme in (cv2.erode, cv2.dilate))
    closed = _closed(paper, settings.ground_reach * factor)
    return np.asarray(cv2.max(cv2.min(closed, high), low), np.uint8)


def _coarse_ground(small: Grey, settings: Settings) -> Grey:
    """The ground of a small frame.

    Whether the gap between two strokes or the strokes are the ground is for most of the neighbourhood to say.
    """
    side = max(small.shape)
    filled = cv2.medianBlur(_filled(small, settings), SPIKES)
    most = cv2.medianBlur(small, _odd(settings.ground_window * side))
    slack = _odd(settings.ground_slack * side)
    return np.asarray(cv2.min(filled, cv2.dilate(most, np.ones((slack, slack), np.uint8))), np.uint8)


def _filled(small: Grey, settings: Settings) -> Grey:
    """A small frame without what is dark and narrow: the wider, the darker must it be, for dusk is wide and pale."""
    share = settings.ground_thin
    filled = _closed(small, share * max(small.shape))
    while share < settings.ground_thick:
        share *= 2
        wider = _closed(small, share * max(small.shape))
        bold = cv2.dilate((filled < (1 - settings.ground_depth * share) * wider).astype(np.uint8), NEAR)
        filled = np.where(bold > 0, wider, filled)
    return filled


def _closed(grey: Grey, side: float) -> Grey:
    """The grey levels without what is dark and narrower than `side` pixels."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((_odd(side), _odd(side)), np.uint8)), np.uint8)


def _odd(side: float) -> int:
    """The odd whole number at or next to `side`."""
    return int(side) // 2 * 2 + 1
