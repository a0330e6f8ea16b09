"""Ruled lines, grids and printed boxes: taken out of the ink mask, while the strokes that cross or touch them stay.

After the removal of staff lines from music (Dalitz, Droettboom, Pranzas, Fujinaga, "A comparative study of staff
removal algorithms", 2008): where a line is crossed by a stroke, the run of ink across the line is longer than the line
is thick, so only shorter runs are taken out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.components import Component
from runtime.segment.gates import plausible
from runtime.segment.light import Side
from runtime.segment.scale import Grey, patch
from runtime.segment.settings import Settings

Mask = NDArray[np.uint8]
"""255 where there is ink, 0 elsewhere, uint8 (H, W)."""

Places = NDArray[np.int32]
"""Rows or columns of ink, (N,)."""

Curve = NDArray[np.float64]
"""The row of a line's middle in each column, (W,)."""

UPRIGHT = 3  # times as high as wide: a part of a box's side
POINTS = 400  # of its ink are enough to fit a line
RIDGE = 1e-9 * np.eye(4)  # of the points: what keeps a fit to a single column of them solvable
SOFT = 7  # pixels around a line over which it fades into the paper


class Strand(NamedTuple):
    """Where a piece of thin ink is, and what lies in its gaps."""

    box: Box  # in the frame
    outline: cv2.typing.MatLike


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


def without_rules(mask: Mask, side: Side, components: Sequence[Component], settings: Settings) -> tuple[Mask, Side]:
    """The ink mask and the side of the frame as they would be on plain paper.

    `components` are those of the mask; where none is large and thin enough to hold a line, all stays as it is. Large
    digits have straight strokes too: one or two lines are believed only where something is there that is no digit.
    """
    large = [component for component in components if _may_hold(component, mask.shape, settings)]
    if not large:
        return mask, side
    across, rows = _rules(mask, side.contrast, np.zeros_like(mask), settings)
    along, columns = _rules(_turned(mask), side.contrast.T, across.T, settings)
    shape = (mask.shape[0], mask.shape[1])
    if rows + columns < settings.rule_count and all(_may_be_digit(component, shape, settings) for component in large):
        return mask, side
    ruled = np.asarray(cv2.bitwise_or(across, _turned(along)), np.uint8)
    ruled |= _leftovers(np.asarray(cv2.subtract(mask, ruled), np.uint8), ruled, across, settings)
    rest = np.asarray(cv2.subtract(mask, ruled), np.uint8)
    return rest, _erased(side, rest, ruled)


def _erased(side: Side, rest: Mask, ruled: Mask) -> Side:
    """The side with its ground in the place of the lines and their soft edges, the rest of the ink left alone."""
    gone = np.asarray(cv2.subtract(cv2.dilate(ruled, patch(SOFT)), rest), np.uint8)
    paper = np.asarray(cv2.copyTo(side.ground, gone, side.paper.copy()), np.uint8)
    contrast = np.asarray(cv2.bitwise_and(side.contrast, cv2.bitwise_not(gone)), np.uint8)
    return Side(paper, side.ground, contrast)


def _may_hold(component: Component, shape: tuple[int, ...], settings: Settings) -> bool:
    """Whether a component is so large, for the ink in it, that a line may run through it."""
    thin = min(component.box.width, component.box.height) <= 2 * settings.rule_thick * max(shape)
    sparse = component.area <= settings.rule_sparse * component.box.area
    return component.size >= settings.rule_length * max(shape) and (thin or sparse)


def _may_be_digit(component: Component, shape: tuple[int, int], settings: Settings) -> bool:
    """Whether a component can be a single digit."""
    return component.box.width <= settings.rule_widest * component.box.height and plausible(component, shape, settings)


def _rules(mask: Mask, contrast: Grey, crossing: Mask, settings: Settings) -> tuple[Mask, int]:
    """The ink of the lines that run from left to right, give or take some 25 degrees, and how many there are.

    Shorter pieces are lines too where several lead from one `crossing` line to another, as the walls of cells do, and
    where a longer one points at them, for digits that cross a line break it up.
    """
    long = settings.rule_length * max(mask.shape)
    thin = _thin(mask, settings)
    strands = _strands(thin, settings)
    thread_of = cache(lambda index: _thread(strands[index], thin))
    course_of = cache(lambda index: _course(thread_of(index), settings))
    found = {k: course for k, strand in enumerate(strands) if strand.box.width >= long and (course := course_of(k))}
    short = [k for k, strand in enumerate(strands) if strand.box.width < long]
    walls = _walls({k: strands[k].box for k in short}, course_of, crossing, settings) if crossing.any() else {}
    count = max(len(found), len(walls))
    found |= walls
    for index in short if found else []:
        near = [course for course in found.values() if _is_near(strands[index].box, course)]
        course = course_of(index) if near and index not in found else None
        if course is not None and _is_pointed_at(course, near, settings):
            found[index] = course
    ruled = np.zeros(mask.shape, np.uint8)
    for index, course in found.items():
        window = _window(strands[index].box)
        ruled[window] |= _ink_of(course, thread_of(index), contrast[window], settings)
    return ruled, count


def _window(box: Box) -> tuple[slice, slice]:
    """The rows and columns of a box."""
    return slice(box.top, box.bottom), slice(box.left, box.right)


def _strands(thin: Mask, settings: Settings) -> list[Strand]:
    """The thin ink in pieces, the longest first, without those that are too short for a part of a line."""
    longer = max(thin.shape)
    reach = max(3, round(settings.rule_gap * settings.rule_thick * longer))
    joined = cv2.dilate(thin, patch(reach, 3))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    strands = (Strand(Box(*cv2.boundingRect(outline)), outline) for outline in outlines)
    wide = (strand for strand in strands if strand.box.width >= settings.rule_piece * longer)
    return sorted(wide, key=lambda strand: strand.box.width, reverse=True)


