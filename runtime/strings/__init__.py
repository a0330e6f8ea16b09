"""Digits that touch: a line of ink is cut at many places; the network and the shapes choose among the pieces."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.records import Frame, Prediction, Probabilities, ReadDigit
from runtime.strings.lattice import build_lattice
from runtime.strings.line import read_lattice, stands
from runtime.strings.page import Page, find_page, in_frame
from runtime.strings.settings import STRING_SETTINGS, StringSettings
from runtime.strings.strip import find_strip
from runtime.strings.suspects import cut_suspects, find_suspects, read_suspects

__all__ = [
    "STRING_SETTINGS",
    "Page",
    "StringSettings",
    "evidence",
    "find_page",
    "may_be_strip",
    "read_strip",
    "says_more",
    "take_apart",
]

Answer = Callable[[NDArray[np.uint8]], Probabilities]
"""The network: uint8 glyphs (N, 28, 28) in, float32 (N, K) out."""


def read_strip(frame: Frame, answer: Answer, settings: StringSettings = STRING_SETTINGS) -> tuple[ReadDigit, ...]:
    """The digits of a frame that one line of writing fills, boxes in its pixels; none where it is no such frame."""
    strip = find_strip(frame, settings)
    lattice = build_lattice(strip.ink, settings) if strip else None
    if strip is None or lattice is None:
        return ()
    line = read_lattice(lattice, answer(lattice.images), settings)
    return tuple(in_frame(digit, strip.factor, frame.shape) for digit in line.digits) if stands(line, settings) else ()


def take_apart(
    page: Page,
    predictions: Sequence[Prediction],
    sure: float,
    answer: Answer,
    settings: StringSettings = STRING_SETTINGS,
) -> dict[int, list[ReadDigit]]:
    """The candidates of a page that are several digits: their indices and the digits, boxes in pixels of the frame.

    `predictions` says what each of the page's glyphs is by itself, `sure` the confidence that nearly all digits reach.
    All pieces of all suspects go through the network in one batch.
    """
    found = find_suspects([candidate.box for candidate in page.candidates], predictions, sure, settings)
    suspects = cut_suspects([(index, page.ink(index)) for index in found], settings)
    if not suspects:
        return {}
    answers = answer(np.concatenate([suspect.lattice.images for suspect in suspects]))
    read = read_suspects(suspects, answers, settings)
    return {index: [page.in_frame(index, digit) for digit in digits] for index, digits in read}


def may_be_strip(
    page: Page, digits: Sequence[ReadDigit], sure: float, settings: StringSettings = STRING_SETTINGS
) -> bool:
    """Whether one line may fill a page on which `digits` were found one by one.

    It does not where `sure` ones are small or on several lines, or where one that is published is all that there is in
    a frame with little room beside it.
    """
    boxes = [digit.glyph.box for digit in digits if digit.prediction.confidence >= sure]
    if len(page.candidates) == len(boxes) == 1 and page.shape[1] <= settings.strip_alone * page.shape[0]:
        return digits[0].prediction.digit is None
    if len(boxes) < settings.strip_witnesses:
        return True
    height = page.shape[0]
    tallest = max(box.height for box in boxes)
    middles = [box.centre[1] for box in boxes]
    return tallest >= settings.strip_usual * height and max(middles) - min(middles) <= tallest


def says_more(
    strip: Sequence[ReadDigit], digits: Sequence[ReadDigit], settings: StringSettings = STRING_SETTINGS
) -> bool:
    """Whether the one line that may fill a frame says more than the digits found one by one."""
    return evidence(strip) > settings.strip_word * evidence(digits)


def evidence(digits: Iterable[ReadDigit]) -> float:
    """How many digits a reading is likely to have right, less a fifth of those that it is likely to have wrong."""
    predictions = [digit.prediction for digit in digits]
    return sum(1.2 * p.confidence - 0.2 for p in predictions if p.digit is not None)
