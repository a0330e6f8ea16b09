"""The reader: a bundle opened once, then frames in and readings out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.backends import Backend
from runtime.bundle import Bundle, open_bundle, open_model
from runtime.calibration import Calibration, correct
from runtime.company import judge, judge_all, wary
from runtime.errors import ModelError
from runtime.layout import group_lines
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.records import Frame, Glyph, Line, Prediction, Probabilities, ReadDigit, Reading
from runtime.segment import SETTINGS, Settings
from runtime.strings import (
    STRING_SETTINGS,
    Page,
    StringSettings,
    find_page,
    may_be_strip,
    read_strip,
    says_more,
    take_apart,
)


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A classifier together with what a frame goes through before and after it."""

    bundle: Bundle
    file: ModelFile
    backend: Backend
    settings: Settings = SETTINGS
    string_settings: StringSettings = STRING_SETTINGS

    @property
    def engine(self) -> str:
        """The name of the inference engine that answers."""
        return self.backend.engine

    @property
    def calibration(self) -> Calibration:
        """How the file's answers are to be taken, as the bundle's manifest says."""
        return self.bundle.manifest.calibration(self.file)

    def read(self, frame: Frame) -> Reading:
        """Read a frame, uint8 (H, W, 3) BGR or (H, W) grey; all its glyphs go through the network in one batch."""
        start = time.perf_counter()
        page = find_page(frame, self.settings)
        segmented = time.perf_counter()
        lines = self._closer(frame, page, self._recognise(page))
        end = time.perf_counter()
        return Reading(lines, (segmented - start) * 1000, (end - segmented) * 1000)

    def predict(self, glyphs: Sequence[Glyph]) -> list[Prediction]:
        """What the network says about each glyph of a frame, in the same order, judged by the company it keeps."""
        return judge(glyphs, self._classify(glyphs), self.calibration.sure)

    def first_look(self, page: Page) -> list[Prediction]:
        """What the network says about each glyph of a page by itself, before its company is asked."""
        return wary(self._classify(page.glyphs), page.doubts)

    def answer(self, images: NDArray[np.uint8]) -> Probabilities:
        """The network's calibrated answers, float32 (N, K), for glyphs uint8 (N, 28, 28), in one batch."""
        return correct(self.backend.predict(to_input(images)), self.calibration)

    def _closer(self, frame: Frame, page: Page, digits: list[ReadDigit]) -> tuple[Line, ...]:
        """The digits in lines, or the one line that may fill the frame, if it says more."""
        if may_be_strip(page, digits, self.calibration.sure, self.string_settings):
            strip = read_strip(frame, self.answer, self.string_settings)
            if says_more(strip, digits, self.string_settings):
                return (Line(strip),)
        return _in_lines(digits)

    def _recognise(self, page: Page) -> list[ReadDigit]:
        """The digits of a page: each candidate by itself, or the digits that touch in it."""
        predictions = self.first_look(page)
        strings = take_apart(page, predictions, self.calibration.sure, self.answer, self.string_settings)
        alone = [index for index in range(len(page.glyphs)) if index not in strings]
        digits = [ReadDigit(page.glyphs[index], predictions[index]) for index in alone]
        touching = [digit for string in strings.values() for digit in string]
        return judge_all(digits, touching, self.calibration.sure, [page.doubts[index] for index in alone])

    def _classify(self, glyphs: Sequence[Glyph]) -> list[Prediction]:
        """What the network says about each glyph by itself."""
        if not glyphs:
            return []
        answers = self.answer(np.stack([glyph.image for glyph in glyphs]))
        return [Prediction(row, self.calibration.confidence) for row in answers]


def open_reader(
    bundle: Path | None = None, engine: str | None = None, file: str | None = None, threads: int = 1
) -> Reader:
    """Open a bundle (None: the shipped one) on an engine and a file (None: the best that are installed).

    Raises ModelError where the bundle is damaged or does not fit, or its model is not one for digits on a page, and
    MissingEngine where the engine is not installed.
    """
    opened = open_bundle(bundle)
    check_reads(opened)
    chosen, backend = open_model(opened, engine, file, threads)
    return Reader(opened, chosen, backend)


def check_reads(bundle: Bundle) -> None:
    """Raise ModelError where a bundle's model is not asked about digits as they are cut out of a page."""
    described = bundle.manifest
    if not described.reads_digits:
        shape = "×".join(map(str, described.input_shape))
        first, last = described.classes[0], described.classes[described.known - 1]
        raise ModelError(
            f"{bundle.folder}: pages are read by models for the digits 0 to 9, 28×28×1, light ink on dark ground; this"
            f" one takes {shape} on {described.ground} ground and has {described.known} classes, {first!r} to {last!r};"
            " digits verify, evaluate, bench and inspect take it"
        )


def _in_lines(digits: Sequence[ReadDigit]) -> tuple[Line, ...]:
    """The digits in lines, in reading order."""
    by_glyph = {id(digit.glyph): digit for digit in digits}
    known = [digit.glyph for digit in digits if digit.prediction.digit is not None]
    rows = group_lines(known, [digit.glyph for digit in digits if digit.prediction.digit is None])
    return tuple(Line(tuple(by_glyph[id(glyph)] for glyph in row)) for row in rows)
