"""From a frame to its contrast against the ground: uneven light, shadows and paper colour are divided out."""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from runtime.segment.scale import Grey, patch
from runtime.segment.settings import Settings

SPIKES = 5  # pixels of the small frame: the window of a median that takes single bright or dark pixels away


class Side(NamedTuple):
    """A frame as one kind of ink sees it: as it is for dark ink, its negative for light ink; uint8 (H, W) each."""

    paper: Grey  # smoothed, ink darker than the ground
    ground: Grey  # the light of the paper without its ink
    contrast: Grey  # how far each pixel is darker than its ground, 255 = as far as light goes


def one_side(paper: Grey, coarse: Grey, settings: Settings) -> Side:
    """What is darker than its ground; the contrast is a ratio, as a shadow dims ink and paper alike."""
    light = ground(paper, coarse, settings)
    return Side(paper, light, contrast(paper, light, settings))


def contrast(paper: Grey, light: Grey, settings: Settings) -> Grey:
    """How far the paper is darker than the light of its ground, as a share of 255."""
    darker = cv2.subtract(light, paper)
    return np.asarray(cv2.divide(darker, unit(light, settings), darker, scale=255), np.uint8)


def unit(light: Grey, settings: Settings) -> Grey:
    """The grey levels that are full contrast where the ground has this `light`, uint8 (H, W)."""
    return np.asarray(cv2.max(light, float(settings.ground_dark)), np.uint8)  # type: ignore[call-overload]


def ground(paper: Grey, coarse: Grey, settings: Settings) -> Grey:
    """The light of the paper without its ink, uint8 (H, W), from the `coarse` ground of the same frame made small.

    That is blurred over some pixels where the light steps, at the edge of a sheet or of a shadow. There the frame
    itself, with dark strokes closed (Serra, "Image analysis and mathematical morphology", 1982: a closing keeps edges
    where they are), says where between the step's two sides the ground is.
    """
    height, width = paper.shape
    low, high = (np.asarray(extreme(coarse, patch(3)), np.uint8) for extreme in (cv2.erode, cv2.dilate))
    if not cv2.countNonZero(_darker(low, 1 - settings.ground_step, high)):
        return np.asarray(cv2.resize(coarse, (width, height)), np.uint8)
    closed = _closed(paper, settings.ground_reach * max(width, height) / max(coarse.shape))
    bound = cv2.resize(high, (width, height))  # one array for both, in place: fresh memory costs more than the work
    cv2.min(closed, bound, closed)
    cv2.max(closed, cv2.resize(low, (width, height), bound), closed)
    return closed


def majority(small: Grey, settings: Settings) -> Grey:
    """What most of the neighbourhood of each pixel of a small frame is like, uint8 of the same shape."""
    tiny = shrunk(small, settings.ground_side // 2)  # the median of a wide window costs, and is smooth
    window = odd(settings.ground_window * max(tiny.shape))
    return np.asarray(cv2.resize(wide_median(tiny, window), (small.shape[1], small.shape[0])), np.uint8)


def wide_median(grey: Grey, window: int) -> Grey:
    """The median of the `window` pixels around each pixel, an odd number.

    Beyond the border the frame is mirrored: repeating its outermost row would let a line that lies on it count as most
    of what is there.
    """
    half = window // 2
    mirrored = cv2.copyMakeBorder(grey, half, half, half, half, cv2.BORDER_REFLECT)
    return np.asarray(cv2.medianBlur(mirrored, window)[half : half + grey.shape[0], half : half + grey.shape[1]])


def shrunk(grey: Grey, side: int) -> Grey:
    """The grey levels with a longer side of at most `side` pixels."""
    height, width = grey.shape
    factor = max(1.0, max(height, width) / side)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def negative(grey: Grey) -> Grey:
    """The grey levels with light and dark exchanged."""
    return np.asarray(cv2.bitwise_not(grey), np.uint8)


def coarse_ground(small: Grey, lightest: Grey, settings: Settings) -> Grey:
    """The ground of a small frame, nowhere above the `lightest` that it can be.

    Whether the gap between two strokes or the strokes are the ground is for most of the neighbourhood to say.
    """
    filled = cv2.medianBlur(_filled(small, settings), SPIKES)
    return np.asarray(cv2.min(filled, lightest), np.uint8)


def _filled(small: Grey, settings: Settings) -> Grey:
    """A small frame without what is dark and narrow: the wider, the darker must it be, for dusk is wide and pale."""
    share = settings.ground_thin
    filled = _closed(small, share * max(small.shape))
    while share < settings.ground_thick:
        share *= 2
        wider = _closed(small, share * max(small.shape))
        bold = cv2.dilate(_darker(filled, 1 - settings.ground_depth * share, wider), patch(3))
        cv2.copyTo(wider, bold, filled)
    return filled


def _darker(grey: Grey, share: float, other: Grey) -> Grey:
    """255 where the grey levels are below a `share` of the `other`, 0 elsewhere."""
    return np.asarray(cv2.compare(grey, cv2.LUT(other, _shares(share)), cv2.CMP_LT), np.uint8)


@cache
def _shares(share: float) -> Grey:
    """A `share` of every grey level, rounded up: what is below it is below the share itself."""
    return np.asarray(np.ceil(max(0.0, share) * np.arange(256)), np.uint8)


def _closed(grey: Grey, side: float) -> Grey:
    """The grey levels without what is dark and narrower than `side` pixels."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, patch(odd(side))), np.uint8)


def odd(side: float) -> int:
    """The odd whole number at or next to `side`."""
    return int(side) // 2 * 2 + 1
