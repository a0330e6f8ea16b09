"""The page that bench reads: a bundle's own golden digits laid out on something like paper."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE, Frame

LINES = 3
DIGITS = 8  # on a line
PAPER = (225, 190)  # grey levels, upper left and lower right: light never falls evenly
INK = 45  # grey level of a full stroke
NOISE = 2.5  # grey levels, standard deviation, as of a small sensor in good light
SEED = 7


def draw_bench_page(digits: NDArray[np.uint8], size: tuple[int, int]) -> Frame:
    """A page of `size` (width, height) with three lines of eight digits, uint8 (H, W, 3) BGR, always the same.

    `digits` are uint8 (N, 28, 28), ink 255 on 0; they are taken in order, from the first again when they run out.
    """
    width, height = size
    page = _paper(width, height)
    side = min(width // (DIGITS + 2), height // (2 * LINES))
    for place in range(LINES * DIGITS):
        row, column = divmod(place, DIGITS)
        left = width * (column + 1) // (DIGITS + 2) + (width // (DIGITS + 2) - side) // 2
        top = height * (2 * row + 1) // (2 * LINES + 1)
        _write(page[top : top + side, left : left + side], digits[place % len(digits)])
    page += np.random.default_rng(SEED).normal(0, NOISE, page.shape).astype(np.float32)
    grey = np.clip(np.rint(page), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def _paper(width: int, height: int) -> NDArray[np.float32]:
    """An empty page, float32 (H, W) in grey levels."""
    slope = (np.linspace(0, 1, height)[:, None] + np.linspace(0, 1, width)[None, :]) / 2
    return (PAPER[0] + (PAPER[1] - PAPER[0]) * slope).astype(np.float32)


def _write(field: NDArray[np.float32], digit: NDArray[np.uint8]) -> None:
    """Darken a square of the page as the digit's ink does."""
    method = cv2.INTER_LINEAR if field.shape[0] >= GLYPH_SIDE else cv2.INTER_AREA
    ink = np.asarray(cv2.resize(digit, field.shape[::-1], interpolation=method), np.float32) / 255
    field += (INK - field) * ink
