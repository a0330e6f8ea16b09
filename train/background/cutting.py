"""From drawn ink or a drawn scene to glyphs, as the reader would cut them out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import GLYPH_SIDE
from runtime.segment import find_glyphs
from train.background.written import Ink

Picture = NDArray[np.uint8]
"""A grey scene, uint8 (H, W)."""

Glyphs = NDArray[np.uint8]
"""Images uint8 (N, 28, 28), ink 255 on 0."""

MARGIN = 4  # pixels around the ink in which it may blur
SHARE = 0.25  # of the full contrast: what the reader still takes for ink
SIDES = (9, 220)  # pixels: the shortest and the longest side of what may be a digit
WIDEST = 2.2  # width over height


def see(ink: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The glyph (28, 28) of ink seen by a camera: blurred, uneven, cut off where it is faint, and normalised."""
    field = cv2.copyMakeBorder(ink, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=[0])
    soft = cv2.GaussianBlur(field, (0, 0), rng.uniform(0.4, 0.7 + 0.02 * min(ink.shape)))
    if rng.random() < 0.5:
        uneven = 1 + rng.uniform(0.02, 0.2) * rng.standard_normal(soft.shape, np.float32)
        soft = np.clip(soft * uneven, 0, 255).astype(np.uint8)
    return normalise(_cut(np.asarray(soft, np.uint8), None))


def find_all(scene: Picture) -> Glyphs:
    """The glyphs that our own segmentation takes for candidates in a scene."""
    return _together([glyph.image for glyph in find_glyphs(scene)])


def cut_all(scene: Picture, most: int, rng: np.random.Generator) -> Glyphs:
    """The glyphs that a plainer reader finds, at `most` so many of them: what is darker, or lighter, than around it."""
    window = int(min(scene.shape) * rng.uniform(0.1, 0.4)) // 2 * 2 + 1
    around = cv2.blur(scene, (window, window))
    contrast = cv2.subtract(around, scene) if rng.random() < 0.5 else cv2.subtract(scene, around)
    level = float(contrast.max()) * rng.uniform(0.2, 0.6)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats((contrast > level).astype(np.uint8), connectivity=8)
    wide, tall = boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]
    fitting = (
        (tall >= SIDES[0]) & (tall <= SIDES[1]) & (wide <= np.minimum(WIDEST * tall, SIDES[1])) & (tall < 14 * wide)
    )
    glyphs = []
    for number in rng.permutation(np.flatnonzero(fitting[1:]) + 1)[:most].tolist():
        left, top, width, height, _ = boxes[number].tolist()
        place = np.s_[top : top + height, left : left + width]
        glyphs.append(normalise(_cut(np.asarray(contrast[place], np.uint8), labels[place] == number)))
    return _together(glyphs)


def _together(glyphs: list[NDArray[np.uint8]]) -> Glyphs:
    return np.array(glyphs, np.uint8).reshape(-1, GLYPH_SIDE, GLYPH_SIDE)


def _cut(contrast: Picture, body: NDArray[np.bool_] | None) -> Ink:
    """The ink of `body` (None: what is dark enough) with a pixel of soft edge, stretched as the reader stretches it."""
    if body is None:
        body = contrast > SHARE * float(contrast.max())
    mask = cv2.dilate(body.astype(np.uint8), np.ones((3, 3), np.uint8))
    ink = contrast[body]
    rank = ink.size * 3 // 5
    level = max(1.0, float(np.partition(ink, rank)[rank])) if ink.size else 1.0
    return np.asarray(np.minimum(contrast * mask * (255.0 / level), 255), np.uint8)
