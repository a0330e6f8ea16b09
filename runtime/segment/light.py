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


def working_frame(frame: Frame, side: int) -> tuple[Grey, float]:
    """The grey frame with a longer side of `side` pixels, and the factor from its pixels to the frame's."""
    grey = frame if frame.ndim == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)
    height, width = grey.shape
    factor = max(height, width) / side
    if factor == 1:
        return grey, factor
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    method = cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=method), np.uint8), factor


def two_sides(grey: Grey, settings: Settings) -> tuple[Side, Side]:
    """The frame for dark ink and for light ink: light ink is dark ink on the negative, so both are found alike."""
    smooth = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    small = _shrunk(smooth, settings.ground_side)
    most = majority(small, settings)
    dark = one_side(smooth, _coarse_ground(small, most, settings), settings)
    light = one_side(_negative(smooth), _coarse_ground(_negative(small), _negative(most), settings), settings)
    return dark, light


def one_side(paper: Grey, coarse: Grey, settings: Settings) -> Side:
    """What is darker than its ground; the contrast is a ratio, as a shadow dims ink and paper alike."""
    light = ground(paper, coarse, settings)
    contrast = cv2.subtract(light, paper)
    cv2.divide(contrast, unit(light, settings), contrast, scale=255)
    return Side(paper, light, np.asarray(contrast, np.uint8))


def unit(light: Grey, settings: Settings) -> Grey:
    """The grey levels that are full contrast where the ground has this `light`, any shape."""
    return np.maximum(light, np.uint8(settings.ground_dark))


def ground(paper: Grey, coarse: Grey, settings: Settings) -> Grey:
    """The light of the paper without its ink, uint8 (H, W), from the `coarse` ground of the same frame made small.

    That is blurred over some pixels where the light steps, at the edge of a sheet or of a shadow. There the frame
    itself, with dark strokes closed (Serra, "Image analysis and mathematical morphology", 1982: a closing keeps edges
    where they are), says where between the step's two sides the ground is.
    """
    height, width = paper.shape
    low, high = (np.asarray(extreme(coarse, NEAR), np.uint8) for extreme in (cv2.erode, cv2.dilate))
    if (low >= (1 - settings.ground_step) * high).all():
        return np.asarray(cv2.resize(coarse, (width, height)), np.uint8)
    closed = _closed(paper, settings.ground_reach * max(width, height) / max(coarse.shape))
    bound = cv2.resize(high, (width, height))  # one array for both, in place: fresh memory costs more than the work
    cv2.min(closed, bound, closed)
    cv2.max(closed, cv2.resize(low, (width, height), bound), closed)
    return closed


def majority(small: Grey, settings: Settings) -> Grey:
    """What most of the neighbourhood of each pixel of a small frame is like, uint8 of the same shape."""
    tiny = _shrunk(small, settings.ground_side // 2)  # the median of a wide window costs, and is smooth
    window = _odd(settings.ground_window * max(tiny.shape))
    return np.asarray(cv2.resize(wide_median(tiny, window), (small.shape[1], small.shape[0])), np.uint8)


def wide_median(grey: Grey, window: int) -> Grey:
    """The median of the `window` pixels around each pixel, an odd number.

    Beyond the border the frame is mirrored: repeating its outermost row would let a line that lies on it count as most
    of what is there.
    """
    half = window // 2
    mirrored = cv2.copyMakeBorder(grey, half, half, half, half, cv2.BORDER_REFLECT)
    return np.asarray(cv2.medianBlur(mirrored, window)[half : half + grey.shape[0], half : half + grey.shape[1]])


def _shrunk(grey: Grey, side: int) -> Grey:
    """The grey levels with a longer side of at most `side` pixels."""
    height, width = grey.shape
    factor = max(1.0, max(height, width) / side)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _negative(grey: Grey) -> Grey:
    return np.asarray(cv2.bitwise_not(grey), np.uint8)


def _coarse_ground(small: Grey, most: Grey, settings: Settings) -> Grey:
    """The ground of a small frame.

    Whether the gap between two strokes or the strokes are the ground is for `most` of the neighbourhood to say.
    """
    filled = cv2.medianBlur(_filled(small, settings), SPIKES)
    slack = _odd(settings.ground_slack * max(small.shape))
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
