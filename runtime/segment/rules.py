"""Ruled lines, grids and printed boxes: taken out of the ink mask, while the strokes that cross or touch them stay.

After the removal of staff lines from music (Dalitz, Droettboom, Pranzas, Fujinaga, "A comparative study of staff
removal algorithms", 2008): where a line is crossed by a stroke, the run of ink across the line is longer than the line
is thick, so only shorter runs are taken out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.segment.components import Component
from runtime.segment.gates import plausible
from runtime.segment.light import Grey, Side
from runtime.segment.settings import Settings

Mask = NDArray[np.uint8]
"""255 where there is ink, 0 elsewhere, uint8 (H, W)."""

Places = NDArray[np.intp]
"""Rows or columns of ink, (N,)."""

Curve = NDArray[np.float64]
"""A polynomial, the highest power first."""

NEAR = np.ones((3, 3), np.uint8)
UPRIGHT = 3  # times as high as wide: a part of a box's side
POINTS = 400  # of its ink are enough to fit a line
SOFT = np.ones((7, 7), np.uint8)  # pixels around a line over which it fades into the paper


class Thread(NamedTuple):
    """A piece of thin ink."""

    left: int  # of its window in the frame
    top: int
    ink: Mask  # of the window

    @property
    def right(self) -> int:
        """The first column to the right of its window."""
        return self.left + int(self.ink.shape[1])

    @property
    def bottom(self) -> int:
        """The first row below its window."""
        return self.top + int(self.ink.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A line that runs from left to right."""

    first: int  # its first column, pixels of the frame
    rows: NDArray[np.float64]  # the row of its middle in each column from there on
    thickness: float  # pixels, across

    @property
    def slope(self) -> float:
        """Rows down for each column."""
        return float(self.rows[-1] - self.rows[0]) / max(1, len(self.rows) - 1)

    @property
    def last(self) -> int:
        """Its last column."""
        return self.first + len(self.rows) - 1

    def at(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """The rows at `columns`, also beyond its ends, where it is taken to run straight on."""
        inside = np.clip(columns, self.first, self.last)
        return np.asarray(self.rows[inside - self.first] + self.slope * (columns - inside), np.float64)


def without_rules(mask: Mask, side: Side, components: Sequence[Component], settings: Settings) -> tuple[Mask, Side]:
    """The ink mask and the side of the frame as they would be on plain paper.

    `components` are those of the mask; where none is large and thin enough to hold a line, all stays as it is. Large
    digits have straight strokes too: one or two lines are believed only where something is there that is no digit.
    """
    large = [component for component in components if _may_hold(component, mask.shape, settings)]
    if not large:
        return mask, side
    across, rows = _rules(mask, side.contrast, np.zeros_like(mask), settings)
    along, columns = _rules(_turned(mask), _turned(side.contrast), _turned(across), settings)
    shape = (mask.shape[0], mask.shape[1])
    if rows + columns < settings.rule_count and all(_may_be_digit(component, shape, settings) for component in large):
        return mask, side
    ruled = np.asarray(cv2.bitwise_or(across, _turned(along)), np.uint8)
    ruled |= _leftovers(np.asarray(cv2.subtract(mask, ruled), np.uint8), ruled, across, settings)
    rest = np.asarray(cv2.subtract(mask, ruled), np.uint8)
    return rest, _erased(side, rest, ruled)


def _erased(side: Side, rest: Mask, ruled: Mask) -> Side:
    """The side with its ground in the place of the lines and their soft edges, the rest of the ink left alone."""
    gone = np.asarray(cv2.subtract(cv2.dilate(ruled, SOFT), rest), np.uint8)
    paper, contrast = side.paper.copy(), side.contrast.copy()
    cv2.copyTo(side.ground, gone, paper)
    contrast[gone > 0] = 0
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
    pieces = _pieces(_thin(mask, settings), settings)
    found = _found([piece for piece in pieces if piece.ink.shape[1] >= long], settings)
    short = [piece for piece in pieces if piece.ink.shape[1] < long]
    walls = _walls(short, crossing, settings) if crossing.any() else []
    count = max(len(found), len(walls))
    found += walls
    for piece in short if found else []:
        near = [course for _, course in found if _is_near(piece, course)]
        course = _course(piece, settings) if near else None
        if course is not None and _is_pointed_at(course, near, settings):
            found.append((piece, course))
    ruled = np.zeros(mask.shape, np.uint8)
    for piece, course in found:
        window = np.s_[piece.top : piece.bottom, piece.left : piece.right]
        ruled[window] |= _ink_of(course, piece, contrast[window], settings)
    return ruled, count


def _found(pieces: Sequence[Thread], settings: Settings) -> list[tuple[Thread, Course]]:
    """The pieces that have a course, with it."""
    pairs = ((piece, _course(piece, settings)) for piece in pieces)
    return [(piece, course) for piece, course in pairs if course is not None]


def _pieces(thin: Mask, settings: Settings) -> list[Thread]:
    """The thin ink in pieces, the longest first, without those that are too short for a part of a line."""
    longer = max(thin.shape)
    reach = max(3, round(settings.rule_gap * settings.rule_thick * longer))
    joined = cv2.dilate(thin, np.ones((3, reach), np.uint8))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    pieces = []
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        if width < settings.rule_piece * longer:
            continue
        own = np.zeros((height, width), np.uint8)
        cv2.drawContours(own, [outline], 0, 255, cv2.FILLED, offset=(-left, -top))
        pieces.append(Thread(left, top, np.asarray(own & thin[top : top + height, left : left + width], np.uint8)))
    return sorted(pieces, key=lambda piece: piece.ink.shape[1], reverse=True)


def _walls(pieces: Sequence[Thread], crossing: Mask, settings: Settings) -> list[tuple[Thread, Course]]:
    """Of the pieces those that are walls of cells: alike and parallel, from one `crossing` line to the next."""
    likely = [piece for piece in pieces if crossing[piece.top : piece.bottom, piece.left : piece.right].any()]
    spanning = [(p, course) for p, course in _found(likely, settings) if _spans(course, crossing, settings)]
    if len(spanning) < settings.rule_count:
        return []
    slope = float(np.median([course.slope for _, course in spanning]))
    length = float(np.median([len(course.rows) for _, course in spanning]))
    return [
        (piece, course)
        for piece, course in spanning
        if abs(course.slope - slope) <= settings.rule_parallel and len(course.rows) >= settings.rule_wall * length
    ]


def _spans(course: Course, crossing: Mask, settings: Settings) -> bool:
    """Whether a course leads from one line of the mask `crossing` to another."""
    aside, near = round(2 * settings.rule_thick * max(crossing.shape)), round(course.thickness / 2) + 2
    for column, row in ((course.first, course.rows[0]), (course.last, course.rows[-1])):
        rows = slice(max(0, round(row) - aside), round(row) + aside + 1)
        if not crossing[rows, max(0, column - near) : column + near + 1].any():
            return False
    return True


def _is_near(piece: Thread, course: Course) -> bool:
    """Whether a course leads through the window of a piece."""
    row = float(course.at(np.array([(piece.left + piece.right) // 2]))[0])
    return piece.top - course.thickness <= row <= piece.bottom + course.thickness


def _is_pointed_at(course: Course, longer: Sequence[Course], settings: Settings) -> bool:
    """Whether a course is part of the same line as one of the `longer` ones: as thick and where that one leads."""
    ends = np.array([course.first, course.last])
    for other in longer:
        alike = max(course.thickness, other.thickness) <= settings.rule_alike * min(course.thickness, other.thickness)
        away = np.abs(other.at(ends) - course.at(ends)).max()
        if alike and away <= settings.rule_astray * (ends.max() - ends.min()) + other.thickness:
            return True
    return False


def _thin(mask: Mask, settings: Settings) -> Mask:
    """The ink whose run across, from top to bottom, is no longer than a line may be thick."""
    most = max(3, round(settings.rule_thick * max(mask.shape)))
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((most + 1, 1), np.uint8))
    return np.asarray(cv2.subtract(mask, thick), np.uint8)


def _course(piece: Thread, settings: Settings) -> Course | None:
    """The course of the line in a piece of thin ink, None where there is none."""
    width = piece.ink.shape[1]
    rows, columns = np.nonzero(piece.ink)
    line = _line(rows, columns, piece.ink.shape, settings)
    if line is None:
        return None
    fit, slack = line
    near = np.abs(np.polyval(fit, columns) - rows) <= slack
    counts = np.bincount(columns[near], minlength=width)
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1])
    if np.count_nonzero(counts) < settings.rule_cover * (last - first + 1):
        return None
    middle = np.polyval(fit, np.arange(first, last + 1)) + piece.top
    return Course(piece.left + first, np.asarray(middle, np.float64), float(np.median(counts[used])))


def _line(rows: Places, columns: Places, shape: tuple[int, ...], settings: Settings) -> tuple[Curve, float] | None:
    """The slightly bent line on which most columns have ink, as a polynomial, and how far off it its own ink lies."""
    step = max(1, rows.size // POINTS)
    rows, columns = rows[::step], columns[::step]
    fit, near, off = np.zeros(3), np.ones(rows.shape, np.bool_), 0.0
    for slack in (8.0, 2.0, 1.0):  # times the thickness: what belongs to digits is left out step by step
        fit = np.polyfit(columns[near], rows[near], 2 if slack < 8 else 1)
        off = max(2.0, slack * settings.rule_thick * max(shape) / 2)
        near = np.abs(np.polyval(fit, columns) - rows) <= off
        if np.count_nonzero(near) * step < settings.rule_cover * shape[1]:
            return None
    return fit, off


def _ink_of(course: Course, piece: Thread, contrast: Grey, settings: Settings) -> Mask:
    """The ink of a line in its piece: near its course, no darker than the line, and across no longer than its width."""
    rows = piece.top + np.arange(piece.ink.shape[0])[:, None]
    away = np.full(piece.ink.shape, np.inf)
    away[:, course.first - piece.left : course.last + 1 - piece.left] = np.abs(rows - course.rows)
    ink = (away <= course.thickness / 2 + 1.5) & (piece.ink > 0)
    levels = contrast[ink]
    if not levels.size:
        return np.zeros_like(piece.ink)
    bold = contrast > settings.rule_bold * np.median(levels)
    run = ((away <= course.thickness) & (piece.ink > 0)).sum(axis=0)  # a stroke beside the line is none across it
    whole = run <= settings.rule_run * course.thickness + 1
    return np.where(ink & whole & ~bold, 255, 0).astype(np.uint8)


def _leftovers(rest: Mask, ruled: Mask, across: Mask, settings: Settings) -> Mask:
    """Of the rest: crumbs beside lines, such as their crossings, and uprights of boxes from one line to the next."""
    near, level = cv2.dilate(ruled, NEAR), cv2.dilate(across, NEAR)
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
    """Rows for columns."""
    return np.ascontiguousarray(array.T)
