"""Half digits and digits grown together, cut from a pool of digits."""

import cv2
import numpy as np
from numpy.typing import NDArray

from train.background.written import Ink

Glyphs = NDArray[np.uint8]
"""Digits uint8 (N, 28, 28), ink 255 on 0."""

TRIES = 12  # halves drawn before one is taken as it is


def draw_half(digits: Glyphs, rng: np.random.Generator) -> Ink:
    """The lower or the left part of a digit, as far as a cut near its middle; upper and right parts may be 7s and 3s.

    The rest must be wide enough and without a closed loop: an upright stroke is a 1 again, and a loop a 0.
    """
    for _ in range(TRIES):
        digit = _box(digits[rng.integers(len(digits))])
        lower = rng.random() < 0.6
        turned = digit[::-1] if lower else digit.T
        height, width = turned.shape
        level = height * rng.uniform(0.38, 0.52) + rng.normal(0, 0.2) * (np.arange(width) - width / 2)
        half = np.where(np.arange(height)[:, None] < level, turned, 0).astype(np.uint8)
        half = half[::-1] if lower else half.T
        rest = _box(half)
        if rest.shape[1] > (1.0 if lower else 0.5) * rest.shape[0] and not _closed(rest):
            break
    return half


def _closed(ink: Ink) -> bool:
    """Whether the ink encloses ground."""
    _, links = cv2.findContours((ink > 64).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return links is not None and bool((np.asarray(links).reshape(-1, 4)[:, 3] >= 0).any())


def draw_double(digits: Glyphs, rng: np.random.Generator) -> Ink:
    """Two digits, sometimes three, that touch or overlap, side by side or, more rarely, one above the other."""
    count = 3 if rng.random() < 0.15 else 2
    upright = rng.random() < 0.08
    parts = [_vary(_box(digits[rng.integers(len(digits))]), rng) for _ in range(count)]
    if upright:
        parts = [np.asarray(part.T) for part in parts]
    whole = parts[0]
    for part in parts[1:]:
        whole = _touch(whole, part, rng)
    return np.asarray(whole.T) if upright else whole


def _touch(first: Ink, second: Ink, rng: np.random.Generator) -> Ink:
    """Set `second` to the right of `first` and push it to the left until their inks meet, and a little further."""
    rise = int(rng.integers(-4, 5))
    above, below = max(0, -rise), max(0, rise)
    height = max(first.shape[0] + above, second.shape[0] + below)
    one, two = np.zeros((height, first.shape[1]), np.uint8), np.zeros((height, second.shape[1]), np.uint8)
    one[above : above + first.shape[0]], two[below : below + second.shape[0]] = first, second
    overlap = _gap(one, two) + int(rng.integers(0, 4))
    overlap = min(overlap, one.shape[1] // 2, two.shape[1] // 2)
    whole = np.zeros((height, one.shape[1] + two.shape[1] - overlap), np.uint8)
    whole[:, : one.shape[1]] = one
    right = whole[:, whole.shape[1] - two.shape[1] :]
    np.maximum(right, two, out=right)
    return whole


def _gap(one: Ink, two: Ink) -> int:
    """How many pixels two boxes side by side can be pushed together before their inks meet."""
    rows = (one > 64).any(axis=1) & (two > 64).any(axis=1)
    if not rows.any():
        return 0
    behind = (one[rows, ::-1] > 64).argmax(axis=1)
    before = (two[rows] > 64).argmax(axis=1)
    return int((behind + before).min())


def _vary(digit: Ink, rng: np.random.Generator) -> Ink:
    """The digit a little larger or smaller, so that two of one height are no rule."""
    scale = float(np.exp(rng.normal(0.2, 0.12)))
    size = (max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale)))
    return np.asarray(cv2.resize(digit, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _box(digit: Ink) -> Ink:
    """The digit's ink without the empty rows and columns around it; the whole image where there is no ink."""
    left, top, width, height = cv2.boundingRect((digit > 48).astype(np.uint8))
    return digit[top : top + height, left : left + width] if width and height else digit
