"""Ruled lines, grids and printed boxes: taken out of the ink mask, while the strokes that cross or touch them stay.

After the removal of staff lines from music (Dalitz, Droettboom, Pranzas, Fujinaga, "A comparative study of staff
removal algorithms", 2008): where a line is crossed by a stroke, the run of ink across the line is longer than the line
is thick, so only shorter runs are taken out.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.components import Component
from runtime.segment.courses import (
    Course,
    Mask,
    Thread,
    cut_thread,
    find_course,
    find_strands,
    median,
    thin_ink,
    window_of,
)
from runtime.segment.gates import plausible
from runtime.segment.light import Side
from runtime.segment.scale import Grey, patch
from runtime.segment.settings import Settings

UPRIGHT = 3  # times as high as wide: a part of a box's side
SOFT = 7  # pixels around a line over which it fades into the paper


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
    thin = thin_ink(mask, settings)
    strands = find_strands(thin, settings)
    thread_of = cache(lambda index: cut_thread(strands[index], thin))
    course_of = cache(lambda index: find_course(thread_of(index), settings))
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
        window = window_of(strands[index].box)
        ruled[window] |= _ink_of(course, thread_of(index), contrast[window], settings)
    return ruled, count


def _walls(
    pieces: Mapping[int, Box], course_of: Callable[[int], Course | None], crossing: Mask, settings: Settings
) -> dict[int, Course]:
    """The courses of those pieces that are walls of cells: alike and parallel, from one `crossing` line to the next."""
    likely = [k for k, box in pieces.items() if crossing[window_of(box)].any()]
    courses = {k: course for k in likely if (course := course_of(k)) and _spans(course, crossing, settings)}
    if len(courses) < settings.rule_count:
        return {}
    slope = median(np.array([course.slope for course in courses.values()]))
    length = settings.rule_wall * median(np.array([len(course.rows) for course in courses.values()]))
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
        ruled[columns][ink & whole & (levels <= settings.rule_bold * median(levels[ink]))] = 255
    return ruled


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


def _touching(outlines: Sequence["cv2.typing.MatLike"], near: "cv2.typing.MatLike") -> list["cv2.typing.MatLike"]:
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
