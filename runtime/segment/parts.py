"""Broken digits: the flag of a 5, the bar of a 7 and faint gaps are joined to the body that they belong to."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.segment.components import Component, join
from runtime.segment.settings import Settings

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]

STRIDE = 3  # of an outline's points every third is enough for a distance


class Pairs(NamedTuple):
    """Every component (row) seen as a part of every other (column)."""

    belongs: Flags  # (N, N)
    gap: Numbers  # (N, N), pixels between their boxes, 0 where these overlap


def join_parts(components: list[Component], settings: Settings) -> list[Component]:
    """Join each small piece to the nearest larger one that it can be a part of; the others stay as they are."""
    ordered = sorted(components, key=lambda c: c.box.height, reverse=True)[: settings.most_pieces]
    pairs = _compare(ordered, settings)
    groups: dict[int, list[Component]] = {}
    for index, component in enumerate(ordered):
        bodies = [body for body in np.flatnonzero(pairs.belongs[index]).tolist() if body in groups]
        if bodies:
            groups[min(bodies, key=lambda body: float(pairs.gap[index, body]))].append(component)
        else:
            groups[index] = [component]
    return [group[0] if len(group) == 1 else join(group) for group in groups.values()]


def _compare(components: list[Component], settings: Settings) -> Pairs:
    """Which components are small beside another, close to it, of the same pen, and leave it as wide as a digit."""
    boxes = np.array([c.box for c in components], np.float64).reshape(-1, 4)
    left, top, width, height = boxes.T
    stroke = np.array([c.stroke for c in components])
    inner_left, inner_right = _both(np.maximum, left), _both(np.minimum, left + width)
    inner_top, inner_bottom = _both(np.maximum, top), _both(np.minimum, top + height)
    whole_width = _both(np.maximum, left + width) - _both(np.minimum, left)
    whole_height = _both(np.maximum, top + height) - _both(np.minimum, top)
    gap = np.maximum(np.maximum(inner_left - inner_right, inner_top - inner_bottom), 0)
    ratio = stroke[:, None] / stroke
    inside = (whole_width == width) & (whole_height == height)  # a digit in a drawn box is no part of the box
    belongs = (
        (height[:, None] <= settings.part_height * height)
        & (gap <= settings.part_gap * height)
        & (whole_width <= settings.part_width * whole_height)
        & (whole_height <= settings.part_growth * height)
        & ~(inside & (height[:, None] >= settings.part_inside * height))
        & (ratio <= settings.part_stroke)
        & (ratio * settings.part_stroke >= 1)
    )
    for part, body in np.argwhere(belongs & inside).tolist():  # within the box of a sheet's edge is not beside it
        belongs[part, body] = (
            _distance(components[part], components[body]) <= settings.part_beside * components[part].size
        )
    return Pairs(belongs, gap)


def _distance(part: Component, body: Component) -> float:
    """The least distance between the outlines of two components, pixels, to within a few."""
    few, many = (np.concatenate(c.outlines)[::STRIDE, 0].astype(np.float32) for c in (part, body))
    return float(np.sqrt(((few[:, None] - many) ** 2).sum(axis=2).min()))


def _both(choose: np.ufunc, values: Numbers) -> Numbers:
    """`choose` of every two of the values, (N, N)."""
    return np.asarray(choose(values[:, None], values), np.float64)
