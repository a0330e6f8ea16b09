"""Where a line of ink can be cut: the easiest ways from top to bottom, bending around strokes, one for each place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.strings.settings import StringSettings
from runtime.strings.writing import DIGIT_HEIGHT, Writing

FULL = 200  # of 255: darker ink is no harder to cut
MOVES = 2  # columns that a cut may move sideways from one row to the next
WAYS = 2 * MOVES + 1  # that lead into each column from the row above

Paths = NDArray[np.int64]
Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Cuts through a line from left to right; the first and the last are its borders."""

    paths: Paths  # (N, H) for each cut and row, the first column to its right
    crossed: Numbers  # (N,) strokes that it crosses, a contact of two counted once, 0 for a free way


def find_cuts(writing: Writing, settings: StringSettings) -> Cuts:
    """The distinct cuts of a line of writing.

    Each is the cheapest path in a band around one column, found by dynamic programming: entering ink costs most, so
    that a cut goes through the contact of two strokes rather than across both (after the segmentation paths of
    Congedo et al., "Segmentation of numeric strings", 1995, and of Wang et al., arXiv:cs/0205059).
    """
    height, width = writing.ink.shape
    centres = np.arange(1, width, max(1, round(settings.step * DIGIT_HEIGHT)))
    half = round(settings.reach * DIGIT_HEIGHT)
    crossed, paths = _cheapest(_bands(writing, centres, half), settings)
    paths = np.clip(paths + (centres - half)[:, None], 0, width)
    chosen = _distinct(writing, crossed, paths, settings)
    free = np.zeros(1, np.float32)
    return Cuts(
        np.vstack([np.zeros((1, height), np.int64), paths[chosen], np.full((1, height), width)]),
        np.concatenate([free, crossed[chosen], free]),
    )


def _bands(writing: Writing, centres: NDArray[np.int64], half: int) -> Numbers:
    """The ink, 0–1, around each of the columns `centres`, float32 (H, N, 2 `half` + 1)."""
    ink = np.minimum(writing.ink.astype(np.float32) / FULL, 1)
    padded = np.pad(ink, ((0, 0), (half, half)))
    return np.asarray(padded[:, centres[:, None] + np.arange(2 * half + 1)], np.float32)


def _cheapest(bands: Numbers, settings: StringSettings) -> tuple[Numbers, Paths]:
    """For each band the cost (N,) and the columns (N, H) of its cheapest path."""
    height, count, width = bands.shape
    steps = _steps(bands, settings)
    aside = settings.centred * np.abs(np.arange(width) - width // 2)
    costs = np.full((height, count, width + 2 * MOVES), np.inf)
    inside = settings.inside * bands
    costs[0, :, MOVES:-MOVES] = (settings.enter + settings.inside) * bands[0] + aside
    best, way = np.empty((count, width)), np.empty((count, width))
    for row in range(1, height):
        np.add(costs[row - 1, :, :width], steps[row - 1, 0], out=best)
        for move in range(1, WAYS):
            np.add(costs[row - 1, :, move : move + width], steps[row - 1, move], out=way)
            np.minimum(best, way, out=best)
        np.add(best, inside[row], out=costs[row, :, MOVES:-MOVES])
    return _follow(costs, steps, costs[-1, :, MOVES:-MOVES] + aside)


def _steps(bands: Numbers, settings: StringSettings) -> Numbers:
    """What each step costs into the next row, float32 (H - 1, WAYS, N, W), from left to right of the goal."""
    height, count, width = bands.shape
    padded = np.pad(bands[:-1], ((0, 0), (0, 0), (MOVES, MOVES)), constant_values=1)
    steps = np.empty((height - 1, WAYS, count, width), np.float32)
    for move in range(WAYS):
        entered = np.maximum(bands[1:] - padded[..., move : move + width], 0)
        steps[:, move] = settings.enter * entered + np.float64(settings.bend * abs(move - MOVES))
    return steps


def _follow(costs: NDArray[np.float64], steps: Numbers, ends: NDArray[np.float64]) -> tuple[Numbers, Paths]:
    """The cheapest of the `ends` (N, W) and the ways that led to them, from the `costs` (H, N, W + 2 MOVES)."""
    height, count, _ = costs.shape
    each, moves = np.arange(count), np.arange(WAYS)[:, None]
    column = ends.argmin(axis=1)
    lowest = np.asarray(ends[each, column], np.float32)
    paths = np.zeros((count, height), np.int64)
    paths[:, -1] = column
    for row in range(height - 2, -1, -1):
        ways = costs[row, each, column + moves] + steps[row, moves, each, column]
        column = column + ways.argmin(axis=0) - MOVES
        paths[:, row] = column
    return lowest, paths


def _distinct(writing: Writing, crossed: Numbers, paths: Paths, settings: StringSettings) -> NDArray[np.int64]:
    """The indices, from left to right, of the cuts with some ink between them and the borders and each other.

    Of two that are alike the easier one is taken.
    """
    height, count = paths.shape[1], len(paths)
    ink = np.pad(np.cumsum(writing.ink / 255, axis=1), ((0, 0), (1, 0)))
    borders = np.stack([ink[:, 0], ink[:, -1]])
    left = np.vstack([ink[np.arange(height), paths], borders]).astype(np.float32)  # ink to the left of each, row by row
    least = settings.distinct * DIGIT_HEIGHT * writing.stroke
    chosen = [count, count + 1]
    for index in np.argsort(crossed, kind="stable").tolist():
        if crossed[index] > settings.most_crossed:
            break
        if float(np.abs(left[chosen] - left[index]).sum(axis=1).min()) > least:
            chosen.append(index)
    return np.asarray(sorted(chosen[2:], key=lambda index: float(left[index].sum())), np.int64)
