"""The frozen records that travel between the stages: box, glyph, prediction, line, reading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""A picture as OpenCV holds it: uint8, (H, W, 3) in BGR order or (H, W) grey."""

Images = NDArray[np.float32]
"""A batch for a network: float32 (N, 28, 28, 1), 0 (ground) to 1 (ink); (N, H, W, C) of a model of another kind."""

Probabilities = NDArray[np.float32]
"""A network's answers: float32 (N, K), K = 10 or 11 (with "not a digit"), each row summing to 1.

Networks of another kind have 2 to 100 classes.
"""

Shape = tuple[int, int, int]
"""Height, width and channels of one image."""

GLYPH_SIDE = 28
GLYPH: Shape = (GLYPH_SIDE, GLYPH_SIDE, 1)
DIGITS = 10
SIDES = range(8, 129)  # pixels, of what a classifier is given; the reading of pages takes GLYPH alone
CHANNELS = (1, 3)  # grey, or red, green and blue
FEWEST_CLASSES, MOST_CLASSES = 2, 100
BLANK = 1.0  # heights of the digits beside it: narrower gaps part no words
UNUSUAL = 2.0  # times the usual gap of the line: evenly spaced digits are no words, however far apart they stand


class Box(NamedTuple):
    """A rectangle in pixels of the frame: left and top inclusive, width and height positive."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.top + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle (x, y)."""
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def area(self) -> int:
        """Width times height, in pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """One candidate digit cut out of a frame."""

    box: Box  # where its ink stands, pixels of the frame
    image: NDArray[np.uint8]  # (28, 28), ink 255 on 0, as the network will see it

    def __post_init__(self) -> None:
        if self.image.shape != (GLYPH_SIDE, GLYPH_SIDE) or self.image.dtype != np.uint8:
            raise ValueError(f"glyph image: expected uint8 (28, 28), got {self.image.dtype} {self.image.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network says about one glyph."""

    probabilities: NDArray[np.float32]  # (K,), K = 10 or 11, sums to 1; index 10 is "not a digit"
    threshold: float = 0.0  # confidence below which the digit is not published, 0–1; at 1 no confidence is enough

    @property
    def best(self) -> int:
        """The most probable of the ten digits, whatever its confidence."""
        return int(self.probabilities[:DIGITS].argmax())

    @property
    def confidence(self) -> float:
        """The probability of `best`, 0–1."""
        return float(self.probabilities[self.best])

    @property
    def digit(self) -> int | None:
        """The digit the network stands by; None where it is not sure or says "not a digit"."""
        best = int(self.probabilities.argmax())
        return best if best < DIGITS and float(self.probabilities[best]) >= self.threshold < 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class ReadDigit:
    """A glyph together with what the network says about it."""

    glyph: Glyph
    prediction: Prediction


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Digits that stand on one line of writing, from left to right; never empty."""

    digits: tuple[ReadDigit, ...]

    @property
    def text(self) -> str:
        """The digits that the reader stands by, with a blank where a wide gap parts two words of them."""
        text = ""
        for digit, wide in zip(self.digits, _wide_gaps([d.glyph.box for d in self.digits]), strict=True):
            text += " " if wide else ""
            text += "" if digit.prediction.digit is None else str(digit.prediction.digit)
        return " ".join(text.split())

    @property
    def confidence(self) -> float:
        """The confidence of the least certain digit that is published, 0–1; 0 where none is."""
        return min((d.prediction.confidence for d in self.digits if d.prediction.digit is not None), default=0.0)

    @property
    def unread(self) -> int:
        """How many digits were found that the reader does not stand by; `text` leaves them out."""
        return sum(digit.prediction.digit is None for digit in self.digits)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Everything found in one frame, lines from top to bottom."""

    lines: tuple[Line, ...]
    segment_milliseconds: float = 0.0  # wall clock
    classify_milliseconds: float = 0.0  # wall clock

    @property
    def digits(self) -> Iterator[ReadDigit]:
        """All digits in reading order."""
        return (digit for line in self.lines for digit in line.digits)

    @property
    def text(self) -> str:
        """The published lines, joined by new lines; lines without a certain digit are left out."""
        return "\n".join(line.text for line in self.lines if line.text)

    @property
    def confidence(self) -> float:
        """The confidence of the least certain published line, 0–1; 0 where nothing is published."""
        return min((line.confidence for line in self.lines if line.text), default=0.0)


def _wide_gaps(boxes: Sequence[Box]) -> list[bool]:
    """For each box of a line whether a blank stands before it: a gap that is wide for its neighbours and its line."""
    gaps = [after.left - before.right for before, after in pairwise(boxes)]
    usual = median_low(gaps) if gaps else 0
    heights = [(before.height + after.height) / 2 for before, after in pairwise(boxes)]
    wide = [gap > max(BLANK * height, UNUSUAL * usual) for gap, height in zip(gaps, heights, strict=True)]
    return [False, *wide][: len(boxes)]
