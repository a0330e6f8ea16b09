"""Digits that touch: a line of ink is cut at many places; the network and the shapes choose among the pieces."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from runtime.records import Box, Frame, Glyph, Probabilities, ReadDigit
from runtime.strings.lattice import build_lattice
from runtime.strings.line import StringLine, read_lattice
from runtime.strings.settings import STRING_SETTINGS, StringSettings
from runtime.strings.strip import find_strip

__all__ = ["STRING_SETTINGS", "StringSettings", "evidence", "read_strip"]

Answer = Callable[[NDArray[np.uint8]], Probabilities]
"""The network: uint8 glyphs (N, 28, 28) in, float32 (N, K) out."""


def read_strip(frame: Frame, answer: Answer, settings: StringSettings = STRING_SETTINGS) -> tuple[ReadDigit, ...]:
    """The digits of a frame that one line of writing fills, boxes in its pixels; none where it is no such frame."""
    strip = find_strip(frame, settings)
    lattice = build_lattice(strip.ink, settings) if strip else None
    if strip is None or lattice is None:
        return ()
    line = read_lattice(lattice, answer(lattice.images), settings)
    return tuple(_in_frame(digit, strip.factor, frame) for digit in line.digits) if _holds(line, settings) else ()


def evidence(digits: Iterable[ReadDigit]) -> float:
    """How many digits a reading is likely to have right, less a fifth of those that it is likely to have wrong."""
    predictions = [digit.prediction for digit in digits]
    return sum(1.2 * p.confidence - 0.2 for p in predictions if p.digit is not None)


def _holds(line: StringLine, settings: StringSettings) -> bool:
    """Whether what was read is a line of digits: two at least, which are most of the ink and mostly sure."""
    if len(line.digits) < 2 or line.explained < settings.explained or line.known < settings.known:
        return False
    return float(np.mean([digit.prediction.confidence for digit in line.digits])) >= settings.believed


def _in_frame(digit: ReadDigit, factor: float, frame: Frame) -> ReadDigit:
    """The digit with its box in the frame's own pixels, kept inside the frame."""
    (height, width), box = frame.shape[:2], digit.glyph.box
    left, top = min(max(0, round(box.left * factor)), width - 1), min(max(0, round(box.top * factor)), height - 1)
    right, bottom = min(round(box.right * factor), width), min(round(box.bottom * factor), height)
    inside = Box(left, top, max(1, right - left), max(1, bottom - top))
    return ReadDigit(Glyph(inside, digit.glyph.image), digit.prediction)
