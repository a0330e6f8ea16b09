"""Digits cut out of pictures by boxes that people drew: what a network is worth where every digit has been found."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import GLYPH_SIDE, Box, Frame

# The segmentation has no part in this, so that the figures of different versions stay comparable.

Element = TypeVar("Element", bound=np.generic)
Grey = NDArray[np.uint8]
"""(H, W)."""

SIDE = 96  # pixels; longer boxes are shrunk to it: more than four times what the network sees
MARGIN = 0.08  # of the box's longer side: people draw boxes a little too tight
LEAST_MARGIN = 2  # pixels: the soft edge of a stroke
REACH = 1.0  # of the box's longer side: how far around it paper and ink are followed to know whose the ink is
STROKE = 0.6  # of the box's longer side: wider than any stroke, so that closing over it leaves paper alone
GROUND_DARK = 96  # grey levels; below it a ratio to the ground would blow up the sensor's noise
STRONG = 0.99  # quantile of the box's contrast that is its strongest
SHARE = 0.25  # of the strongest contrast: faint parts of a stroke reach it, its soft edge and the paper do not
LEAST = 0.04  # of full contrast: fainter marks are not seen by people either
OWN = 0.5  # share of a piece of ink that must lie within the box and its margin, or it is a neighbour's
CRUMB = 0.01  # of the digit's ink: smaller pieces are specks
FULL = 0.4  # quantile of the ink's contrast that becomes 255; three fifths are darker, as where the reader cuts
HALF = 127.5  # grey levels: paper has more than half of the border


def cut_box(frame: Frame, box: Box) -> NDArray[np.uint8]:
    """The glyph uint8 (28, 28), ink 255 on 0, of the digit whose ink fills `box` in a frame (H, W, 3) BGR or (H, W).

    The paper's light is divided out; whether ink is dark or light, and from which contrast on it is ink, is decided by
    what lies in this box; pieces of ink that lie mostly outside are left away. A box without ink gives an empty glyph.
    """
    window, inner = _window(frame, box)
    if inner.width <= 0 or inner.height <= 0:
        return np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(window, (3, 3), 0), np.uint8)
    stroke = max(3, round(STROKE * max(inner.width, inner.height)))
    ink = darkness(np.asarray(255 - smooth, np.uint8) if is_light(smooth, inner, stroke) else smooth, stroke)
    strongest = float(np.quantile(_crop(ink, inner), STRONG))
    mask = (ink > max(255 * LEAST, SHARE * strongest)).astype(np.uint8)
    return normalise(_lift(_crop(ink, inner), own_ink(mask, inner)))


def is_light(grey: Grey, box: Box, stroke: int) -> bool:
    """Whether the ink in `box` is lighter than its paper.

    There is less ink than paper and it stands further from the mean, so the third moment has its sign.
    """
    deviation = grey.astype(np.float32) - cv2.blur(grey, (2 * stroke + 1, 2 * stroke + 1))
    return bool((_crop(deviation, box) ** 3).mean() > 0)


def darkness(grey: Grey, stroke: int) -> Grey:
    """How far each pixel is darker than the paper around it, 255 where it is black, uint8 (H, W).

    Paper is what a closing leaves with a square of `stroke` pixels, which covers any stroke.
    """
    square = np.ones((stroke, stroke), np.uint8)
    paper = cv2.blur(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, square), (stroke // 2 + 1, stroke // 2 + 1))
    return np.asarray(cv2.divide(cv2.subtract(paper, grey), np.maximum(paper, GROUND_DARK), scale=255), np.uint8)


def cut_plainly(frame: Frame, box: Box) -> NDArray[np.uint8]:
    """The glyph uint8 (28, 28), ink 255 on 0, as a plain program cuts it: one threshold for the whole box.

    The box with a margin, grey; Otsu's threshold (1979) tells ink from paper, which is what most of the border is.
    Neighbours' ink, rulings and shadows that fall into the box stay, so that it shows how much a network bears.
    """
    margin = max(LEAST_MARGIN, round(MARGIN * max(box.width, box.height)))
    grey = _grey(_crop(frame, _grown(box, margin, frame.shape[1], frame.shape[0])))
    if not grey.size:
        return np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    _, light = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = light > 0
    if np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]]).mean() > HALF:
        grey, ink = np.asarray(255 - grey, np.uint8), ~ink
    if not ink.any() or ink.all():
        return np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    paper, darkest = float(np.median(grey[~ink])), float(grey[ink].max())
    return normalise(np.where(ink, (grey - paper) * (255 / (darkest - paper)), 0).astype(np.uint8))


def own_ink(mask: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Which ink within `box` belongs to the digit in it: 255 or 0, uint8 (box.height, box.width).

    `mask` is uint8 (H, W), not 0 where there is ink, and reaches beyond the box so that neighbours are seen whole. The
    piece with the most ink in the box is the digit's; others are, too, where most of them lies in the box.
    """
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    whole = np.bincount(labels.ravel(), minlength=count)
    inside = np.bincount(_crop(labels, box).ravel(), minlength=count)
    whole[0] = inside[0] = 0
    kept = (inside >= OWN * np.maximum(whole, 1)) & (inside >= max(1.0, CRUMB * inside.max()))
    kept[int(inside.argmax())] = True
    kept[0] = False
    return np.where(kept[_crop(labels, box)], np.uint8(255), np.uint8(0))


def _window(frame: Frame, box: Box) -> tuple[Grey, Box]:
    """The grey surroundings of a box, not larger than needed, and where in them the box with its margin lies."""
    size = max(box.width, box.height)
    outer = _grown(box, round(REACH * size), frame.shape[1], frame.shape[0])
    grey = _grey(_crop(frame, outer))
    factor = max(1.0, size / SIDE)
    if factor > 1 and grey.size:
        smaller = (max(1, round(grey.shape[1] / factor)), max(1, round(grey.shape[0] / factor)))
        grey = np.asarray(cv2.resize(grey, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    left, top = int((box.left - outer.left) / factor), int((box.top - outer.top) / factor)
    right, bottom = round((box.right - outer.left) / factor), round((box.bottom - outer.top) / factor)
    margin = max(LEAST_MARGIN, round(MARGIN * size / factor))
    return grey, _grown(Box(left, top, right - left, bottom - top), margin, grey.shape[1], grey.shape[0])


def _lift(ink: Grey, own: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The contrast of the digit's own ink, its full ink raised to 255."""
    if not own.any():
        return np.zeros_like(ink)
    level = max(1.0, float(np.quantile(ink[own > 0], FULL)))
    soft = np.asarray(cv2.dilate(own, np.ones((3, 3), np.uint8)), np.uint8)
    return np.asarray(np.minimum((ink & soft) * (255.0 / level), 255), np.uint8)


def _grey(frame: Frame) -> Grey:
    """One channel of a frame of either kind."""
    return np.asarray(frame if frame.ndim == 2 or not frame.size else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)


def _grown(box: Box, margin: int, width: int, height: int) -> Box:
    """The box with a margin on every side, kept inside a frame."""
    left, top = max(0, box.left - margin), max(0, box.top - margin)
    return Box(left, top, min(width, box.right + margin) - left, min(height, box.bottom + margin) - top)


def _crop(array: NDArray[Element], box: Box) -> NDArray[Element]:
    return array[box.top : box.bottom, box.left : box.right]
