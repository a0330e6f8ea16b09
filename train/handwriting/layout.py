"""Lines of digits as one hand sets them down: spacing, a wavering base line, digits that keep clear of each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.handwriting.hand import Hand, write
from train.handwriting.pen import Pen, Trace, press

BINS = 64  # rows per digit height in which clearances are measured
ROOM = 0.5  # digit heights above and below the line in which clearances are measured


@dataclass(frozen=True, slots=True)
class Spacing:
    """How far apart digits and lines stand, in digit heights."""

    gap: float  # usual clearance between digits; below 0 they overlap
    least: float  # clearance that is always kept, where `gap` is not below 0
    pitch: float  # from one base line to the next


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A digit and its strokes where they stand on the page, in digit heights."""

    digit: int
    traces: tuple[Trace, ...]


def write_line(
    digits: list[int], hand: Hand, pen: Pen, width: float, spacing: Spacing, rng: np.random.Generator
) -> list[Placed]:
    """Write `digits` from x = 0 on a base line at y = 1, with a line of `width` digit heights."""
    skyline = np.full(round((1 + 2 * ROOM) * BINS), -np.inf)
    drift, wave, phase = rng.normal(0, 0.012), rng.uniform(0, 0.03), rng.uniform(0, 6)
    line, edge = [], 0.0
    for digit in digits:
        size = float(np.exp(rng.normal(0, 0.05)))
        sink = 1 - size + drift * edge + wave * np.sin(edge + phase) + rng.normal(0, 0.015)
        traces = [Trace(path * size, press(path, pen, width, rng)) for path in write(digit, hand, rng)]
        left = _clear(skyline, traces, sink, spacing, edge, rng) if line else 0.0
        moved = tuple(Trace(points + (left, sink), radii) for points, radii in traces)
        _raise_skyline(skyline, moved, spacing)
        edge = max(float((t.points[:, 0] + t.radii).max()) for t in moved)
        line.append(Placed(digit, moved))
    return line


def _clear(
    skyline: NDArray[np.float64],
    traces: list[Trace],
    sink: float,
    spacing: Spacing,
    edge: float,
    rng: np.random.Generator,
) -> float:
    """How far to the right a digit must move to stand clear of what is already on the line."""
    gap = spacing.gap * rng.uniform(0.75, 1.35)
    need = -np.inf
    for points, radii in traces:
        rows = _rows(points[:, 1] + sink)
        need = max(need, float((skyline[rows] - (points[:, 0] - radii)).max()))
    tucked = edge - 0.12  # a digit reaches this far under its neighbour's overhang, no farther
    start = max(need + gap, tucked + gap)
    return start if spacing.gap < 0 else max(start, need + spacing.least)


def _raise_skyline(skyline: NDArray[np.float64], traces: tuple[Trace, ...], spacing: Spacing) -> None:
    """Add a digit to the `skyline`: the rightmost ink in every row and in the rows near it."""
    for points, radii in traces:
        reach = round((float(radii.max()) + max(spacing.gap, spacing.least)) * BINS) + 2
        rows = _rows(points[:, 1])
        for shift in range(-reach, reach + 1):
            np.maximum.at(skyline, np.clip(rows + shift, 0, len(skyline) - 1), points[:, 0] + radii)


def _rows(heights: NDArray[np.float64]) -> NDArray[np.int64]:
    """The skyline's rows for heights y on the line."""
    return np.clip(((heights + ROOM) * BINS).astype(np.int64), 0, round((1 + 2 * ROOM) * BINS) - 1)


def set_lines(lines: list[list[Placed]], pitch: float, rng: np.random.Generator) -> list[list[Placed]]:
    """Stand lines below each other, `pitch` digit heights apart, their left edges a little ragged."""
    page = []
    for number, line in enumerate(lines):
        shift = (abs(rng.normal(0, 0.25)), number * pitch + rng.normal(0, 0.02))
        page.append([Placed(p.digit, tuple(Trace(t.points + shift, t.radii) for t in p.traces)) for p in line])
    return page
