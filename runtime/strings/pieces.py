"""The pieces between two cuts: what could be a digit, as the network will see it, and its measures."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import GLYPH_SIDE
from runtime.strings.cuts import Cuts
from runtime.strings.settings import StringSettings
from runtime.strings.writing import DIGIT_HEIGHT, SOLID, Ink, Writing

NOTHING = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
EDGE = 3  # pixels around the solid ink in which its soft edge lies


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The ink between two cuts."""

    first: int  # index of the cut to its left
    last: int  # index of the cut to its right
    left: int  # first column with solid ink, pixels of the writing
    right: int  # first column after it
    height: float  # of its solid ink, digit heights; 0 where there is none
    ink: float  # pixels of solid ink over those of an upright stroke
    image: NDArray[np.uint8]  # (28, 28) as the network sees it, empty without ink

    @property
    def empty(self) -> bool:
        """Whether it holds no ink."""
        return self.right == self.left

    @property
    def width(self) -> float:
        """Of its solid ink, digit heights."""
        return (self.right - self.left) / DIGIT_HEIGHT


def find_pieces(writing: Writing, cuts: Cuts, settings: StringSettings) -> list[Piece]:
    """All pieces narrow enough for a digit, those that begin farther left first."""
    pieces = []
    count = len(cuts.crossed)
    for first in range(count - 1):
        for last in range(first + 1, min(count, first + 1 + settings.most_pieces)):
            piece = _piece(writing, cuts, first, last)
            if piece.width > settings.widest and last > first + 1:
                break
            pieces.append(piece)
    return pieces


def piece_ink(writing: Writing, cuts: Cuts, first: int, last: int) -> tuple[Ink, int]:
    """The ink between two cuts, uint8 (H, w), and the column at which it begins."""
    start, end = cuts.paths[first], cuts.paths[last]
    left, right = int(start.min()), max(int(end.max()), int(start.min()) + 1)
    columns = np.arange(left, right)
    between = (columns >= start[:, None]) & (columns < end[:, None])
    return writing.ink[:, left:right] * between, left


def _piece(writing: Writing, cuts: Cuts, first: int, last: int) -> Piece:
    ink, start = piece_ink(writing, cuts, first, last)
    solid = np.asarray(cv2.threshold(ink, SOLID, 255, cv2.THRESH_BINARY)[1], np.uint8)
    left, _, width, height = cv2.boundingRect(solid)
    if not width:
        return Piece(first, last, start, start, 0.0, 0.0, NOTHING)
    image = normalise(np.ascontiguousarray(ink[:, max(0, left - EDGE) : left + width + EDGE]))
    amount = cv2.countNonZero(solid) / (DIGIT_HEIGHT * writing.stroke)
    return Piece(first, last, start + left, start + left + width, height / DIGIT_HEIGHT, amount, image)
