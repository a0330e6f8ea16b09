"""How quiet the paper around a component is: writing stands on smooth ground, texture stands among more of itself."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.segment.components import Component
from runtime.segment.light import Grey, Side, unit
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
    sums, counts = (np.asarray(cv2.integral(layer), np.int32) for layer in (sample & paper, paper & 1))
    moved = corners - np.array([left, top, left, top])
    outer, inner = _grown(moved, margin) // STRIDE, _grown(moved, np.full_like(margin, EDGE)) // STRIDE
    light, area = (_sum(layer, outer) - _sum(layer, inner) for layer in (sums, counts))
    middles = boxes[:, :2] + boxes[:, 2:] // 2
    full = unit(side.ground[middles[:, 1], middles[:, 0]], settings).reshape(-1)
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
    for outline in ((outline - origin) // STRIDE for component in components for outline in component.outlines):
        cv2.drawContours(ink, [outline], 0, 255, cv2.FILLED)
    return np.asarray(cv2.bitwise_not(cv2.dilate(ink, np.ones((3, 3), np.uint8))), np.uint8)


def _grown(corners: Corners, margin: NDArray[np.int64]) -> Corners:
    """The boxes grown by a margin each."""
    return np.asarray(corners + margin[:, None] * np.array([-1, -1, 1, 1]), np.int64)


def _sum(sums: NDArray[np.int32], corners: Corners) -> NDArray[np.int64]:
    """What an integral image counts in each box."""
    height, width = sums.shape
    left, top, right, bottom = np.clip(corners, 0, np.array([width, height, width, height]) - 1).T
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(inside, np.int64)
