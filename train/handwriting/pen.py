"""Pens, and how their ink comes to lie on the paper."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from train.handwriting.grain import grain
from train.handwriting.hand import Path

BITS = 3  # fractional bits of the coordinates given to OpenCV


@dataclass(frozen=True, slots=True)
class Pen:
    """A kind of pen."""

    name: str
    width: tuple[float, float]  # narrowest and widest line, in digit heights
    pressure: float  # how much the width varies along a stroke, 0–1
    taper: float  # how much thinner a stroke may begin or end, 0–1
    grain: float  # how much of the paper's grain shows through, 0 (none) to 1
    edge: float  # softness of the line's edge, in line widths
    opacity: float  # darkness of full ink, 0–1


PENS = {
    pen.name: pen
    for pen in (
        Pen("ballpoint", (0.035, 0.07), pressure=0.25, taper=0.4, grain=0.25, edge=0.16, opacity=0.92),
        Pen("fineliner", (0.05, 0.1), pressure=0.1, taper=0.1, grain=0.04, edge=0.1, opacity=0.97),
        Pen("marker", (0.09, 0.19), pressure=0.14, taper=0.12, grain=0.03, edge=0.08, opacity=1.0),
        Pen("broad marker", (0.16, 0.26), pressure=0.1, taper=0.05, grain=0.03, edge=0.06, opacity=1.0),
        Pen("pencil", (0.045, 0.09), pressure=0.3, taper=0.35, grain=0.6, edge=0.2, opacity=0.8),
        Pen("chalk", (0.08, 0.14), pressure=0.25, taper=0.2, grain=0.75, edge=0.12, opacity=0.95),
    )
}
"""All pens by name."""


class Trace(NamedTuple):
    """One stroke as the pen leaves it, in pixels."""

    points: NDArray[np.float64]  # (N, 2) x, y
    radii: NDArray[np.float64]  # (N,) half the line's width


class Ink(NamedTuple):
    """A piece of ink and where its upper left corner lies."""

    left: int  # pixels
    top: int  # pixels
    mask: NDArray[np.uint8]  # (H, W), ink 255 on 0


def choose_width(pen: Pen, rng: np.random.Generator) -> float:
    """Draw the width of a pen's line, in digit heights."""
    low, high = pen.width
    return float(rng.uniform(low, high))


def press(path: Path, pen: Pen, width: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Give half the width of the line at every point of `path`, in digit heights, for a pen of `width`."""
    along = np.linspace(0, 1, len(path))
    wave = np.cos(2 * np.pi * (rng.uniform(0.3, 1.8) * along + rng.random()))
    ends = np.minimum(1, np.minimum(along * rng.uniform(4, 30), (1 - along) * rng.uniform(4, 14)))
    return np.asarray(width / 2 * (1 + pen.pressure * wave) * (1 - pen.taper * rng.random() * (1 - ends)))


def lay(traces: list[Trace], pen: Pen, rng: np.random.Generator) -> Ink:
    """Draw `traces` with `pen`, antialiased, into the smallest mask that holds them with a margin of a few pixels."""
    width = 2 * float(np.mean([trace.radii.mean() for trace in traces]))
    factor = int(np.clip(np.ceil(10 / width), 2, 8))
    soft = 3 * max(0.3, pen.edge * width) + 1  # three standard deviations of the edge's blur
    reach = [trace.radii.max() + soft for trace in traces]
    low = np.floor(np.min([t.points.min(axis=0) - r for t, r in zip(traces, reach, strict=True)], axis=0)).astype(int)
    high = np.ceil(np.max([t.points.max(axis=0) + r for t, r in zip(traces, reach, strict=True)], axis=0)).astype(int)
    columns, rows = high - low
    canvas = np.zeros((rows * factor, columns * factor), np.uint8)
    for trace in traces:
        _sweep(canvas, (trace.points - low) * factor, trace.radii * factor)
    canvas = _soak(canvas, pen, width * factor, rng)
    mask = cv2.resize(canvas, (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
    return Ink(int(low[0]), int(low[1]), np.asarray(mask, np.uint8))


def _sweep(canvas: NDArray[np.uint8], points: NDArray[np.float64], radii: NDArray[np.float64]) -> None:
    """Draw a line of varying width through `points` (N, 2) onto `canvas`, in its pixels."""
    fixed = np.rint((points - 0.5) * (1 << BITS)).astype(int).tolist()
    widths = np.maximum(1, np.rint(radii[:-1] + radii[1:])).astype(int).tolist()
    for start, end, width in zip(fixed, fixed[1:], widths, strict=False):
        cv2.line(canvas, start, end, 255, width, cv2.LINE_8, BITS)


def _soak(canvas: NDArray[np.uint8], pen: Pen, width: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Soften the edges of the ink on `canvas` and let the paper's grain through; `width` is the line's, pixels."""
    spread = max(0.6, pen.edge * width)
    soft = cv2.GaussianBlur(canvas, (0, 0), spread)
    if pen.grain < 0.1:
        return np.asarray(soft, np.uint8)
    depth = np.float32(pen.grain * rng.uniform(0.5, 1.0) * 200)
    holes = (0.25 - grain(soft.shape[:2], max(1.0, width / 5), rng)) * depth
    field = soft - holes * (soft / np.float32(255))
    return np.asarray(np.clip(2 * field - 128, 0, 255), np.uint8)
