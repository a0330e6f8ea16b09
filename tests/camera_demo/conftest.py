"""Readings written by hand, for whoever follows, settles, judges or publishes them."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from runtime.records import Box, Frame, Glyph, Line, Prediction, ReadDigit, Reading

STEP, ROW, WIDTH = 40, 90, 26  # pixels between digits, between lines, and of a digit


def glyph_of(sign: str) -> Frame:
    image = np.zeros((28, 28), np.uint8)
    cv2.putText(image, sign, (5, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 255, 1)
    return image


def read_digit(sign: str, box: Box, confidence: float) -> ReadDigit:
    """A digit that the network is so sure of; "?" is a glyph that it is not sure of."""
    sure = 0.3 if sign == "?" else confidence
    probabilities = np.full(10, (1 - sure) / 9, np.float32)
    probabilities[0 if sign == "?" else int(sign)] = sure
    return ReadDigit(Glyph(box, glyph_of(sign)), Prediction(probabilities, 0.5))


def write(
    text: str, shift: tuple[float, float] = (0, 0), height: int = 40, confidence: float = 0.95, scale: float = 1.0
) -> Reading:
    """A reading of lines of evenly spaced digits; "_" leaves a place empty, "?" is a glyph that is not sure."""
    lines = []
    for row, line in enumerate(text.split("\n")):
        digits = []
        for place, sign in enumerate(line):
            corner = (scale * (60 + STEP * place) + shift[0], scale * (50 + ROW * row) + shift[1])
            box = Box(round(corner[0]), round(corner[1]), round(scale * WIDTH), round(scale * height))
            if sign != "_":
                digits.append(read_digit(sign, box, confidence))
        if digits:
            lines.append(Line(tuple(digits)))
    return Reading(tuple(lines))


@pytest.fixture(scope="session")
def written() -> Callable[..., Reading]:
    """`write` above."""
    return write
