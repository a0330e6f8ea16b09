"""The candidates of a page with their ink, and the way back from what was read in it to the frame."""

from dataclasses import dataclass

from runtime.records import Box, Frame, Glyph, ReadDigit
from runtime.segment import SETTINGS, Settings, find
from runtime.segment.company import Candidate
from runtime.segment.cut import MARGIN, cut_glyph, cut_ink
from runtime.strings.writing import Ink


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """What was found in a frame."""

    candidates: tuple[Candidate, ...]  # first those that may be single digits, then those that are too wide
    glyphs: tuple[Glyph, ...]  # of the first ones
    factor: float  # from pixels of the candidates to those of the frame
    shape: tuple[int, ...]  # of the frame

    @property
    def doubts(self) -> list[float]:
        """Of each glyph, how doubtful it is that it is ink on quiet paper, 0–1."""
        return [candidate.doubt for candidate in self.candidates[: len(self.glyphs)]]

    def ink(self, index: int) -> Ink:
        """The ink of one candidate, uint8 (H, W)."""
        return cut_ink(self.candidates[index])

    def in_frame(self, index: int, digit: ReadDigit) -> ReadDigit:
        """A digit that was read in the ink of one candidate, with its box in pixels of the frame."""
        (left, top, width, height), around = digit.glyph.box, self.candidates[index].box
        box = Box(left + max(0, around.left - MARGIN), top + max(0, around.top - MARGIN), width, height)
        return in_frame(ReadDigit(Glyph(box, digit.glyph.image), digit.prediction), self.factor, self.shape)


def find_page(frame: Frame, settings: Settings = SETTINGS) -> Page:
    """The candidates of a frame, uint8 (H, W, 3) or (H, W); ValueError as `find_glyphs` raises it."""
    found = find(frame, settings)
    glyphs = tuple(cut_glyph(candidate, found.factor, frame.shape) for candidate in found.digits)
    return Page((*found.digits, *found.strings), glyphs, found.factor, frame.shape)


def in_frame(digit: ReadDigit, factor: float, shape: tuple[int, ...]) -> ReadDigit:
    """The digit with its box times `factor`, kept inside a frame of `shape`."""
    (height, width), box = shape[:2], digit.glyph.box
    left, top = min(max(0, round(box.left * factor)), width - 1), min(max(0, round(box.top * factor)), height - 1)
    right, bottom = min(round(box.right * factor), width), min(round(box.bottom * factor), height)
    inside = Box(left, top, max(1, right - left), max(1, bottom - top))
    return ReadDigit(Glyph(inside, digit.glyph.image), digit.prediction)
