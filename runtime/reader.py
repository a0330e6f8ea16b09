"""The reader: a bundle opened once, then frames in and readings out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.backends import Backend
from runtime.bundle import Bundle, open_bundle, open_model
from runtime.calibration import Calibration, apply_temperature
from runtime.company import judge
from runtime.layout import group_lines
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.records import Frame, Glyph, Line, Prediction, Probabilities, ReadDigit, Reading
from runtime.segment import find_glyphs
from runtime.strings import evidence, read_strip


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A classifier together with what a frame goes through before and after it."""

    bundle: Bundle
    file: ModelFile
    backend: Backend

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
        rows = group_lines(find_glyphs(frame))
        segmented = time.perf_counter()
        lines = self._closer(frame, self._classify(rows))
        end = time.perf_counter()
        return Reading(lines, (segmented - start) * 1000, (end - segmented) * 1000)

    def predict(self, glyphs: Sequence[Glyph]) -> list[Prediction]:
        """What the network says about each glyph of a frame, in the same order, judged by the company it keeps."""
        if not glyphs:
            return []
        calibration = self.calibration
        probabilities = self.answer(np.stack([glyph.image for glyph in glyphs]))
        predictions = [Prediction(row, calibration.confidence) for row in probabilities]
        return judge(glyphs, predictions, calibration.sure)

    def answer(self, images: NDArray[np.uint8]) -> Probabilities:
        """The network's calibrated answers, float32 (N, K), for glyphs uint8 (N, 28, 28), in one batch."""
        return apply_temperature(self.backend.predict(to_input(images)), self.calibration.temperature)

    def _closer(self, frame: Frame, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """The lines, or the one line that may fill the frame, if it says more."""
        strip = read_strip(frame, self.answer)
        return (Line(strip),) if evidence(strip) > evidence(d for line in lines for d in line.digits) else lines

    def _classify(self, rows: Sequence[Sequence[Glyph]]) -> tuple[Line, ...]:
        """The lines with their digits."""
        predictions = iter(self.predict([glyph for row in rows for glyph in row]))
        return tuple(Line(tuple(_pair(row, predictions))) for row in rows)


def open_reader(
    bundle: Path | None = None, engine: str | None = None, file: str | None = None, threads: int = 1
) -> Reader:
    """Open a bundle (None: the shipped one) on an engine and a file (None: the best that are installed).

    Raises ModelError where the bundle is damaged or does not fit, MissingEngine where the engine is not installed.
    """
    opened = open_bundle(bundle)
    chosen, backend = open_model(opened, engine, file, threads)
    return Reader(opened, chosen, backend)


def _pair(row: Sequence[Glyph], predictions: Iterator[Prediction]) -> Iterator[ReadDigit]:
    """Each glyph of a row with the next prediction."""
    return (ReadDigit(glyph, next(predictions)) for glyph in row)
