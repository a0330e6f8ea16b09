"""The lines of ink that were cut, with the cuts, the pieces chosen and what spoke for or against them."""

from dataclasses import dataclass

import numpy as np

from runtime.reader import Reader
from runtime.records import Box, Frame, Prediction
from runtime.strings import Page
from runtime.strings.choice import Choice, choose
from runtime.strings.lattice import Lattice, build_lattice
from runtime.strings.line import StringLine, read_lattice, stands
from runtime.strings.strip import find_strip
from runtime.strings.suspects import cut_suspects, find_suspects


@dataclass(frozen=True, slots=True, eq=False)
class Cutting:
    """One line of ink, cut."""

    box: Box | None  # of the candidate, pixels of the frame; None: the whole frame
    lattice: Lattice
    choices: tuple[Choice, ...]  # the pieces taken for digits, from left to right
    line: StringLine
    stands: bool  # whether what was read in it is a line of digits


def cut_page(page: Page, predictions: list[Prediction], boxes: list[Box], reader: Reader) -> list[Cutting]:
    """The candidates of a page that were cut; `boxes` are theirs, in pixels of the frame."""
    found = find_suspects(
        [c.box for c in page.candidates], predictions, reader.calibration.sure, reader.string_settings
    )
    suspects = cut_suspects([(index, page.ink(index)) for index in found], reader.string_settings)
    return [_cutting(suspect.lattice, reader, boxes[suspect.index]) for suspect in suspects]


def cut_strip(frame: Frame, reader: Reader) -> Cutting | None:
    """The frame cut as one line of writing; None where it is not filled by one."""
    strip = find_strip(frame, reader.string_settings)
    lattice = build_lattice(strip.ink, reader.string_settings) if strip else None
    return _cutting(lattice, reader) if lattice else None


def _cutting(lattice: Lattice, reader: Reader, box: Box | None = None) -> Cutting:
    answers = np.asarray(reader.answer(lattice.images), np.float32)
    line = read_lattice(lattice, answers, reader.string_settings)
    choices = tuple(choose(lattice, answers, reader.string_settings))
    return Cutting(box, lattice, choices, line, stands(line, reader.string_settings))
