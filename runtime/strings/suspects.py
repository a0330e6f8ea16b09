"""Touching digits on a page: what is wide or unsure is cut, and taken apart where that reads better."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from runtime.records import Box, Prediction, Probabilities, ReadDigit
from runtime.strings.lattice import Lattice, build_lattice
from runtime.strings.line import read_lattice, stands
from runtime.strings.settings import StringSettings
from runtime.strings.writing import Ink


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """A candidate that may be several digits."""

    index: int  # among the candidates
    lattice: Lattice


def find_suspects(
    boxes: Sequence[Box], predictions: Sequence[Prediction], sure: float, settings: StringSettings
) -> list[int]:
    """The indices of the candidates worth cutting: as tall as the digits, wide, and no sure digits by themselves.

    `predictions` says what the first of them are; the others are too wide for a digit. `sure` is the confidence, 0–1,
    that nearly all digits reach.
    """
    trust = [p.confidence if p.digit is not None else 0.0 for p in predictions] + [0.0] * (
        len(boxes) - len(predictions)
    )
    heights = [box.height for box, confidence in zip(boxes, trust, strict=True) if confidence >= sure]
    height = median(heights or [box.height for box in boxes]) if boxes else 0.0
    low, high = (share * height for share in settings.suspect_height)
    found = []
    for index, (box, confidence) in enumerate(zip(boxes, trust, strict=True)):
        least = settings.suspect_width if confidence == 0 else settings.suspect_wide
        if confidence < sure and low <= box.height <= high and box.width >= least * height:
            found.append(index)
    if len(heights) < settings.suspect_company * (len(boxes) - len(found)):  # among letters
        return []
    return sorted(found, key=lambda index: -boxes[index].width)[: settings.most_suspects]


def cut_suspects(inks: Sequence[tuple[int, Ink]], settings: StringSettings) -> list[Suspect]:
    """The lattices of those candidates, given with their indices and ink, that can be cut at all."""
    lattices = [(index, build_lattice(ink, settings)) for index, ink in inks]
    return [Suspect(index, lattice) for index, lattice in lattices if lattice is not None]


def read_suspects(
    suspects: Sequence[Suspect], answers: Probabilities, settings: StringSettings
) -> Iterator[tuple[int, tuple[ReadDigit, ...]]]:
    """The candidates that fall apart into digits: their indices, and the digits with boxes in pixels of their ink.

    `answers` holds the network's answers for the images of all suspects, one after the other, float32 (N, K).
    """
    start = 0
    for suspect in suspects:
        count = len(suspect.lattice.images)
        line = read_lattice(suspect.lattice, answers[start : start + count], settings)
        start += count
        if stands(line, settings):
            yield suspect.index, line.digits
