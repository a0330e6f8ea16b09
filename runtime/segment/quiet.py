"""How quiet the paper around a component is: writing stands on smooth ground, texture stands among more of itself."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.segment.components import Component
from runtime.segment.light import Side
from runtime.segment.scale import Grey, patch
from runtime.segment.settings import Settings

STRIDE = 2  # every second pixel of every second row is enough for a mean
EDGE = 2  # pixels around a stroke that are still its soft edge

Corners = NDArray[np.int64]
"""Boxes as left, top, right, bottom, int64 (N, 4)."""


def loudness(components: Sequence[Component], side: Side, settings: Settings) -> NDArray[np.float64]:
    """The mean contrast, 0–255, of the ground in a ring around each component, float64 (N,).

    The ink of all the `components` is left out, for a digit's neighbours are no texture. What is lighter than the
    ground counts as what is darker, for texture has both.
    """
    if not components:
        return np.zeros(0)
    boxes = np.array([c.box for c in components], np.int64)
    margin = np.maximum(3, settings.ring * boxes[:, 2:].max(axis=1)).astype(np.int64)
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    window = _window(_grown(corners, margin), side.paper.shape)
    left, top, right, bottom = window
    crop = np.s_[top:bottom, left:right]
    sample = np.asarray(cv2.absdiff(_every_second(side.paper[crop]), _every_second(side.ground[crop])), np.uint8)
    paper = _paper(components, sample.shape, (left, top))
    sums = np.asarray(cv2.integral(cv2.merge([sample & paper, paper & 1])), np.int32)
    moved = corners - np.array([left, top, left, top])
    rings = np.vstack([_grown(moved, margin), _grown(moved, np.full_like(margin, EDGE))]) // STRIDE
    outer, inner = _sum(sums, rings).reshape(2, -1, 2)
    light, area = (outer - inner).T
    middles = boxes[:, :2] + boxes[:, 2:] // 2
    full = np.maximum(side.ground[middles[:, 1], middles[:, 0]], settings.ground_dark)
    return np.asarray(255 * light / np.maximum(area, 1) / full, np.float64)


def _window(corners: Corners, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the part of the frame in which all the `corners` lie, at even pixels."""
    low = np.maximum(corners[:, :2].min(axis=0), 0) // STRIDE * STRIDE
    high = np.minimum(corners[:, 2:].max(axis=0) + STRIDE, shape[1::-1])
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _every_second(grey: Grey) -> Grey:
    """Every second pixel of every second row."""
    height, width = grey.shape
    size = ((width + 1) // STRIDE, (height + 1) // STRIDE)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _paper(components: Sequence[Component], shape: tuple[int, ...], origin: tuple[int, int]) -> Grey:
    """255 where no component lies, 0 on their ink and its soft edges, uint8 of `shape`, in strides from `origin`."""
    ink = np.zeros(shape, np.uint8)
    outlines = [outline for component in components for outline in component.outlines]
    ends = np.cumsum([len(outline) for outline in outlines]).tolist()
    points = (np.concatenate(outlines) - np.array(origin, np.int32)) // STRIDE
    for start, end in zip([0, *ends], ends, strict=False):
        cv2.drawContours(ink, [points[start:end]], 0, 255, cv2.FILLED)
    return np.asarray(cv2.bitwise_not(cv2.dilate(ink, patch(3))), np.uint8)


def _grown(corners: Corners, margin: NDArray[np.int64]) -> Corners:
    """The boxes grown by a margin each."""
    return np.asarray(corners + margin[:, None] * np.array([-1, -1, 1, 1]), np.int64)


def _sum(sums: NDArray[np.int32], corners: Corners) -> NDArray[np.int64]:
    """What an integral image (H, W, C) counts in each box, (N, C)."""
    height, width = sums.shape[:2]
    most = np.array([width, height, width, height]) - 1
    left, top, right, bottom = np.minimum(np.maximum(corners, 0), most).T
    return np.asarray(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left], np.int64)
