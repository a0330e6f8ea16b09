"""Whole data sets of drawn digits, and a sheet to look at them."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import DIGITS, GLYPH_SIDE
from train.handwriting.hand import Path, choose_hand, write, write_style
from train.handwriting.pen import PENS, Ink, Pen, Trace, choose_width, lay, press
from train.handwriting.styles import EUROPEAN

PEN_SHARES = {
    "marker": 0.46,
    "broad marker": 0.12,
    "fineliner": 0.22,
    "ballpoint": 0.08,
    "pencil": 0.07,
    "chalk": 0.05,
}
EUROPEAN_PENS = {
    "marker": 0.35,
    "broad marker": 0.2,  # the thicker the pen, the more a long serif is taken for another digit's stroke
    "fineliner": 0.15,
    "ballpoint": 0.15,
    "pencil": 0.1,
    "chalk": 0.05,
}
UPRIGHT = (-0.2, 0.4)  # slants within which a long serif is no top bar
NARROW, CALM = 1.1, 0.045  # the widest aspect and the strongest bend with which that holds
EUROPEAN_HEIGHTS = (18.0, 72.0)  # pixels: as small and as large as in photographs
EUROPEAN_STREAM = 1 << 61  # the random numbers of these samples are none of those of `draw_digits`
HEIGHT = 56  # pixels at which a digit is drawn before it is normalised


def draw_digits(count: int, seed: int, start: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw samples `start` to `start + count` of the data set `seed`.

    Gives images uint8 (count, 28, 28), ink 255 on 0, as `normalise` makes them, and labels uint8 (count,) 0–9. Every
    ten samples hold each digit once, and a sample depends on `seed` and its own index alone, so a data set may be drawn
    in parts.
    """
    images = np.empty((count, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    labels = np.empty(count, np.uint8)
    for place, index in enumerate(range(start, start + count)):
        labels[place] = _label(index, seed)
        images[place] = normalise(draw_digit(int(labels[place]), sample_rng(seed, index)).mask)
    return images, labels


def draw_digit(digit: int, rng: np.random.Generator, height: float = HEIGHT) -> Ink:
    """Draw `digit` once, in a hand and with a pen drawn by `rng`, `height` pixels tall."""
    pen = PENS[str(rng.choice(list(PEN_SHARES), p=list(PEN_SHARES.values())))]
    width = choose_width(pen, rng)
    hand = choose_hand(rng, width)
    return lay_paths(write(digit, hand, rng), pen, width, height, rng)


def draw_european(count: int, seed: int, start: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw samples `start` to `start + count` of the digits written as in Europe that belong to `seed`.

    Gives images and labels as `draw_digits` does, but only in the styles that MNIST lacks: mostly 1, 7, 4 and 9. A
    sample depends on `seed` and its own index alone.
    """
    images = np.empty((count, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    labels = np.empty(count, np.uint8)
    for place, index in enumerate(range(start, start + count)):
        digit, ink = _draw_european_digit(sample_rng(seed, EUROPEAN_STREAM + index))
        images[place], labels[place] = normalise(ink.mask), digit
    return images, labels


def _draw_european_digit(rng: np.random.Generator) -> tuple[int, Ink]:
    """Draw one digit in one of the European styles, and say which it is."""
    weights = np.cumsum([style.weight for _, style in EUROPEAN])
    digit, style = EUROPEAN[int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]
    pen = PENS[str(rng.choice(list(EUROPEAN_PENS), p=list(EUROPEAN_PENS.values())))]
    width = choose_width(pen, rng)
    hand = choose_hand(rng, width)
    slant, aspect = float(np.clip(hand.slant, *UPRIGHT)), min(hand.aspect, NARROW * (1 + width))
    hand = replace(hand, slant=slant, aspect=aspect, bend=min(hand.bend, CALM))
    low, high = EUROPEAN_HEIGHTS
    paths = write_style(style, hand.shapes[digit], hand, rng)
    return digit, lay_paths(paths, pen, width, float(low * (high / low) ** rng.random()), rng)


def lay_paths(paths: Sequence[Path], pen: Pen, width: float, height: float, rng: np.random.Generator) -> Ink:
    """Draw strokes given in digit heights with `pen` and its `width`, a digit being `height` pixels tall."""
    return lay([Trace(path * height, press(path, pen, width, rng) * height) for path in paths], pen, rng)


def sample_rng(seed: int, index: int) -> np.random.Generator:
    """The random numbers of sample `index` of the data set `seed`, each 0 to 2⁶⁴ - 1."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))


def _label(index: int, seed: int) -> int:
    """The digit of sample `index`: every block of ten holds each once, in an order of its own."""
    order = sample_rng(seed, (1 << 63) + index // DIGITS).permutation(DIGITS)
    return int(order[index % DIGITS])


def contact_sheet(images: NDArray[np.uint8], captions: Sequence[object] = (), columns: int = 20) -> NDArray[np.uint8]:
    """Lay glyphs (N, 28, 28) out in rows, dark on white and twice as large, with captions below them if given.

    Gives uint8 (H, W).
    """
    cell, note = 2 * GLYPH_SIDE, 14 if len(captions) else 0
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (cell + note), columns * cell), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (cell + note), index % columns * cell
        large = cv2.resize(image, (cell, cell), interpolation=cv2.INTER_CUBIC)
        sheet[top : top + cell, left : left + cell] = 255 - large
        if len(captions):
            place = (left + 4, top + cell + note - 3)
            cv2.putText(sheet, str(captions[index]), place, cv2.FONT_HERSHEY_SIMPLEX, 0.35, 90, 1, cv2.LINE_AA)
    return sheet
