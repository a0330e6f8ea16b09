"""From a component to the glyph that the network sees: its own grey ink, and nothing of its neighbours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import Box, Glyph
from runtime.segment.company import Candidate
from runtime.segment.components import Component
from runtime.segment.scale import Grey, patch

SAMPLE_SIDE = 32  # pixels a side are enough to know how dark the ink is
MARGIN = 1  # pixels around the mask in which a stroke's soft edge lies


def cut_glyph(candidate: Candidate, factor: float, shape: tuple[int, ...]) -> Glyph:
    """The glyph of one candidate; its box is scaled by `factor` into a frame of `shape`."""
    return Glyph(_scaled(candidate.box, factor, shape), normalise(cut_ink(candidate)))


def cut_ink(candidate: Candidate) -> NDArray[np.uint8]:
    """The candidate's ink, 255 on 0, uint8 (height + 2, width + 2) or less at the frame's border."""
    box = candidate.box
    left, top = max(0, box.left - MARGIN), max(0, box.top - MARGIN)
    crop = candidate.side[top : box.bottom + MARGIN, left : box.right + MARGIN]
    body = np.zeros(crop.shape, np.uint8)
    for outline in candidate.component.outlines:  # one by one: together they would leave each other's insides out
        cv2.drawContours(body, [outline], 0, 255, cv2.FILLED, offset=(-left, -top))
    mask = np.asarray(cv2.dilate(body, patch(2 * MARGIN + 1)), np.uint8)
    return np.asarray(cv2.convertScaleAbs(crop & mask, alpha=255 / candidate.level), np.uint8)


def ink_level(component: Component, contrast: Grey) -> float:
    """The contrast of the component's full ink, 1–255: what three fifths of its pixels exceed."""
    box = component.box
    crop = contrast[box.top : box.bottom, box.left : box.right]
    stride = max(1, component.size // SAMPLE_SIDE)
    sample = crop[::stride, ::stride].ravel()
    share = min(0.9, 0.6 * component.area / box.area)
    rank = min(sample.size - 1, int(sample.size * (1 - share)))
    return max(1.0, float(np.partition(sample, rank)[rank]))


def _scaled(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    """The box in the frame's own pixels, kept inside the frame."""
    left, top = min(int(box.left * factor), shape[1] - 1), min(int(box.top * factor), shape[0] - 1)
    right = min(max(round(box.right * factor), left + 1), shape[1])
    bottom = min(max(round(box.bottom * factor), top + 1), shape[0])
    return Box(left, top, right - left, bottom - top)
