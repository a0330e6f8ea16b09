"""Lines of digits as one hand sets them down: spacing, a wavering base line, digits that keep clear of each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.handwriting.hand import Hand, write
from train.handwriting.pen import Pen, Trace, press

BINS = 64  # rows per digit height in which clearances are measured
ROOM = 0.5  # digit heights above and below the line in which clearances are measured
OVERHANG = 0.12  # digit heights that a digit reaches under its neighbour's overhang, at most


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """A hand with a pen in it, and its habits of spacing; all lengths in digit heights."""

    hand: Hand
    pen: Pen
    width: float  # of the pen's line
    gap: float  # usual clearance between digits; below 0 they may touch
    least: float  # clearance that is always kept, where `gap` is not below 0
    pitch: float  # from one base line to the next


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A digit and its strokes where they stand on the page, in digit heights."""

    digit: int
    traces: tuple[Trace, ...]

    def moved(self, right: float, down: float) -> "Placed":
        """The same digit elsewhere."""
        shift = np.array([right, down])
        return Placed(self.digit, tuple(Trace(points + shift, radii) for points, radii in self.traces))

    @property
    def right(self) -> float:
        """Where its ink ends."""
        return max(float((points[:, 0] + radii).max()) for points, radii in self.traces)


class _Skyline:
    """How far to the right the ink of a line reaches, row by row."""

    def __init__(self, reach: float) -> None:
        self._reach = round(reach * BINS) + 2  # rows above and below ink that count as its own
        self._edges = np.full(round((1 + 2 * ROOM) * BINS), -np.inf)

    def add(self, placed: Placed) -> None:
        """Let the skyline rise where `placed` stands."""
        for points, radii in placed.traces:
            rows = self._rows(points)
            for shift in range(-self._reach, self._reach + 1):
                near = np.clip(rows + shift, 0, len(self._edges) - 1)
                np.maximum.at(self._edges, near, points[:, 0] + radii)

    def touch(self, placed: Placed) -> float:
        """How far `placed` must move to the right to touch what stands there."""
        return max(float((self._edges[self._rows(t.points)] - t.points[:, 0] + t.radii).max()) for t in placed.traces)

    def _rows(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.clip(((points[:, 1] + ROOM) * BINS).astype(np.int64), 0, len(self._edges) - 1)


def write_line(digits: list[int], writer: Writer, rng: np.random.Generator) -> list[Placed]:
    """Write `digits` from x = 0 on a base line at y = 1."""
    skyline = _Skyline(writer.width + max(writer.gap, writer.least))
    drift, wave, phase = rng.normal(0, 0.012), rng.uniform(0, 0.03), rng.uniform(0, 6)
    line: list[Placed] = []
    for digit in digits:
        edge = line[-1].right if line else 0.0
        sink = drift * edge + wave * np.sin(edge + phase) + rng.normal(0, 0.015)
        loose = _write_digit(digit, writer, rng).moved(0, sink)
        placed = loose.moved(_advance(skyline.touch(loose), edge, writer, rng), 0) if line else loose
        skyline.add(placed)
        line.append(placed)
    return line


def _write_digit(digit: int, writer: Writer, rng: np.random.Generator) -> Placed:
    """Write `digit` once, a little larger or smaller than usual, standing on y = 1 and beginning at x = 0."""
    size = float(np.exp(rng.normal(0, 0.05)))
    paths = [path * size + (0.0, 1 - size) for path in write(digit, writer.hand, rng)]
    return Placed(digit, tuple(Trace(path, press(path, writer.pen, writer.width, rng)) for path in paths))


def _advance(touch: float, edge: float, writer: Writer, rng: np.random.Generator) -> float:
    """How far a digit that would touch its neighbours at `touch` moves to the right."""
    usual = max(touch, edge - OVERHANG) + writer.gap * rng.uniform(0.75, 1.35)
    return usual if writer.gap < 0 else max(usual, touch + writer.least)


def set_lines(lines: list[list[Placed]], pitch: float, rng: np.random.Generator) -> list[list[Placed]]:
    """Stand lines below each other, `pitch` digit heights apart, their left edges a little ragged."""
    page = []
    for number, line in enumerate(lines):
        right, down = abs(rng.normal(0, 0.25)), number * pitch + rng.normal(0, 0.02)
        page.append([placed.moved(right, down) for placed in line])
    return page
