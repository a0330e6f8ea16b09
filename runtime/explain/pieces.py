"""Every piece of ink of a frame with its fate: dropped at a stage for a reason, or left to the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from runtime.records import Box
from runtime.segment import SETTINGS, Found, Settings, is_single
from runtime.segment.company import Candidate, sift
from runtime.segment.stages import NO_EDGE, TEXTURE

TOO_WIDE = "too wide for one digit, and not read as several"

Stage = Literal["shape", "surroundings", "company", "strings", "kept"]
"""Where a piece was dropped: by its own size and shape, by the paper around it, by the other pieces, as several digits
that touch; or that it was kept."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of ink and its fate."""

    box: Box  # pixels of the frame
    stage: Stage
    reason: str | None  # in a few words; None where it was kept


def find_fates(found: Found, settings: Settings = SETTINGS) -> list[Piece]:
    """The pieces of ink on both sides of a frame's contrast, as far as the segmentation decides about them.

    What is too wide for one digit counts as dropped: whoever cuts it knows better.
    """
    pieces = [
        Piece(scaled(dropped.component.box, found.factor), _stage(dropped.reason), dropped.reason)
        for stages in found.sides
        for dropped in stages.dropped
    ]
    reasons = dict(_misfits(found, settings))
    wide = {id(candidate) for candidate in found.strings}
    for candidate in (candidate for stages in found.sides for candidate in stages.candidates):
        box, reason = scaled(candidate.box, found.factor), reasons.get(id(candidate))
        if reason:
            pieces.append(Piece(box, "company", reason))
        else:
            pieces.append(Piece(box, "strings", TOO_WIDE) if id(candidate) in wide else Piece(box, "kept", None))
    return pieces


def scaled(box: Box, factor: float) -> Box:
    """The box in pixels of the frame, `factor` times those of the working frame."""
    left, top, width, height = (round(side * factor) for side in box)
    return Box(left, top, max(1, width), max(1, height))


def _stage(reason: str) -> Stage:
    return "surroundings" if reason in (NO_EDGE, TEXTURE) else "shape"


def _misfits(found: Found, settings: Settings) -> Iterator[tuple[int, str]]:
    """The ids of the candidates that do not fit among the others, with the reasons."""
    candidates = [candidate for stages in found.sides for candidate in stages.candidates]
    left = [candidate for candidate in candidates if is_single(candidate, settings)]
    for reason, kept in sift(left, settings):
        yield from ((id(candidate), reason) for candidate in _without(left, kept))
        left = kept
    wide = [candidate for candidate in candidates if not is_single(candidate, settings)]
    yield from ((id(candidate), "wide, and drawn around others") for candidate in _without(wide, found.strings))


def _without(candidates: list[Candidate], others: list[Candidate]) -> list[Candidate]:
    """The candidates that are none of the others."""
    known = {id(other) for other in others}
    return [candidate for candidate in candidates if id(candidate) not in known]
