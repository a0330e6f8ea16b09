"""A plain reader, as tutorials write it: background divided out, Otsu's threshold, contours, the network's answer.

It is the yardstick for speed and accuracy: everybody can write it, so everything else must earn what it costs.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from runtime.backends import Backend
from runtime.layout import group_lines
from runtime.preprocess import normalise, to_input
from runtime.records import Box, Frame, Glyph, Line, Prediction, ReadDigit, Reading

GROUND = 0.1  # of the frame's shorter side: the window of the blur that stands for the paper
LEAST = 0.025  # of the frame's shorter side: smaller pieces are specks
MOST = 0.9  # of the frame's shorter side: larger pieces are its border
SURE = 0.6  # confidence from which a digit is published
GAP = 2  # grey levels that Otsu's threshold must be away from nothing at all


def read_plainly(frame: Frame, backend: Backend) -> Reading:
    """Read a frame, uint8 (H, W, 3) BGR or (H, W) grey: dark digits on a light ground, each in one piece."""
    glyphs = find_plainly(frame)
    if not glyphs:
        return Reading(())
    answers = backend.predict(to_input(np.stack([glyph.image for glyph in glyphs])))
    read = {id(glyph): Prediction(row, SURE) for glyph, row in zip(glyphs, answers, strict=True)}
    return Reading(tuple(Line(tuple(ReadDigit(g, read[id(g)]) for g in line)) for line in group_lines(glyphs)))


def find_plainly(frame: Frame) -> list[Glyph]:
    """The pieces of ink of about a digit's size."""
    grey = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    side = min(grey.shape)
    window = 2 * int(side * GROUND / 2) + 1
    ink = cv2.bitwise_not(cv2.divide(grey, cv2.blur(grey, (window, window)), scale=255))
    level, mask = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if level < GAP:
        return []
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [_cut(np.asarray(ink, np.uint8), box) for box in _boxes(contours, side)]


def _boxes(contours: Sequence[cv2.typing.MatLike], side: int) -> list[Box]:
    boxes = [Box(*cv2.boundingRect(contour)) for contour in contours]
    return [box for box in boxes if LEAST * side <= max(box.width, box.height) <= MOST * side]


def _cut(ink: Frame, box: Box) -> Glyph:
    return Glyph(box, normalise(ink[box.top : box.bottom, box.left : box.right]))
