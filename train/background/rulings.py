"""Pieces of rulings, tables, boxes and frames, as they are left where lines meet writing or each other."""

import cv2
import numpy as np

from train.background.written import Ink, draw_height

Segment = tuple[float, float, float, float]
"""A line from x, y to x, y, each in heights of the piece."""

PIECES: tuple[tuple[Segment, ...], ...] = (
    ((0, 0.5, 2, 0.5),),
    ((0, 0.2, 2, 0.2), (0, 0.8, 2, 0.8)),
    ((0, 0, 0, 1), (0, 1, 1, 1)),
    ((0, 0, 0, 1), (0, 0, 1, 0)),
    ((0, 0, 1.2, 0), (0.6, 0, 0.6, 0.9)),
    ((0, 0.9, 1.2, 0.9), (0.6, 0, 0.6, 0.9)),
    ((0, 0, 0, 1), (0, 0.5, 1, 0.5)),
    ((0, 0.5, 1, 0.5), (0.5, 0, 0.5, 1)),
    ((0, 0.5, 1.6, 0.5), (0.5, 0, 0.5, 1), (1.1, 0, 1.1, 1)),
    ((0, 0.3, 1, 0.3), (0, 0.7, 1, 0.7), (0.5, 0, 0.5, 1)),
    ((0, 0, 1.3, 0), (0, 0, 0, 1), (1.3, 0, 1.3, 1)),
    ((0, 1, 1.3, 1), (0, 0, 0, 1), (1.3, 0, 1.3, 1)),
    ((0, 0, 1, 0), (0, 0, 0, 1), (0, 1, 1, 1)),
    ((0, 0, 0, 1), (0, 0, 1, 0), (0.12, 0.12, 0.12, 1), (0.12, 0.12, 1, 0.12)),
    ((0, 0, 1.2, 0), (0, 0, 0, 1), (1.2, 0, 1.2, 1), (0, 1, 1.2, 1), (0.6, 0, 0.6, 1), (0, 0.5, 1.2, 0.5)),
    ((0, 0, 1, 0), (0, 0.33, 1, 0.33), (0, 0.67, 1, 0.67), (0, 1, 1, 1), (0.5, 0, 0.5, 1)),
    ((0, 0, 1.1, 0.9), (0, 0.9, 1.1, 0)),
    ((0, 0.5, 2.4, 0.5), (1.2, 0.5, 1.2, 0.9)),
    ((0, 0.5, 2.4, 0.5), (0.9, 0.1, 1.3, 0.9)),
)
"""Corners, crossings, rails and grids; a lone upright line is a 1, and a corner at the upper right a 7, to anybody."""


def draw_piece(rng: np.random.Generator) -> Ink:
    """One piece of ruling, slightly askew, of thin or thick lines, whole, dashed or with the end of a stroke on it."""
    height = draw_height(rng)
    corners = np.array(PIECES[rng.integers(len(PIECES))]).reshape(-1, 2, 2)
    corners = corners * [rng.uniform(0.8, 1.4), rng.uniform(0.8, 1.2)] + rng.normal(0, 0.015, corners.shape)
    angle = rng.normal(0, 0.06)
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned -= turned.reshape(-1, 2).min(axis=0)
    thickness = max(1, round(height * rng.choice([rng.uniform(0.02, 0.08), rng.uniform(0.05, 0.2)])))
    margin = thickness + 2
    places = np.rint(turned * height + margin).astype(int)
    canvas = np.zeros((places[..., 1].max() + margin, places[..., 0].max() + margin), np.uint8)
    for start, end in places.tolist():
        cv2.line(canvas, start, end, 255, thickness, cv2.LINE_AA)
    if rng.random() < 0.3:
        _leave_stroke(canvas, thickness, rng)
    if rng.random() < 0.15:
        _dash(canvas, rng)
    return canvas


def _leave_stroke(canvas: Ink, thickness: int, rng: np.random.Generator) -> None:
    """Part of a stroke that met the line."""
    height, width = canvas.shape
    middle = rng.integers(0, (width, height)).tolist()
    axes = (int(rng.uniform(0.1, 0.4) * height) + 2, int(rng.uniform(0.1, 0.4) * height) + 2)
    begin = rng.uniform(0, 360)
    thick = max(1, round(thickness * rng.uniform(0.7, 2.0)))
    cv2.ellipse(canvas, middle, axes, 0, begin, begin + rng.uniform(40, 150), 255, thick, cv2.LINE_AA)


def _dash(canvas: Ink, rng: np.random.Generator) -> None:
    """Interrupt all lines, as a dotted rule is."""
    period = max(3, int(canvas.shape[0] * rng.uniform(0.08, 0.25)))
    rows, columns = np.indices(canvas.shape)
    canvas[(rows + columns) % period < period * rng.uniform(0.2, 0.4)] = 0
