"""Scribbles, crossings-out, coils, blots and arcs: what a pen leaves that means nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from train.background.written import Ink, draw_height
from train.handwriting.dataset import lay_paths
from train.handwriting.grain import grain
from train.handwriting.pen import PENS, choose_width

Path = NDArray[np.float64]
"""Points (N, 2) as x, y in heights of the writing."""


def draw_scribble(rng: np.random.Generator) -> Ink:
    """A stroke or some strokes without meaning."""
    shape = (_wander, _coil, _zigzag, _strokes, _character)[rng.choice(5, p=[0.35, 0.2, 0.15, 0.15, 0.15])]
    pen = PENS[str(rng.choice(list(PENS)))]
    width = choose_width(pen, rng) * rng.uniform(0.6, 1.0)
    return lay_paths(_upright(shape(rng), rng), pen, width, draw_height(rng), rng).mask


def draw_blot(rng: np.random.Generator) -> Ink:
    """A blot, a spot with splashes, or a flat arc."""
    return (_blob, _blob, _dots, _arc)[rng.integers(4)](rng)


def _wander(rng: np.random.Generator) -> list[Path]:
    """A line that wanders with many turns."""
    turns = int(rng.integers(9, 26))
    nodes = rng.uniform(0, 1, (turns, 2)) * [rng.uniform(0.6, 2.0), 1.0]
    return [_smooth(nodes, 8)]


def _coil(rng: np.random.Generator) -> list[Path]:
    """Loops one after the other, as of a spring, or around the same middle."""
    count = rng.uniform(2.5, 8)
    angle = np.linspace(0, 2 * np.pi * count, int(16 * count))
    advance = rng.choice([0.0, rng.uniform(0.15, 0.4)])
    shrink = np.linspace(1, rng.uniform(0.0, 0.6) if advance == 0 else 1, len(angle))
    shake = 1 + 0.15 * np.sin(angle * rng.uniform(0.2, 0.9) + rng.uniform(0, 6))
    x = 0.5 * shrink * shake * np.cos(angle) * rng.uniform(0.5, 1.2) + advance * angle / (2 * np.pi)
    return [np.stack([x, 0.5 * shrink * shake * np.sin(angle + rng.uniform(-0.5, 0.5))], axis=1)]


def _zigzag(rng: np.random.Generator) -> list[Path]:
    """A line to and fro, as one crosses something out, with sharp or round turns."""
    turns = int(rng.integers(6, 14))
    nodes = np.stack([np.linspace(0, rng.uniform(0.5, 2.2), turns), np.arange(turns) % 2], axis=1)
    nodes += rng.normal(0, rng.uniform(0.02, 0.15), nodes.shape)
    return [_smooth(nodes, 6 if rng.random() < 0.5 else 1)]


def _strokes(rng: np.random.Generator) -> list[Path]:
    """Strokes across each other."""
    count = int(rng.integers(4, 8))
    middles = rng.uniform(0.25, 0.75, (count, 1, 2))
    angles = rng.uniform(0, np.pi, count)
    halves = rng.uniform(0.3, 0.6, (count, 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return [
        _smooth(middle + half * [[-1], [0.1], [1]] + rng.normal(0, 0.04, (3, 2)), 6)
        for middle, half in zip(middles, halves[:, None], strict=True)
    ]


def _character(rng: np.random.Generator) -> list[Path]:
    """Short strokes to the right, downwards and aslant, crowded as in a character that stands for a word."""
    count = int(rng.integers(5, 11))
    ways = np.array([[1.0, -0.05], [0.0, 1.0], [-0.6, 0.8], [0.6, 0.8]])[rng.choice(4, count, p=[0.4, 0.3, 0.15, 0.15])]
    halves = ways * rng.uniform(0.12, 0.5, (count, 1))
    middles = np.round(rng.uniform(0.1, 0.9, (count, 2)) * 4) / 4
    strokes = np.stack([middles - halves, middles, middles + halves], axis=1)
    return [_smooth(stroke, 2) for stroke in strokes + rng.normal(0, 0.025, strokes.shape)]


def _smooth(nodes: Path, pieces: int) -> Path:
    """A curve near the nodes: each corner is cut again and again (Chaikin, 1974) where `pieces` is above 1."""
    points = nodes
    for _ in range(int(np.log2(pieces))):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], cut, points[-1:]])
    return _dense(points)


def _dense(points: Path) -> Path:
    """The same line with a point at least every tenth of the height."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    even = np.linspace(0, along[-1], max(4, int(along[-1] / 0.08) + 2))
    return np.stack([np.interp(even, along, column) for column in points.T], axis=1)


def _upright(paths: list[Path], rng: np.random.Generator) -> list[Path]:
    """Turn by any angle and scale to a height, or a width, of 1."""
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.3 else rng.normal(0, 0.2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = [path @ turn for path in paths]
    low = np.min([path.min(axis=0) for path in turned], axis=0)
    high = np.max([path.max(axis=0) for path in turned], axis=0)
    return [(path - low) / max(*(high - low), 0.1) for path in turned]


def _blob(rng: np.random.Generator) -> Ink:
    """A spot of ink with an uneven edge."""
    height = draw_height(rng)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    waves = sum(rng.normal(0, 0.35 / k) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(1, 6))
    radius = height / 2 * np.clip(0.75 + waves * 0.6, 0.25, 1.4)
    wide = rng.uniform(0.8, 2.2)
    points = np.stack([radius * wide * np.cos(angle), radius * np.sin(angle)], axis=1)
    points -= points.min(axis=0) - 3
    canvas = np.zeros(np.ceil(points.max(axis=0)[::-1]).astype(int) + 4, np.uint8)
    cv2.fillPoly(canvas, [np.rint(points * 8).astype(np.int32)], 255, cv2.LINE_AA, 3)
    return canvas


def _dots(rng: np.random.Generator) -> Ink:
    """Some dots of one size or several."""
    height = int(draw_height(rng))
    canvas = np.zeros((height, int(height * rng.uniform(0.8, 1.8))), np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        place = rng.integers(0, canvas.shape[::-1]).tolist()
        cv2.circle(canvas, place, max(1, int(height * rng.uniform(0.04, 0.16))), 255, cv2.FILLED, cv2.LINE_AA)
    return canvas


def _arc(rng: np.random.Generator) -> Ink:
    """A flat arc: part of a large round thing, or of a smile."""
    height = int(draw_height(rng))
    canvas = np.zeros((height, 2 * height), np.uint8)
    depth = rng.uniform(0.3, 1.3) * height * rng.choice([-1, 1])
    x = np.linspace(0.05, 0.95, 24)
    y = 0.5 * height + depth * ((x - rng.uniform(0.3, 0.7)) ** 2 - 0.08)
    points = np.stack([x * canvas.shape[1], y], axis=1)
    cv2.polylines(
        canvas,
        [np.rint(points).astype(np.int32)],
        isClosed=False,
        color=255,
        thickness=max(1, int(height * rng.uniform(0.04, 0.3))),
        lineType=cv2.LINE_AA,
    )
    return _worn(canvas, rng)


def _worn(ink: Ink, rng: np.random.Generator) -> Ink:
    """Ink with the paper's grain in it."""
    holes = np.clip(1 - rng.uniform(0, 0.5) * (grain(ink.shape, 3, rng) + 0.2), 0, 1)
    return np.asarray(ink * holes, np.uint8)
