"""What is written by hand and is no digit: letters, joined letters and signs, with our own pens."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from train.background.alphabet import LETTERS, SIGNS
from train.handwriting.dataset import lay_paths
from train.handwriting.hand import Path, choose_hand, write_style
from train.handwriting.pen import PENS, choose_width
from train.handwriting.styles import Style

Ink = NDArray[np.uint8]
"""A piece of ink as drawn, uint8 (H, W), ink 255 on 0."""

HEIGHTS = (18.0, 90.0)  # pixels: a small digit of a small frame, and a large one


def draw_letter(rng: np.random.Generator) -> Ink:
    """One handwritten letter."""
    return _draw([choose(LETTERS, rng)], 0, rng)


def draw_sign(rng: np.random.Generator) -> Ink:
    """One handwritten operator, arrow, tick or little drawing."""
    return _draw([choose(SIGNS, rng)], 0, rng)


def draw_joined(rng: np.random.Generator) -> Ink:
    """Two to four handwritten letters that touch or run into each other."""
    count = int(rng.choice([2, 3, 4], p=[0.5, 0.3, 0.2]))
    return _draw([choose(LETTERS, rng) for _ in range(count)], rng.uniform(0.02, 0.22), rng)


def choose(styles: Sequence[Style], rng: np.random.Generator) -> Style:
    """One of `styles`, the common ones more often."""
    weights = np.cumsum([style.weight for style in styles])
    return styles[int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]


def draw_height(rng: np.random.Generator) -> float:
    """How tall the writing is, pixels: small sizes as often as large ones, octave for octave."""
    low, high = HEIGHTS
    return float(low * (high / low) ** rng.random())


def _draw(styles: Sequence[Style], overlap: float, rng: np.random.Generator) -> Ink:
    """Write `styles` one after the other in one hand, each `overlap` letter heights into the one before it."""
    pen = PENS[str(rng.choice(list(PENS)))]
    width = choose_width(pen, rng)
    hand = choose_hand(rng, width)
    paths: list[Path] = []
    edge = overlap
    for style in styles:
        written = write_style(style, rng.normal(size=(2, 5)), hand, rng)
        shift = np.array([edge - overlap, 0.04 * rng.normal() if paths else 0.0])
        paths += [path + shift for path in written]
        edge = float(max(path[:, 0].max() for path in paths))
    return lay_paths(paths, pen, width, draw_height(rng), rng).mask
