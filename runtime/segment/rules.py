"""Ruled lines, grids and printed boxes: taken out of the ink mask, while the strokes that cross or touch them stay.

After the removal of staff lines from music (Dalitz, Droettboom, Pranzas, Fujinaga, "A comparative study of staff
removal algorithms", 2008): where a line is crossed by a stroke, the run of ink across the line is longer than the line
is thick, so only shorter runs are taken out.
"""

from collections.abc import Sequence
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

NEAR = np.ones((3, 3), np.uint8)
UPRIGHT = 3  # times as high as wide: a part of a box's side
SOFT = np.ones((7, 7), np.uint8)  # pixels around a line over which it fades into the paper


class Course(NamedTuple):
    """A line that runs from left to right."""

    first: int  # its first column
    rows: NDArray[np.float64]  # the row of its middle in each column from there on
    thickness: float  # pixels, across


def without_rules(mask: Mask, side: Side, components: Sequence[Component], settings: Settings) -> tuple[Mask, Side]:
    """The ink mask and the side of the frame as they would be on plain paper.

    `components` are those of the mask; where none is large and thin enough to hold a line, all stays as it is. Large
    digits have straight strokes too: one or two lines are believed only where something is there that is no digit.
    """
    large = [component for component in components if _may_hold(component, mask.shape, settings)]
    if not large:
        return mask, side
    across, rows = _rules(mask, side.contrast, settings)
    along, columns = _rules(_turned(mask), _turned(side.contrast), settings)
    shape = (mask.shape[0], mask.shape[1])
    if rows + columns < settings.rule_count and all(plausible(component, shape, settings) for component in large):
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


def _rules(mask: Mask, contrast: Grey, settings: Settings) -> tuple[Mask, int]:
    """The ink of the lines that run from left to right, give or take some 25 degrees, and how many there are."""
    thin = _thin(mask, settings)
    reach = max(3, round(settings.rule_gap * settings.rule_thick * max(mask.shape)))
    joined = cv2.dilate(thin, np.ones((3, reach), np.uint8))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    ruled, count = np.zeros(mask.shape, np.uint8), 0
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        if width < settings.rule_length * max(mask.shape):
            continue
        window = np.s_[top : top + height, left : left + width]
        own = np.zeros((height, width), np.uint8)
        cv2.drawContours(own, [outline], 0, 255, cv2.FILLED, offset=(-left, -top))
        piece = np.asarray(own & thin[window], np.uint8)
        course = _course(piece, settings)
        if course is not None:
            ruled[window] |= _ink_of(course, piece, contrast[window], settings)
            count += 1
    return ruled, count


def _thin(mask: Mask, settings: Settings) -> Mask:
    """The ink whose run across, from top to bottom, is no longer than a line may be thick."""
    most = max(3, round(settings.rule_thick * max(mask.shape)))
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((most + 1, 1), np.uint8))
    return np.asarray(cv2.subtract(mask, thick), np.uint8)


def _course(piece: Mask, settings: Settings) -> Course | None:
    """The course of the line in a piece of thin ink, None where there is none."""
    rows, columns = np.nonzero(piece)
    fit, near = np.zeros(3), np.ones(rows.shape, np.bool_)
    for slack in (8.0, 2.0, 1.0):  # times the thickness: what belongs to digits is left out step by step
        fit = np.polyfit(columns[near], rows[near], 2 if slack < 8 else 1)
        away = np.abs(np.polyval(fit, columns) - rows)
        near = away <= max(2.0, slack * settings.rule_thick * max(piece.shape) / 2)
        if np.count_nonzero(near) < settings.rule_cover * piece.shape[1]:
            return None
    counts = np.bincount(columns[near], minlength=piece.shape[1])
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1])
    if np.count_nonzero(counts) < settings.rule_cover * (last - first + 1):
        return None
    return Course(
        first, np.asarray(np.polyval(fit, np.arange(first, last + 1)), np.float64), float(np.median(counts[used]))
    )


def _ink_of(course: Course, piece: Mask, contrast: Grey, settings: Settings) -> Mask:
    """The ink of a line in its piece: near its course, no darker than the line, and across no longer than its width."""
    rows = np.arange(piece.shape[0])[:, None]
    band = np.zeros(piece.shape, np.bool_)
    span = slice(course.first, course.first + len(course.rows))
    band[:, span] = np.abs(rows - course.rows) <= course.thickness / 2 + 1.5
    ink = band & (piece > 0)
    levels = contrast[ink]
    if not levels.size:
        return np.zeros_like(piece)
    bold = contrast > settings.rule_bold * np.median(levels)
    whole = (piece > 0).sum(axis=0) <= settings.rule_run * course.thickness + 1
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
