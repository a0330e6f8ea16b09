"""A line of ink stood upright at one scale, whatever its size and slant were in the frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.strings.settings import StringSettings

Ink = NDArray[np.uint8]
"""Ink 255 on 0, uint8 (H, W)."""

DIGIT_HEIGHT = 40  # pixels of a digit that stands upright: twice what the network sees
SOLID = 100  # of 255: ink from here on counts as such
MARGIN = 4  # empty pixels around the ink
LEAST_HEIGHT = 6.0  # pixels of the lowest digits worth cutting


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """Upright ink, and the way back to where it was found."""

    ink: Ink  # digits about DIGIT_HEIGHT tall
    stroke: float  # the pen's width in pixels
    scale: float  # pixels of `ink` for each pixel where it was found
    slant: float  # columns that each row was moved by, for each row below the middle
    origin: tuple[float, float]  # where column 0 and row 0 of `ink` stand, before the slant is given back

    def box(self, solid: NDArray[np.bool_]) -> Box:
        """The box, where it was found, of the ink marked in `solid`, bool (H, W), which must mark some."""
        rows, columns = np.nonzero(solid)
        leaning = columns - self.slant * (rows - self.ink.shape[0] / 2)
        left, right = (leaning.min() + self.origin[0]) / self.scale, (leaning.max() + 1 + self.origin[0]) / self.scale
        top, bottom = (rows.min() + self.origin[1]) / self.scale, (rows.max() + 1 + self.origin[1]) / self.scale
        return Box(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))


def stand_upright(ink: Ink, settings: StringSettings) -> Writing | None:
    """The writing of `ink`; None where its digits are too low to be cut or there is none."""
    solid = (ink > SOLID).astype(np.uint8)
    height = digit_height(solid, settings)
    if height < LEAST_HEIGHT:
        return None
    scale = DIGIT_HEIGHT / height
    left, top, width, rows = cv2.boundingRect(solid)
    body = _resize(ink[max(0, top - 1) : top + rows + 1, max(0, left - 1) : left + width + 1], scale)
    body = np.pad(body, MARGIN)
    slant = find_slant(body > SOLID, settings)
    extra = int(abs(slant) * body.shape[0] / 2) + 1
    shear = np.array([[1, slant, extra - slant * body.shape[0] / 2], [0, 1, 0]], np.float32)
    upright = np.asarray(cv2.warpAffine(body, shear, (body.shape[1] + 2 * extra, body.shape[0])), np.uint8)
    origin = max(0, left - 1) * scale - MARGIN - extra, max(0, top - 1) * scale - MARGIN
    return Writing(upright, _stroke(upright), scale, slant, origin)


def digit_height(solid: NDArray[np.uint8], settings: StringSettings) -> float:
    """The usual height in pixels of the taller pieces of a mask, 0 where there are none."""
    _, _, pieces, _ = cv2.connectedComponentsWithStats(solid)
    heights = pieces[1:, cv2.CC_STAT_HEIGHT]
    return float(np.median(heights[heights >= settings.tall * heights.max()])) if heights.size else 0.0


def find_slant(solid: NDArray[np.bool_], settings: StringSettings) -> float:
    """How far the writing leans, columns to the left for each row down: upright, its strokes share the fewest columns.

    The sum of the squared column counts says so (after Côté et al., "Automatic reading of cursive scripts using a
    reading model and perceptual concepts", 1998).
    """
    rows, columns = np.nonzero(solid)
    height, width = solid.shape
    best, found = -1.0, 0.0
    for slant in np.linspace(*settings.slants).tolist():
        place = columns + slant * (rows - height / 2) + 2 * height
        column = place.astype(np.intp)  # as 32-bit systems want it for counting
        share = place - column  # between two columns, or slants of a half would count double
        counts = np.bincount(column, 1 - share, width + 5 * height)
        counts += np.bincount(column + 1, share, width + 5 * height)
        score = float(np.square(counts).sum()) * (1 - settings.upright * abs(slant))
        if score > best:
            best, found = score, slant
    return found


def _resize(ink: Ink, scale: float) -> Ink:
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)


def _stroke(ink: Ink) -> float:
    """The mean stroke width in pixels: a stroke has two outlines along its length."""
    solid = (ink > SOLID).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(outline, True) for outline in outlines)
    return max(1.5, 2 * float(solid.sum()) / max(length, 1.0))
