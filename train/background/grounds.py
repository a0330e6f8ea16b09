"""Grounds that fill a scene: brick, weave, wood, leaves, grass, pebbles, hair, clouds and the like."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from train.handwriting.grain import grain

Field = NDArray[np.float32]
"""A scene in the making, float32 (H, W), grey levels 0–255."""

Ground = Callable[[tuple[int, int], np.random.Generator], Field]
"""Fills a scene of (height, width)."""


def smooth(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """A gradient with soft clouds."""
    rows, columns = np.indices(shape, np.float32) / np.float32(max(shape))
    slope = rng.normal(0, 90) * rows + rng.normal(0, 90) * columns
    return np.asarray(rng.uniform(40, 220) + slope + rng.uniform(0, 30) * grain(shape, 40, rng), np.float32)


def cloudy(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Grain of several sizes, sometimes with hard levels as of camouflage or peeling paint."""
    field = sum(rng.uniform(5, 60) * grain(shape, size, rng) for size in rng.uniform(1, 20, 3))
    if rng.random() < 0.5:
        step = rng.uniform(30, 90)
        field = np.round(field / step) * step
    return np.asarray(rng.uniform(60, 190) + field, np.float32)


def brick(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Courses of bricks or tiles with mortar between."""
    field = np.full(shape, rng.uniform(30, 220), np.float32)
    tall, wide = rng.uniform(12, 50), rng.uniform(20, 110)
    gap, middle = rng.uniform(1.5, 6), rng.uniform(50, 200)
    shift = 0.5 if rng.random() < 0.7 else 0.0
    for row in range(int(shape[0] / tall) + 1):
        for column in range(-1, int(shape[1] / wide) + 1):
            left, top = (column + shift * (row % 2)) * wide, row * tall
            corners = np.array([[left + gap, top + gap], [left + wide, top + tall]]) + rng.normal(0, gap / 4, (2, 2))
            first, last = np.rint(corners).astype(int).tolist()
            cv2.rectangle(field, first, last, middle + rng.normal(0, 18), cv2.FILLED)
    return np.asarray(field + rng.uniform(4, 30) * grain(shape, rng.uniform(1, 4), rng), np.float32)


def weave(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Stripes, checks or a weave, somewhat warped."""
    rows, columns = np.indices(shape, np.float32)
    bend = rng.uniform(0, 10)
    rows, columns = rows + bend * grain(shape, 30, rng), columns + bend * grain(shape, 30, rng)
    angle = rng.uniform(0, np.pi)
    across = columns * np.cos(angle) + rows * np.sin(angle)
    along = rows * np.cos(angle) - columns * np.sin(angle)
    first, second = np.sin(across * 2 * np.pi / rng.uniform(5, 60)), np.sin(along * 2 * np.pi / rng.uniform(5, 60))
    pattern = (first, first * second, np.maximum(first, second), np.sign(first) * np.sign(second))[rng.integers(4)]
    return np.asarray(rng.uniform(70, 180) + rng.uniform(15, 60) * pattern + 8 * grain(shape, 1.5, rng), np.float32)


def wood(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Long grain with knots."""
    rows, columns = np.indices(shape, np.float32)
    far = rows * rng.uniform(0.02, 0.12) + 3 * grain(shape, 60, rng) + columns * 0.01
    if rng.random() < 0.5:
        knot = rng.uniform(0, 1, 2) * shape
        far = far + 6 * np.exp(-np.hypot(rows - knot[0], (columns - knot[1]) / 2) / rng.uniform(15, 40))
    rings = np.sin(2 * np.pi * far) * rng.uniform(10, 45)
    return np.asarray(rng.uniform(80, 190) + rings + 10 * grain(shape, 1.2, rng), np.float32)


def leaves(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Leaves over leaves."""
    field = np.full(shape, rng.uniform(20, 120), np.float32)
    base, spread, size = rng.uniform(60, 160), rng.uniform(10, 50), rng.uniform(4, 22)
    slim = rng.uniform(0.2, 0.7)
    for _ in range(int(min(700, 1.2 * shape[0] * shape[1] / size**2))):
        axes = (int(size * rng.uniform(0.6, 1.6)) + 1, int(size * slim * rng.uniform(0.6, 1.4)) + 1)
        _ellipse(field, rng.uniform(0, 1, 2) * shape[::-1], axes, rng.uniform(0, 180), base + rng.normal(0, spread))
    return field


def pebbles(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Round things side by side with dark rims and light spots, as coins, pebbles and buttons have."""
    field = np.full(shape, rng.uniform(20, 200), np.float32)
    pitch = rng.uniform(18, 70)
    for top in np.arange(0, shape[0] + pitch, pitch):
        for left in np.arange(0, shape[1] + pitch, pitch):
            middle = np.array([left, top]) + rng.normal(0, 0.12 * pitch, 2)
            axes = tuple(int(a) for a in pitch * rng.uniform(0.3, 0.48, 2))
            shade = rng.uniform(60, 220)
            _ellipse(field, middle, axes, rng.uniform(0, 180), shade)
            _mark(field, middle, 0.25 * pitch, shade + rng.normal(0, 40), rng)
    return np.asarray(field + 10 * grain(shape, 2, rng), np.float32)


def grass(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Blades, hairs or straws, straight or bent."""
    field = np.full(shape, rng.uniform(20, 200), np.float32)
    main, spread = rng.uniform(0, np.pi), rng.uniform(0.1, 1.2)
    length, thick, contrast = rng.uniform(12, 90), int(rng.integers(1, 4)), rng.uniform(15, 70)
    for _ in range(int(rng.uniform(80, 450))):
        angle, bend = main + rng.normal(0, spread), rng.normal(0, 0.5)
        times = np.linspace(0, 1, 5)[:, None]
        turned = angle + bend * times
        way = np.hstack([np.cos(turned), np.sin(turned)]) * times * length
        points = np.rint((way + rng.uniform(0, 1, 2) * shape[::-1]) * 8).astype(np.int32)
        shade = float(np.clip(field[0, 0] + rng.normal(0, contrast), 0, 255))
        cv2.polylines(field, [points], False, shade, thick, cv2.LINE_8, 3)
    return field


def branches(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Twigs, veins or cracks that fork and grow thinner."""
    field = smooth(shape, rng)
    shade = float(np.clip(field.mean() + rng.choice([-1, 1]) * rng.uniform(30, 110), 0, 255))
    tips = [(rng.uniform(0, 1, 2) * shape[::-1], rng.uniform(0, 2 * np.pi), rng.uniform(3, 9)) for _ in range(5)]
    for _ in range(260):
        if not tips:
            break
        place, angle, thick = tips.pop(int(rng.integers(len(tips))))
        angle += rng.normal(0, 0.35)
        end = place + rng.uniform(6, 22) * np.array([np.cos(angle), np.sin(angle)])
        first, last = np.rint([place, end]).astype(int).tolist()
        cv2.line(field, first, last, shade, max(1, round(thick)), cv2.LINE_8)
        forks = 2 if rng.random() < 0.3 else 1
        tips += [(end, angle + rng.normal(0, 0.5) * (forks - 1), thick * 0.93) for _ in range(forks) if thick > 0.5]
    return field


def lights(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Bright spots in the dark, sharp or out of focus."""
    field = np.full(shape, rng.uniform(5, 60), np.float32)
    for _ in range(int(rng.uniform(15, 150))):
        radius = int(rng.exponential(3)) + 1
        _ellipse(field, rng.uniform(0, 1, 2) * shape[::-1], (radius, radius), 0, rng.uniform(60, 255))
    return np.asarray(cv2.GaussianBlur(field, (0, 0), rng.uniform(0.6, 2.5)), np.float32)


def _ellipse(field: Field, middle: NDArray[np.float64], axes: tuple[int, ...], angle: float, shade: float) -> None:
    cv2.ellipse(field, np.rint(middle).astype(int).tolist(), axes, angle, 0, 360, float(shade), cv2.FILLED)


def _mark(field: Field, middle: NDArray[np.float64], size: float, shade: float, rng: np.random.Generator) -> None:
    """A broken ring and some strokes within a round thing: an embossing, a hole, a highlight."""
    place = np.rint(middle).astype(int).tolist()
    begin = rng.uniform(0, 360)
    axes = (int(size) + 1, int(size * rng.uniform(0.6, 1)) + 1)
    cv2.ellipse(field, place, axes, 0, begin, begin + rng.uniform(60, 250), float(shade), int(rng.integers(1, 4)))
    for end in rng.normal(0, size * 0.6, (int(rng.integers(0, 4)), 2)):
        cv2.line(field, place, np.rint(middle + end).astype(int).tolist(), float(shade), int(rng.integers(1, 3)))


GROUNDS: tuple[Ground, ...] = (smooth, cloudy, brick, weave, wood, leaves, pebbles, grass, branches, lights)
"""All grounds."""
