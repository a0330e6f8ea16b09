"""A writer's hand: which styles it prefers, how it leans and how steady it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.handwriting.strokes import PACES, skeleton
from train.handwriting.styles import STYLES, Style

Path = NDArray[np.float64]
"""One stroke's path, (N, 2): x to the right and y down, in digit heights; the digit stands between y = 0 and 1."""


BENDS = np.array([[0.6, 0.8, 0.5, 0.9, 0.5], [0.9, 0.6, 0.6, 0.5, 1.3]])
"""How readily x and y follow each of `_features`: most of all, the middle of a digit moves up or down."""


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """What stays the same while one person writes."""

    styles: tuple[int, ...]  # ten indices into the styles of 0 to 9
    slant: float  # horizontal shift per unit of height, positive leans to the right
    aspect: float  # width beside that of the style
    pace: int  # 0 (slow, keeps corners) to 5 (fast, rounds them)
    bend: float  # how far the shapes differ from the style's, digit heights
    unsteadiness: float  # how much the same digit differs from one time to the next, 1 is usual
    shapes: NDArray[np.float64]  # (10, 2, 5) this hand's own deformation of every digit


def choose_hand(rng: np.random.Generator, width: float = 0.0) -> Hand:
    """Draw a hand at random; one that holds a thick pen, of `width` digit heights, writes wider to keep loops open."""
    return Hand(
        styles=tuple(choose_style(digit, rng) for digit in range(len(STYLES))),
        slant=float(np.clip(rng.normal(0.16, 0.24), -0.45, 0.8)),
        aspect=float(np.exp(rng.normal(0.0, 0.2))) * (1 + width),
        pace=int(rng.integers(PACES)),
        bend=float(rng.uniform(0.02, 0.08)),
        unsteadiness=float(rng.uniform(0.6, 1.4)),
        shapes=rng.normal(size=(len(STYLES), 2, 5)),
    )


def choose_style(digit: int, rng: np.random.Generator) -> int:
    """Draw the index of a style of `digit`, the common ones more often."""
    weights = np.array([style.weight for style in STYLES[digit]])
    return int(np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(), side="right"))


def write(digit: int, hand: Hand, rng: np.random.Generator) -> list[Path]:
    """Write `digit` once and give its strokes; the hand's own shape is kept, the rest varies with `rng`."""
    return write_style(STYLES[digit][hand.styles[digit]], hand.shapes[digit], hand, rng)


def write_style(style: Style, shape: NDArray[np.float64], hand: Hand, rng: np.random.Generator) -> list[Path]:
    """Write `style` once, deformed by the hand's own `shape` (2, 5) for it, and give its strokes."""
    bones = skeleton(style, hand.pace)
    shape = shape + 0.5 * hand.unsteadiness * rng.normal(size=(2, 5))
    warp = hand.bend * BENDS * np.clip(shape, -1.6, 1.6)  # beyond this the ends of a digit would fold over
    paths = []
    for controls, sampler in zip(bones.controls, bones.samplers, strict=True):
        bent = controls + _features(controls) @ warp.T + _jitter(len(controls), 0.016 * hand.unsteadiness, rng)
        paths.append(sampler @ bent)
    return _stand(paths, hand, rng)


def _features(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smooth functions (C, 5) of place that a deformation is made of, about -1 to 1 over the digit."""
    x, y = (points[:, 0] - 0.3) / 0.4, (points[:, 1] - 0.5) / 0.5
    return np.stack([x, x * y, x**2 - 0.4, y**2 - 0.4, np.sin(np.pi * y)], axis=1)


def _jitter(count: int, spread: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Displacements (count, 2) of which neighbours share a part, after one displacement of the whole stroke."""
    noise = rng.normal(0, spread, (count + 2, 2))
    return np.asarray(0.5 * noise[:-2] + 0.8 * noise[1:-1] + 0.5 * noise[2:] + rng.normal(0, spread, 2))


def _stand(paths: list[Path], hand: Hand, rng: np.random.Generator) -> list[Path]:
    """Slant, turn and stretch the strokes, and set them between y = 0 and 1 with the leftmost point at x = 0."""
    slant = hand.slant + rng.normal(0, 0.05 * hand.unsteadiness)
    angle = rng.normal(0, 0.05 * hand.unsteadiness)
    wide = hand.aspect * np.exp(rng.normal(0, 0.06 * hand.unsteadiness))
    shear = np.array([[wide, 0.0], [-slant, 1.0]])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = shear @ turn
    placed = [path @ matrix for path in paths]
    everything = np.concatenate(placed)
    low, high = everything.min(axis=0), everything.max(axis=0)
    return [(path - low) / (high[1] - low[1]) for path in placed]
