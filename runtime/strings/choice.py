"""The best way through all pieces of a line: which of them are digits, which are none, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Probabilities
from runtime.strings.lattice import Lattice
from runtime.strings.pieces import Piece
from runtime.strings.settings import StringSettings

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A piece on the best way that is taken for a digit."""

    index: int  # of the piece
    digit: int  # 0–9
    share: float  # of all ways, weighted by their likelihood, that read this digit at this place, 0–1


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How likely each piece is, as logarithms, float64 (N,) each."""

    digit: Numbers  # as the best digit
    none: Numbers  # as no digit

    def sharpened(self, sharpness: float) -> "Scores":
        """The same scores times `sharpness`."""
        return Scores(sharpness * self.digit, sharpness * self.none)


def choose(lattice: Lattice, answers: Probabilities, settings: StringSettings) -> list[Choice]:
    """The digits on the best way from the first cut to the last (Viterbi), from left to right.

    `answers` holds the network's answers for the images of the lattice, float32 (N, K). How sure a choice is follows
    from all ways through the pieces (forward and backward sums, as in hidden Markov models): another way that reads
    something else at its place lowers it.
    """
    pieces, count = lattice.pieces, len(lattice.cuts.crossed)
    best, scores = score(lattice, answers, settings)
    way = _best_way(pieces, np.maximum(scores.digit, scores.none), count)
    shares = _shares(pieces, scores.sharpened(settings.sharpness), count)
    spans = np.array([(piece.left, piece.right) for piece in pieces], np.float64)
    chosen = [index for index in way if scores.digit[index] > scores.none[index]]
    return [Choice(index, int(best[index]), _support(index, best, spans, shares, settings)) for index in chosen]


def score(lattice: Lattice, answers: Probabilities, settings: StringSettings) -> tuple[NDArray[np.int64], Scores]:
    """The best digit of each piece, int64 (N,), and the pieces' scores; those without ink can only be none."""
    pieces, cuts = lattice.pieces, lattice.cuts
    seen = np.array([not piece.empty for piece in pieces])
    best, likely = np.zeros(len(pieces), np.int64), np.ones(len(pieces))
    best[seen], likely[seen] = answers[:, :DIGITS].argmax(axis=1), answers[:, :DIGITS].max(axis=1)
    ends = np.array([(piece.first, piece.last) for piece in pieces])
    crossing = settings.crossing * cuts.crossed[ends].sum(axis=1) / 2
    digit = np.log(np.maximum(likely, settings.least)) + _shape(pieces, settings) - crossing
    none = _none(pieces, settings, aware=answers.shape[1] > DIGITS) - crossing
    return best, Scores(np.where(seen, digit, -np.inf), none)


def _shape(pieces: Sequence[Piece], settings: StringSettings) -> Numbers:
    """How well the pieces' sizes become a digit."""
    height, width = np.array([(piece.height, piece.width) for piece in pieces]).T
    short = settings.short_weight * np.maximum(1 - height / settings.short, 0)
    wide = settings.wide_weight * np.maximum(width - settings.wide, 0)
    return np.asarray(settings.digit - short - wide, np.float64)


def _none(pieces: Sequence[Piece], settings: StringSettings, *, aware: bool) -> Numbers:
    """What it costs to take the pieces for dots and litter; more with a network that knows only digits."""
    height, ink = np.array([(piece.height, piece.ink) for piece in pieces]).T
    litter = -(settings.litter if aware else settings.litter_unaware) * np.clip(height, 0.3, 1.5)
    dot = (height < settings.dot_height) & (ink < settings.dot_ink)
    return np.where(ink == 0, 0.0, np.where(dot, -settings.dot, litter))


def _best_way(pieces: Sequence[Piece], total: Numbers, count: int) -> list[int]:
    """The indices of the pieces on the best way, from left to right; pieces are ordered by their first cut."""
    best, came = np.full(count, -np.inf), np.full(count, -1)
    best[0] = 0
    for index, piece in enumerate(pieces):
        value = best[piece.first] + total[index]
        if value > best[piece.last]:
            best[piece.last], came[piece.last] = value, index
    way: list[int] = []
    cut = count - 1
    while cut > 0:
        way.append(int(came[cut]))
        cut = pieces[way[-1]].first
    return way[::-1]


def _shares(pieces: Sequence[Piece], scores: Scores, count: int) -> Numbers:
    """The share of all ways that lead through each piece as a digit."""
    either = np.logaddexp(scores.digit, scores.none)
    before, after = np.full(count, -np.inf), np.full(count, -np.inf)
    before[0] = after[-1] = 0
    for index, piece in enumerate(pieces):
        before[piece.last] = np.logaddexp(before[piece.last], before[piece.first] + either[index])
    for index in range(len(pieces) - 1, -1, -1):
        piece = pieces[index]
        after[piece.first] = np.logaddexp(after[piece.first], after[piece.last] + either[index])
    ends = np.array([(piece.first, piece.last) for piece in pieces], np.int64).reshape(-1, 2)
    return np.asarray(np.exp(before[ends[:, 0]] + scores.digit + after[ends[:, 1]] - after[0]), np.float64)


def _support(index: int, best: NDArray[np.int64], spans: Numbers, shares: Numbers, settings: StringSettings) -> float:
    """The share of all ways that read the same digit at about the same place as piece `index`."""
    left, right = spans[index]
    common = np.minimum(spans[:, 1], right) - np.maximum(spans[:, 0], left)
    wider = np.maximum(spans[:, 1] - spans[:, 0], right - left)
    alike = (best == best[index]) & (common >= settings.alike * wider)
    return min(1.0, float(shares[alike].sum()))
