"""From control points to smooth strokes: Catmull-Rom splines whose corners a fast hand rounds."""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from train.handwriting.styles import Style

STEP = 0.025  # distance between the samples of a stroke, in digit heights
PACES = 6  # a hand's pace is one of 0 (draws every corner) … PACES - 1 (rounds them)
PIECE = 16  # samples between two control points, before they are spaced evenly
ROUNDING = 0.01  # digit heights over which the pen's inertia smooths the path, per step of pace


class Skeleton(NamedTuple):
    """A style ready to be deformed: its control points and, for each stroke, the matrix that samples the spline."""

    controls: tuple[NDArray[np.float64], ...]  # per stroke (C, 2) x, y in digit heights
    samplers: tuple[NDArray[np.float64], ...]  # per stroke (N, C); sampler @ controls is the path (N, 2)


@cache
def skeleton(style: Style, pace: int) -> Skeleton:
    """Give the skeleton of `style` for a hand of `pace` (0 to PACES - 1)."""
    parsed = [parse(stroke) for stroke in style.strokes.split(" / ")]
    samplers = tuple(_sampler(points, corners, pace) for points, corners in parsed)
    return Skeleton(tuple(points for points, _ in parsed), samplers)


def parse(stroke: str) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Read one stroke's notation: its control points (C, 2) in digit heights, and the indices of its corners."""
    words = stroke.split()
    points = np.array([[float(number) for number in word.rstrip("!").split(",")] for word in words]) / 100
    return points, tuple(index for index, word in enumerate(words) if word.endswith("!"))


def _sampler(points: NDArray[np.float64], corners: tuple[int, ...], pace: int) -> NDArray[np.float64]:
    """The matrix (N, C) that takes control points to a path sampled every STEP and smoothed by the pen's inertia."""
    bounds = (0, *corners, len(points) - 1)
    spans = [(first, last) for first, last in pairwise(bounds) if last > first]
    pieces = [_span(points, first, last) for first, last in spans]
    dense = np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])
    steps = np.hypot(*np.diff(dense @ points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    targets = np.linspace(0, along[-1], max(4, round(along[-1] / STEP) + 1))
    even = np.stack([np.interp(targets, along, column) for column in dense.T], axis=1)
    return np.asarray(_inertia(targets, pace * ROUNDING) @ even)


def _span(points: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """The matrix (M, C) of a centripetal Catmull-Rom spline through the control points `first` to `last`.

    The times at which the points are reached grow with the square root of their distance, and each tangent is that of
    the parabola through three neighbours (Barry, Goldman, "A recursive evaluation algorithm for a class of Catmull-Rom
    splines", 1988): uneven points make neither loops nor flats.
    """
    unit = np.eye(len(points))
    times = np.sqrt(np.hypot(*np.diff(points, axis=0).T))
    slopes = (unit[1:] - unit[:-1]) / times[:, None]
    rows = []
    for index in range(first, last):
        begin = _tangent(slopes, times, index) if index > first else slopes[index]
        end = _tangent(slopes, times, index + 1) if index + 1 < last else slopes[index]
        t = np.linspace(0, 1, PIECE, endpoint=False)[:, None]
        rows.append((1 + 2 * t) * (1 - t) ** 2 * unit[index] + t**2 * (3 - 2 * t) * unit[index + 1])
        rows[-1] += times[index] * (t * (1 - t) ** 2 * begin + t**2 * (t - 1) * end)
    return np.concatenate([*rows, unit[last : last + 1]])


def _tangent(slopes: NDArray[np.float64], times: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """The tangent at the control point `index` between two pieces: the shorter piece has the greater say."""
    before, after = times[index - 1], times[index]
    return np.asarray((after * slopes[index - 1] + before * slopes[index]) / (before + after))


def _inertia(along: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """The matrix (N, N) that averages a path over `width` (standard deviation) of its own length; the ends stay put."""
    if width == 0:
        return np.eye(len(along))
    room = np.minimum(along, along[-1] - along)
    spread = np.maximum(np.minimum(width, room / 2), 1e-6)[:, None]
    weights = np.exp(-(((along[None, :] - along[:, None]) / spread) ** 2) / 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
