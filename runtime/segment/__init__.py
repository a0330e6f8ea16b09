"""Finding handwritten digits in a frame: light, ink, components, parts, gates, edges, cut; functions of arrays."""

from dataclasses import replace
from typing import NamedTuple

from runtime.records import Frame, Glyph
from runtime.segment.company import Candidate, fitting, is_around, usual_height
from runtime.segment.cut import cut_glyph
from runtime.segment.scale import grey_frame, working_frame
from runtime.segment.settings import SETTINGS, Settings
from runtime.segment.sides import two_sides
from runtime.segment.stages import Stages, find_stages

__all__ = ["SETTINGS", "Found", "Settings", "find", "find_glyphs", "is_single"]


class Found(NamedTuple):
    """The candidates of a frame, in no particular order."""

    digits: list[Candidate]  # that can be single digits
    strings: list[Candidate]  # that are wider: digits that touch, or none
    factor: float  # from pixels of the candidates to those of the frame
    sides: tuple[Stages, ...] = ()  # where they come from: for dark ink and for light ink


def find_glyphs(frame: Frame, settings: Settings = SETTINGS) -> list[Glyph]:
    """The candidate digits of a frame, uint8 (H, W, 3) BGR or (H, W) grey, in no particular order.

    Boxes are in pixels of the frame. Raises ValueError for another shape or dtype.
    """
    found = find(frame, settings)
    return [cut_glyph(candidate, found.factor, frame.shape) for candidate in found.digits]


def find(frame: Frame, settings: Settings = SETTINGS) -> Found:
    """The candidates of a frame as `find_glyphs` takes it, at the scale that suits the writing; ValueError likewise."""
    if frame.dtype.name != "uint8" or not (frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)):
        raise ValueError(f"frame: expected uint8 (H, W, 3) or (H, W), got {frame.dtype} {frame.shape}")
    if not frame.size:
        return Found([], [], 1.0)
    side, grey = max(frame.shape[:2]), grey_frame(frame)
    found = _find(grey, min(max(side, settings.least_side), settings.work_side), settings)
    if found.digits and usual_height(found.digits) >= settings.fine_height:
        return found
    return _find(grey, min(settings.fine_side, round(settings.fine_factor * max(side, settings.least_side))), settings)


def _find(frame: Frame, side: int, settings: Settings) -> Found:
    """The candidates at a working scale of `side` pixels."""
    grey, factor = working_frame(frame, side)
    wide = replace(settings, widest=settings.widest_string)
    sides = tuple(find_stages(side, wide) for side in two_sides(grey, wide))
    candidates = [candidate for stages in sides for candidate in stages.candidates]
    digits = fitting([candidate for candidate in candidates if is_single(candidate, settings)], settings)
    strings = [c for c in candidates if not is_single(c, settings) and not is_around(c, digits)]
    return Found(digits, strings, factor, sides)


def is_single(candidate: Candidate, settings: Settings = SETTINGS) -> bool:
    """Whether a candidate is narrow enough for one digit."""
    return candidate.box.width <= settings.widest * candidate.box.height
