"""What went wrong in a picture, digit by digit, with the stage of the reader that failed and why."""

from dataclasses import dataclass

import numpy as np

from convert.reading.score import match, overlap
from convert.reading.trial import Trial
from runtime.explain.pieces import Piece, find_fates
from runtime.explain.reasons import reason_for
from runtime.records import Box, Frame, ReadDigit
from runtime.segment import Found, find
from runtime.segment.stages import Mask

LEAST_INK = 0.04  # of a digit's box; a fine pen covers a tenth
ALIKE = 0.5  # intersection over union from which a piece of ink is the digit

STAGES = {
    "ink": "its strokes are not in the ink mask",
    "lines": "it was taken out together with a ruled line",
    "pieces": "its ink hangs together with other ink, or falls apart",
    "shape": "its own size and shape spoke against it",
    "surroundings": "the paper around it spoke against it",
    "company": "the other pieces of ink spoke against it",
    "strings": "it touches others, and they were not taken apart",
    "confidence": "it was found, but not published",
    "network": "it was taken for another digit",
    "added": "there is no digit",
}
"""What each stage's failures mean, from the first stage to the last."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One digit that is wrong, missing or too many."""

    box: Box  # pixels of the picture
    stage: str  # one of STAGES
    reason: str | None  # in words, where there is more to say
    wanted: int | None  # None: there is no digit, or nobody is sure which
    read: int | None  # None: nothing was published


def find_failures(frame: Frame, trial: Trial, asked: float) -> list[Failure]:
    """The failures in a picture whose digits' boxes are known, or that should hold none; others give an empty list.

    `asked` is the confidence, 0–1, that a glyph needs among digits.
    """
    if trial.truth.digits is None and trial.truth.lines:
        return []
    published = [digit for digit in trial.reading.digits if digit.prediction.digit is not None]
    matches = match(trial.truth, [digit.glyph.box for digit in published])
    failures = [_added(digit) for i, digit in enumerate(published) if i not in matches and not _is_blind(digit, trial)]
    by_digit = {j: published[i] for i, j in matches.items()}
    found = find(frame)
    fates = find_fates(found)
    for j, written in enumerate(trial.truth.digits or ()):
        read = by_digit[j].prediction.digit if j in by_digit else None
        if read is None:
            stage, reason = _lost(written.box, trial, found, fates, asked)
            failures.append(Failure(written.box, stage, reason, written.digit, None))
        elif written.digit not in (None, read):
            failures.append(Failure(written.box, "network", None, written.digit, read))
    return failures


def _added(digit: ReadDigit) -> Failure:
    return Failure(digit.glyph.box, "added", None, None, digit.prediction.digit)


def _is_blind(digit: ReadDigit, trial: Trial) -> bool:
    """Whether a digit stands where nothing counts."""
    return trial.truth.distracting or any(overlap(digit.glyph.box, blind) > 0 for blind in trial.truth.ignored)


def _lost(box: Box, trial: Trial, found: Found, fates: list[Piece], asked: float) -> tuple[str, str | None]:
    """The first stage that lost the digit in `box`, and why."""
    unsure = [digit for digit in trial.reading.digits if digit.prediction.digit is None]
    for digit in unsure:
        if overlap(box, digit.glyph.box) >= ALIKE:
            return "confidence", reason_for(digit.prediction, asked)
    nearest = max(fates, key=lambda piece: overlap(box, piece.box), default=None)
    if nearest and overlap(box, nearest.box) >= ALIKE:
        return ("strings", "taken apart") if nearest.stage == "kept" else (nearest.stage, nearest.reason)
    if any(_covers(stages.plain, box, found.factor) for stages in found.sides):
        return "pieces", None
    return "lines" if any(_covers(stages.ink, box, found.factor) for stages in found.sides) else "ink", None


def _covers(mask: Mask, box: Box, factor: float) -> bool:
    """Whether there is a digit's ink in a box of the picture, whose pixels are `factor` times finer than the mask's."""
    left, top, right, bottom = (round(side / factor) for side in (*box[:2], box.right, box.bottom))
    crop = mask[max(0, top) : bottom, max(0, left) : right]
    return bool(crop.size and np.count_nonzero(crop) >= LEAST_INK * crop.size)
