"""What went wrong in a picture, digit by digit, with the stage of the reader that failed."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from convert.reading.score import match, overlap
from convert.reading.trial import Trial
from runtime.records import Box, Frame, ReadDigit
from runtime.segment import SETTINGS
from runtime.segment.components import find_components
from runtime.segment.ink import ink_mask, noise_floor
from runtime.segment.light import Side, two_sides, working_frame
from runtime.segment.rules import without_rules

LEAST_INK = 0.04  # of a digit's box; a fine pen covers a tenth
ALIKE = 0.5  # intersection over union from which a component is the digit


@dataclass(frozen=True, slots=True)
class Failure:
    """One digit that is wrong, missing or too many."""

    box: Box  # pixels of the picture
    stage: str  # "ink", "components", "gates", "confidence", "network", or "added"
    wanted: int | None  # None: there is no digit
    read: int | None  # None: nothing was published


def find_failures(frame: Frame, trial: Trial) -> list[Failure]:
    """The failures in a picture whose digits' boxes are known, or that should hold none; others give an empty list."""
    published = [digit for digit in trial.reading.digits if digit.prediction.digit is not None]
    if trial.truth.digits is None and trial.truth.lines:
        return []
    matches = match(trial.truth, [digit.glyph.box for digit in published])
    failures = [_added(digit) for i, digit in enumerate(published) if i not in matches and not _is_blind(digit, trial)]
    by_digit = {j: published[i] for i, j in matches.items()}
    missed = [j for j in range(len(trial.truth.digits or ())) if j not in by_digit]
    pieces = _pieces(frame) if missed else ([], [])
    for j, written in enumerate(trial.truth.digits or ()):
        if j in missed:
            failures.append(Failure(written.box, _stage(written.box, trial, pieces), written.digit, None))
        elif written.digit not in (None, by_digit[j].prediction.digit):
            failures.append(Failure(written.box, "network", written.digit, by_digit[j].prediction.digit))
    return failures


Pieces = tuple[Sequence[np.ndarray], Sequence[Box]]
"""Ink masks at the picture's own scale, and the boxes of their components."""


def _added(digit: ReadDigit) -> Failure:
    return Failure(digit.glyph.box, "added", None, digit.prediction.digit)


def _is_blind(digit: ReadDigit, trial: Trial) -> bool:
    """Whether a digit stands where nothing counts."""
    return trial.truth.distracting or any(overlap(digit.glyph.box, blind) > 0 for blind in trial.truth.ignored)


def _stage(box: Box, trial: Trial, pieces: Pieces) -> str:
    """The first stage that lost the digit in `box`."""
    masks, boxes = pieces
    if any(overlap(box, digit.glyph.box) >= ALIKE for digit in trial.reading.digits):
        return "confidence"
    if any(overlap(box, piece) >= ALIKE for piece in boxes):
        return "gates"
    crops = (mask[max(0, box.top) : box.bottom, max(0, box.left) : box.right] for mask in masks)
    covered = max((float((crop > 0).mean()) for crop in crops if crop.size), default=0.0)
    return "components" if covered >= LEAST_INK else "ink"


def _pieces(frame: Frame) -> Pieces:
    """The ink of a frame on either side of the contrast, without rules, and its components."""
    grey, factor = working_frame(frame, min(max(frame.shape[:2]), SETTINGS.work_side))
    found = [_side_pieces(side) for side in two_sides(grey, SETTINGS)]
    masks = [np.asarray(cv2.resize(mask, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST)) for mask, _ in found]
    return masks, [Box(*(round(side * factor) for side in box)) for _, boxes in found for box in boxes]


def _side_pieces(side: Side) -> tuple[np.ndarray, list[Box]]:
    mask = ink_mask(side.contrast, noise_floor(side, SETTINGS), SETTINGS)
    if mask is None:
        return np.zeros_like(side.contrast), []
    plain, _ = without_rules(mask, side, find_components(mask, SETTINGS), SETTINGS)
    return plain, [component.box for component in find_components(plain, SETTINGS)]
