"""Courses of ruled lines: thin ink in pieces, and the slightly bent line that runs through one of them."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.scale import patch
from runtime.segment.settings import Settings

Mask = NDArray[np.uint8]
"""255 where there is ink, 0 elsewhere, uint8 (H, W)."""

Places = NDArray[np.int32]
"""Rows or columns of ink, (N,)."""

Curve = NDArray[np.float64]
"""The row of a line's middle in each column, (W,)."""

POINTS = 400  # of its ink are enough to fit a line
RIDGE = 1e-9 * np.eye(4)  # of the points: what keeps a fit to a single column of them solvable


class Strand(NamedTuple):
    """Where a piece of thin ink is, and what lies in its gaps."""

    box: Box  # in the frame
    outline: "cv2.typing.MatLike"  # quoted, as Debian's OpenCV has no such module


class Thread(NamedTuple):
    """A piece of thin ink."""

    left: int  # of its window in the frame
    top: int
    ink: Mask  # of the window


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A line that runs from left to right."""

    first: int  # its first column, pixels of the frame
    rows: NDArray[np.float64]  # the row of its middle in each column from there on
    thickness: float  # pixels, across
    slope: float  # rows down for each column

    @property
    def last(self) -> int:
        """Its last column."""
        return self.first + len(self.rows) - 1

    def at(self, column: int) -> float:
        """The row at a column, also beyond its ends, where it is taken to run straight on."""
        inside = min(max(column, self.first), self.last)
        return float(self.rows[inside - self.first]) + self.slope * (column - inside)


def thin_ink(mask: Mask, settings: Settings) -> Mask:
    """The ink whose run across, from top to bottom, is no longer than a line may be thick."""
    run = patch(1, max(3, round(settings.rule_thick * max(mask.shape))) + 1)
    middle = run.shape[0] // 2
    # An opening by hand: OpenCV's own shifts what it leaves by a pixel where the element has no middle.
    long = cv2.dilate(cv2.erode(mask, run, anchor=(0, middle)), run, anchor=(0, run.shape[0] - 1 - middle))
    return np.asarray(cv2.subtract(mask, long), np.uint8)


def window_of(box: Box) -> tuple[slice, slice]:
    """The rows and columns of a box."""
    return slice(box.top, box.bottom), slice(box.left, box.right)


def find_strands(thin: Mask, settings: Settings) -> list[Strand]:
    """The thin ink in pieces, the longest first, without those that are too short for a part of a line."""
    longer = max(thin.shape)
    reach = max(3, round(settings.rule_gap * settings.rule_thick * longer))
    joined = cv2.dilate(thin, patch(reach, 3))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    strands = (Strand(Box(*cv2.boundingRect(outline)), outline) for outline in outlines)
    wide = (strand for strand in strands if strand.box.width >= settings.rule_piece * longer)
    return sorted(wide, key=lambda strand: strand.box.width, reverse=True)


def cut_thread(strand: Strand, thin: Mask) -> Thread:
    """The thin ink within the outline of a strand."""
    left, top, width, height = strand.box
    own = np.zeros((height, width), np.uint8)
    cv2.drawContours(own, [strand.outline], 0, 255, cv2.FILLED, offset=(-left, -top))
    return Thread(left, top, own & thin[window_of(strand.box)])


def find_course(piece: Thread, settings: Settings) -> Course | None:
    """The course of the line in a piece of thin ink, None where there is none."""
    columns, rows = np.asarray(cv2.findNonZero(piece.ink), np.int32).reshape(-1, 2).T
    line = _line(columns, rows, piece.ink.shape, settings)
    if line is None:
        return None
    middle, slack = line
    counts = np.bincount(columns[np.abs(middle[columns] - rows) <= slack])
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1])
    if used.size < settings.rule_cover * (last - first + 1):
        return None
    slope = float(middle[last] - middle[first]) / max(1, last - first)
    return Course(piece.left + first, middle[first : last + 1] + piece.top, median(counts[used]), slope)


def _line(columns: Places, rows: Places, shape: tuple[int, ...], settings: Settings) -> tuple[Curve, float] | None:
    """The slightly bent line on which most columns have ink, and how far off it its own ink lies.

    Least squares by the normal equations: with columns from -1 to 1, three powers of them lose nothing by it.
    """
    step = max(1, rows.size // POINTS)
    across = np.arange(shape[1]) * (2 / shape[1]) - 1
    powers = np.column_stack([across * across, across, np.ones(shape[1])])
    points = np.column_stack([powers[columns[::step]], rows[::step]])
    fit, near, off = np.zeros(3), np.ones(len(points), np.bool_), 0.0
    for slack in (8.0, 2.0, 1.0):  # times the thickness: what belongs to digits is left out step by step
        bent = slice(0 if slack < 8 else 1, 3)
        own = points[near]
        products = own.T @ own + RIDGE * len(own)
        _, fit[bent, None] = cv2.solve(products[bent, bent].copy(), products[bent, 3:].copy())
        off = max(2.0, slack * settings.rule_thick * max(shape) / 2)
        near = np.abs(points[:, :3] @ fit - points[:, 3]) <= off
        if np.count_nonzero(near) * step < settings.rule_cover * shape[1]:
            return None
    return powers @ fit, off


def median(values: NDArray[np.generic]) -> float:
    """The median of some numbers; np.median takes ten times as long on so few."""
    ordered = np.sort(values).astype(np.float64)
    return float(ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2
