"""What went wrong in a picture, digit by digit, with the stage of the reader that failed and why."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convert.reading.score import match, overlap
from convert.reading.trial import Trial
from convert.reading.truth import STRING
from runtime.explain.cutting import Cutting, cut_strip
from runtime.explain.pieces import Piece, find_fates
from runtime.explain.reasons import reason_for
from runtime.reader import Reader
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
    "strings": "it touches others, and they were not taken apart as they should be",
    "confidence": "it was found, but not published",
    "network": "it was taken for another digit",
    "added": "there is no digit",
    "printed": "there is a printed digit, in a picture without handwriting",
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


def find_failures(frame: Frame, trial: Trial, reader: Reader) -> list[Failure]:
    """The failures in a picture whose digits' boxes are known, or that should hold none; others give an empty list.

    `reader` is the one whose reading the trial holds.
    """
    if trial.truth.digits is None and trial.truth.lines:
        return []
    published = [digit for digit in trial.reading.digits if digit.prediction.digit is not None]
    matches = match(trial.truth, [digit.glyph.box for digit in published])
    loose = [digit for i, digit in enumerate(published) if i not in matches and not _is_blind(digit, trial)]
    failures = [_added(digit, trial) for digit in loose]
    by_digit = {j: published[i].prediction.digit for i, j in matches.items()}
    view = _look(frame, reader) if len(by_digit) < len(trial.truth.digits or ()) else None
    for j, written in enumerate(trial.truth.digits or ()):
        read = by_digit.get(j)
        if view and read is None:
            stage, reason = _lost(written.box, trial, view, reader)
            failures.append(Failure(written.box, stage, reason, written.digit, None))
        elif written.digit not in (None, read):
            failures.append(Failure(written.box, "network", None, written.digit, read))
    return failures


class View(NamedTuple):
    """What the reader saw in a picture."""

    found: Found
    fates: list[Piece]
    strip: Cutting | None  # the picture cut as one line of writing, if it may be filled by one


def _look(frame: Frame, reader: Reader) -> View:
    found = find(frame, reader.settings)
    return View(found, find_fates(found, reader.settings), cut_strip(frame, reader))


def _added(digit: ReadDigit, trial: Trial) -> Failure:
    return Failure(digit.glyph.box, "printed" if trial.truth.printed else "added", None, None, digit.prediction.digit)


def _is_blind(digit: ReadDigit, trial: Trial) -> bool:
    """Whether a digit stands where nothing counts."""
    return trial.truth.distracting or any(overlap(digit.glyph.box, blind) > 0 for blind in trial.truth.ignored)


def _lost(box: Box, trial: Trial, view: View, reader: Reader) -> tuple[str, str | None]:
    """The first stage that lost the digit in `box`, and why."""
    for digit in trial.reading.digits:
        if digit.prediction.digit is None and overlap(box, digit.glyph.box) >= ALIKE:
            return "confidence", reason_for(digit.prediction, reader.calibration.confidence)
    if trial.truth.kind == STRING and view.strip:
        return "strings", "cut elsewhere" if view.strip.stands else "the line was refused"
    nearest = max(view.fates, key=lambda piece: overlap(box, piece.box), default=None)
    if nearest and overlap(box, nearest.box) >= ALIKE:
        return ("strings", "taken apart") if nearest.stage == "kept" else (nearest.stage, nearest.reason)
    sides, factor = view.found.sides, view.found.factor
    if any(_covers(stages.plain, box, factor) for stages in sides):
        return "pieces", None
    return "lines" if any(_covers(stages.ink, box, factor) for stages in sides) else "ink", None


def _covers(mask: Mask, box: Box, factor: float) -> bool:
    """Whether there is a digit's ink in a box of the picture, whose pixels are `factor` times finer than the mask's."""
    left, top, right, bottom = (round(side / factor) for side in (*box[:2], box.right, box.bottom))
    crop = mask[max(0, top) : bottom, max(0, left) : right]
    return bool(crop.size and np.count_nonzero(crop) >= LEAST_INK * crop.size)
