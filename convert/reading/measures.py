"""One figure of some scores each, with the interval in which the true one lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convert.reading.resample import Interval, Numbers, bootstrap, f1, loss, share
from convert.reading.score import Score, total
from runtime.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and how far it may be from the true one."""

    figure: float
    interval: Interval | None = None  # None where too few pictures tell it


def digits(scores: Sequence[Score]) -> Measured | None:
    """F1 over digits; None without any."""
    whole = total(scores)
    return Measured(whole.f1, bootstrap(_counts(scores), f1)) if whole.right + whole.missed else None


def lines(scores: Sequence[Score]) -> Measured | None:
    """The share of the lines that are read exactly; None without any."""
    whole = total(scores)
    counts = _rows([(score.lines_right, score.lines) for score in scores if score.lines])
    return Measured(whole.lines_exact, bootstrap(counts, share)) if whole.lines else None


def lone_lines(scores: Sequence[Score]) -> Measured | None:
    """The same where each picture holds one line, so that every line counts for itself."""
    whole = total(scores)
    return Measured(whole.lines_exact, wilson_interval(whole.lines_right, whole.lines)) if whole.lines else None


def pictures(scores: Sequence[Score]) -> Measured | None:
    """The share of the pictures with handwriting that are read exactly; None without any."""
    whole = total(scores)
    within = wilson_interval(whole.pictures_right, whole.pictures)
    return Measured(whole.pictures_exact, within) if whole.pictures else None


def false_digits(scores: Sequence[Score]) -> Measured | None:
    """The digits read in each picture without any; None without such pictures."""
    whole = total(scores)
    counts = _rows([(score.false, score.empty_pictures) for score in scores if score.empty_pictures])
    return Measured(whole.false_each, bootstrap(counts, share)) if whole.empty_pictures else None


def printed_digits(scores: Sequence[Score]) -> Measured | None:
    """The printed digits read in each picture that has some; None without such pictures."""
    whole = total(scores)
    counts = _rows([(score.printed, score.printed_pictures) for score in scores if score.printed_pictures])
    return Measured(whole.printed_each, bootstrap(counts, share)) if whole.printed_pictures else None


def lost(clean: Sequence[Score], disturbed: Sequence[Score]) -> Measured | None:
    """What F1 loses from clean pictures to the same ones disturbed, in the same order; None without any."""
    if not clean or len(clean) != len(disturbed):
        return None
    figure = total(clean).f1 - total(disturbed).f1
    return Measured(figure, bootstrap(np.hstack([_counts(clean), _counts(disturbed)]), loss))


def _counts(scores: Sequence[Score]) -> Numbers:
    """Right, added and missed digits, (N, 3)."""
    return _rows([(score.right, score.added, score.missed) for score in scores])


def _rows(counts: Sequence[tuple[int, ...]]) -> Numbers:
    return np.array(counts, np.float64)
