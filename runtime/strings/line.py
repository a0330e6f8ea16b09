"""A line read from its lattice: the chosen pieces as digits, each as sure as the other ways to cut leave it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Glyph, Prediction, Probabilities, ReadDigit
from runtime.strings.choice import Choice, choose
from runtime.strings.lattice import Lattice
from runtime.strings.settings import StringSettings


@dataclass(frozen=True, slots=True, eq=False)
class StringLine:
    """What was read in a line of ink."""

    digits: tuple[ReadDigit, ...]  # from left to right, boxes in pixels of the ink
    explained: float  # the share of the ink that is part of a digit, 0–1
    known: float  # the mean probability that the network gives the digits by themselves, 0–1


def read_lattice(lattice: Lattice, answers: Probabilities, settings: StringSettings) -> StringLine:
    """Read a line by the network's `answers`, float32 (N, K), for the images of its lattice."""
    rows = np.cumsum([not piece.empty for piece in lattice.pieces]) - 1
    choices = choose(lattice, answers, settings)
    digits = [_digit(lattice, choice, answers[rows[choice.index]], settings) for choice in choices]
    explained = sum(lattice.pieces[choice.index].ink for choice in choices) / max(lattice.ink, 1e-6)
    known = [float(answers[rows[choice.index], choice.digit]) for choice in choices]
    return StringLine(tuple(digits), explained, sum(known) / max(1, len(known)))


def stands(line: StringLine, settings: StringSettings) -> bool:
    """Whether what was read is a line: two digits at least, most of the ink, mostly sure, and known to the network."""
    if len(line.digits) < 2 or line.explained < settings.explained or line.known < settings.known:
        return False
    return float(np.mean([digit.prediction.confidence for digit in line.digits])) >= settings.believed


def _digit(lattice: Lattice, choice: Choice, answer: NDArray[np.float32], settings: StringSettings) -> ReadDigit:
    """A chosen piece as a digit: that it is one, the line says; other ways take their share of the certainty."""
    piece = lattice.pieces[choice.index]
    digits = np.where(np.arange(answer.size) < DIGITS, answer, 0)
    mixed = np.asarray(choice.share * digits / digits.sum() + (1 - choice.share) / answer.size, np.float32)
    glyph = Glyph(lattice.writing.box(lattice.solid(piece)), piece.image)
    return ReadDigit(glyph, Prediction(mixed, settings.published))
