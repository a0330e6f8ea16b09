"""Whole data sets of drawn digits, and a sheet to look at them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.records import DIGITS, GLYPH_SIDE
from train.handwriting.hand import Path, choose_hand, write
from train.handwriting.pen import PENS, Ink, Pen, Trace, choose_width, lay, press

PEN_SHARES = {
    "marker": 0.46,
    "broad marker": 0.12,
    "fineliner": 0.22,
    "ballpoint": 0.08,
    "pencil": 0.07,
    "chalk": 0.05,
}
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
