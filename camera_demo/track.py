"""One digit followed over frames: where it is, and what the network said about it each time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runtime.records import Box, Glyph, Prediction, ReadDigit

WINDOW = 15  # sightings whose probabilities are fused: half a second of a camera, so that a new digit soon wins
CONFIRMED = 3  # sightings that make a digit: what is there in one frame is an artefact


Place = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A digit that has been seen in several frames."""

    number: int  # its name, never given twice
    place: Place  # in the present frame, moved with the sheet
    glyph: Glyph  # as last seen
    look: NDArray[np.float32]  # of that glyph: see `look_of`
    predictions: tuple[Prediction, ...]  # of the last WINDOW sightings
    fused: Prediction  # what they say together
    digit: int | None  # that `fused` stands by
    sightings: int  # in all
    seen: float  # seconds on the source's clock of the last sighting
    missed: int = 0  # frames since then
    stood: float | None = None  # seconds when a confirmed track last had a digit; None: never

    @property
    def confirmed(self) -> bool:
        """Whether it has been seen often enough to count."""
        return self.sightings >= CONFIRMED

    @property
    def read(self) -> ReadDigit:
        """The digit as it stands now: fused, at its place in the present frame."""
        left, top, width, height = (round(side) for side in self.place)
        return ReadDigit(replace(self.glyph, box=Box(left, top, max(1, width), max(1, height))), self.fused)

    def sight(self, digit: ReadDigit, look: NDArray[np.float32], seconds: float) -> "Track":
        """The track after it has been seen again, looking like `look`."""
        alike = digit.prediction.probabilities.shape == self.predictions[-1].probabilities.shape
        predictions = (*(self.predictions if alike else ()), digit.prediction)[-WINDOW:]
        fused = fuse(predictions)
        value, sightings = fused.digit, self.sightings + 1
        stood = seconds if value is not None and sightings >= CONFIRMED else self.stood
        known = (digit.glyph, look, predictions, fused, value)
        return Track(self.number, place_of(digit), *known, sightings, seconds, 0, stood)

    def miss(self, place: Place) -> "Track":
        """The track after a frame in which it was not seen; the sheet has moved it to `place`."""
        return replace(self, place=place, missed=self.missed + 1)


def begin(number: int, digit: ReadDigit, look: NDArray[np.float32], seconds: float) -> Track:
    """A new track from the first sighting of a digit."""
    prediction = digit.prediction
    known = (digit.glyph, look, (prediction,), prediction, prediction.digit)
    return Track(number, place_of(digit), *known, 1, seconds)


def fuse(predictions: Sequence[Prediction]) -> Prediction:
    """The mean of what the network said: frames of one sheet err alike, so their product would be too sure."""
    probabilities = np.mean([p.probabilities for p in predictions], axis=0, dtype=np.float64)
    threshold = sum(p.threshold for p in predictions) / len(predictions)
    return Prediction(np.asarray(probabilities, np.float32), threshold)


def look_of(glyph: Glyph) -> NDArray[np.float32]:
    """What a glyph looks like: its pixels as a float32 vector (785,) of length 1, so that products are cosines.

    The last place marks a glyph without ink, which looks like another one without ink and like nothing else.
    """
    vector = np.zeros(glyph.image.size + 1, np.float32)
    vector[:-1] = glyph.image.ravel()
    vector[-1] = not glyph.image.any()
    return np.asarray(vector / np.sqrt(vector @ vector), np.float32)


def place_of(digit: ReadDigit) -> Place:
    """Where a digit stands, in pixels of its frame."""
    left, top, width, height = digit.glyph.box
    return float(left), float(top), float(width), float(height)


def places_of(tracks: Sequence[Track]) -> NDArray[np.float64]:
    """The places of tracks, float64 (N, 4)."""
    return np.array([track.place for track in tracks], np.float64).reshape(-1, 4)