def _thread(strand: Strand, thin: Mask) -> Thread:
    """The thin ink within the outline of a strand."""
    left, top, width, height = strand.box
    own = np.zeros((height, width), np.uint8)
    cv2.drawContours(own, [strand.outline], 0, 255, cv2.FILLED, offset=(-left, -top))
    return Thread(left, top, own & thin[_window(strand.box)])


def _walls(
    pieces: Mapping[int, Box], course_of: Callable[[int], Course | None], crossing: Mask, settings: Settings
) -> dict[int, Course]:
    """The courses of those pieces that are walls of cells: alike and parallel, from one `crossing` line to the next."""
    likely = [k for k, box in pieces.items() if crossing[_window(box)].any()]
    courses = {k: course for k in likely if (course := course_of(k)) and _spans(course, crossing, settings)}
    if len(courses) < settings.rule_count:
        return {}
    slope = _median(np.array([course.slope for course in courses.values()]))
    length = settings.rule_wall * _median(np.array([len(course.rows) for course in courses.values()]))
    return {
        k: course
        for k, course in courses.items()
        if abs(course.slope - slope) <= settings.rule_parallel and len(course.rows) >= length
    }


def _spans(course: Course, crossing: Mask, settings: Settings) -> bool:
    """Whether a course leads from one line of the mask `crossing` to another."""
    aside, near = round(2 * settings.rule_thick * max(crossing.shape)), round(course.thickness / 2) + 2
    for column, row in ((course.first, course.rows[0]), (course.last, course.rows[-1])):
        rows = slice(max(0, round(row) - aside), round(row) + aside + 1)
        if not crossing[rows, max(0, column - near) : column + near + 1].any():
            return False
    return True


def _is_near(box: Box, course: Course) -> bool:
    """Whether a course leads through the box of a piece."""
    row = course.at((box.left + box.right) // 2)
    return box.top - course.thickness <= row <= box.bottom + course.thickness


def _is_pointed_at(course: Course, longer: Sequence[Course], settings: Settings) -> bool:
    """Whether a course is part of the same line as one of the `longer` ones: as thick and where that one leads."""
    ends = course.first, course.last
    for other in longer:
        alike = max(course.thickness, other.thickness) <= settings.rule_alike * min(course.thickness, other.thickness)
        away = max(abs(other.at(end) - course.at(end)) for end in ends)
        if alike and away <= settings.rule_astray * (course.last - course.first) + other.thickness:
            return True
    return False


def _thin(mask: Mask, settings: Settings) -> Mask:
    """The ink whose run across, from top to bottom, is no longer than a line may be thick."""
    most = max(3, round(settings.rule_thick * max(mask.shape)))
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, patch(1, most + 1))
    return np.asarray(cv2.subtract(mask, thick), np.uint8)


def _course(piece: Thread, settings: Settings) -> Course | None:
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
    return Course(piece.left + first, middle[first : last + 1] + piece.top, _median(counts[used]), slope)


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


def _ink_of(course: Course, piece: Thread, contrast: Grey, settings: Settings) -> Mask:
    """The ink of a line in its piece: near its course, no darker than the line, and across no longer than its width."""
    columns = np.s_[:, course.first - piece.left : course.last + 1 - piece.left]
    thin, levels = piece.ink[columns] > 0, contrast[columns]
    away = np.abs(np.arange(piece.top, piece.top + piece.ink.shape[0])[:, None] - course.rows)
    ink = (away <= course.thickness / 2 + 1.5) & thin
    run = np.count_nonzero((away <= course.thickness) & thin, axis=0)  # a stroke beside the line is none across it
    whole = run <= settings.rule_run * course.thickness + 1
    ruled = np.zeros_like(piece.ink)
    if ink.any():
        ruled[columns][ink & whole & (levels <= settings.rule_bold * _median(levels[ink]))] = 255
    return ruled


def _median(values: NDArray[np.generic]) -> float:
    """The median of some numbers; np.median takes ten times as long on so few."""
    ordered = np.sort(values).astype(np.float64)
    return float(ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2


def _leftovers(rest: Mask, ruled: Mask, across: Mask, settings: Settings) -> Mask:
    """Of the rest: crumbs beside lines, such as their crossings, and uprights of boxes from one line to the next."""
    near, level = cv2.dilate(ruled, patch(3)), cv2.dilate(across, patch(3))
    crumb = 2 * settings.rule_thick * max(rest.shape)
    found = np.zeros(rest.shape, np.uint8)
    outlines, _ = cv2.findContours(rest, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in _touching(outlines, near):
        _, _, width, height = cv2.boundingRect(outline)
        x, y = outline[:, 0].T
        gone = max(width, height) <= crumb
        if height > max(crumb, UPRIGHT * width):
            gone = all(level[y[y == end], x[y == end]].any() for end in (y.min(), y.max()))
        if gone:
            cv2.drawContours(found, [outline], 0, 255, cv2.FILLED)
    return np.asarray(found & rest, np.uint8)


def _touching(outlines: Sequence[cv2.typing.MatLike], near: cv2.typing.MatLike) -> list[cv2.typing.MatLike]:
    """The outlines with a point at which `near` is not 0."""
    if not outlines:
        return []
    x, y = np.concatenate(outlines)[:, 0].T
    counts = np.array([len(outline) for outline in outlines])
    touch = np.logical_or.reduceat(near[y, x] > 0, np.cumsum(counts) - counts)
    return [outline for outline, touches in zip(outlines, touch.tolist(), strict=True) if touches]


def _turned(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows for columns, in memory too."""
    return np.asarray(cv2.transpose(array), np.uint8)
