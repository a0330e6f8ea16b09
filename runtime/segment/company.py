"""Which candidates fit among the others: a digit is about as tall and as dark as the digits around it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.components import Component
from runtime.segment.scale import Grey
from runtime.segment.settings import Settings

Numbers = NDArray[np.float64]

CONTENT = 3  # times: a frame is at most this much taller than the digit in it


class Candidate(NamedTuple):
    """A component that can be a digit."""

    component: Component
    side: Grey  # the side of the frame's contrast on which it was found
    level: float  # the contrast of its ink, 1–255
    doubt: float = 0.0  # whether it is ink on quiet paper, 0–1; above 1 it would be no candidate

    @property
    def box(self) -> Box:
        """Where its ink stands, pixels of the working frame."""
        return self.component.box


def fitting(candidates: Sequence[Candidate], settings: Settings) -> list[Candidate]:
    """The candidates that fit among the others, without frames drawn around others."""
    *_, (_, kept) = sift(candidates, settings)
    return kept


def sift(candidates: Sequence[Candidate], settings: Settings) -> Iterator[tuple[str, list[Candidate]]]:
    """What each step of `fitting` leaves, with the reason for which it drops the others."""
    kept = list(candidates)
    for reason, choose in (
        ("light among dark ink, or the other way round", _of_one_polarity),
        ("far smaller than the writing", _without_specks),
        ("far thinner and fainter than the writing", _without_crumbs),
        ("a straight bar far taller than the writing", _without_edges),
        ("drawn around another", _without_frames),
    ):
        kept = choose(kept, _weights(kept), settings) if kept else kept
        yield reason, kept


def _without_edges(candidates: list[Candidate], weights: Numbers, settings: Settings) -> list[Candidate]:
    """Drop straight bars far taller than the writing: edges of sheets, tables and panels, that look like a 1."""
    if len(candidates) < settings.witnesses:
        return candidates
    heights = np.array([c.box.height for c in candidates], np.float64)
    tall = heights > settings.edge_height * _middle(heights, weights)
    bars = [bool(high) and _is_bar(c, settings) for c, high in zip(candidates, tall.tolist(), strict=True)]
    return _those(candidates, ~np.array(bars))


def _is_bar(candidate: Candidate, settings: Settings) -> bool:
    """Whether a candidate is long and straight, at whatever slant."""
    sides = cv2.minAreaRect(np.concatenate(candidate.component.outlines))[1]
    return max(sides) >= settings.edge_slim * min(sides)


def usual_height(candidates: Sequence[Candidate]) -> float:
    """The height of the writing, pixels of the working frame."""
    return _middle(np.array([c.box.height for c in candidates], np.float64), _weights(candidates))


def _weights(candidates: Sequence[Candidate]) -> Numbers:
    """How much each candidate says about what the writing is like: bold ink more than pale specks and fringes."""
    return np.array([c.level for c in candidates])


def is_around(candidate: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether the middle of another candidate lies within the box of this one: it is a frame or an underline."""
    box = candidate.box
    middles = [other.box.centre for other in others]
    return any(box.left <= x < box.right and box.top <= y < box.bottom for x, y in middles)


def _of_one_polarity(candidates: list[Candidate], weights: Numbers, settings: Settings) -> list[Candidate]:
    """Drop the side of the contrast with little on it: light gaps between dark strokes, and the other way round."""
    first = np.array([c.side is candidates[0].side for c in candidates])
    share = float(weights[first].sum() / weights.sum())
    if settings.minority <= share <= 1 - settings.minority:
        return candidates
    return _those(candidates, first if share > 0.5 else ~first)


def _without_specks(candidates: list[Candidate], weights: Numbers, settings: Settings) -> list[Candidate]:
    """Drop what is far smaller than the writing."""
    heights = np.array([c.box.height for c in candidates], np.float64)
    return _those(candidates, heights >= settings.company_height * _middle(heights, weights))


def _without_crumbs(candidates: list[Candidate], weights: Numbers, settings: Settings) -> list[Candidate]:
    """Drop what is far thinner and fainter than the writing: pieces of ruled lines, show-through, creases."""
    if len(candidates) < settings.witnesses:
        return candidates
    strengths = np.array([c.level * c.component.stroke for c in candidates])
    return _those(candidates, strengths >= settings.crumb * _middle(strengths, weights))


def _middle(values: Numbers, weights: Numbers) -> float:
    """The median of values of different weight."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, sums[-1] / 2)])


def _those(candidates: list[Candidate], chosen: NDArray[np.bool_]) -> list[Candidate]:
    """The chosen candidates."""
    return [c for c, choose in zip(candidates, chosen.tolist(), strict=True) if choose]


def _without_frames(candidates: list[Candidate], _weights: Numbers, _settings: Settings) -> list[Candidate]:
    """Drop what encloses something large enough to be a digit: a box drawn around it."""
    left, top, width, height = np.array([c.box for c in candidates], np.int64).T
    sides = np.array([id(c.side) for c in candidates])
    right, bottom = left + width, top + height
    encloses = (
        (left[:, None] <= left)
        & (top[:, None] <= top)
        & (right[:, None] >= right)
        & (bottom[:, None] >= bottom)
        & (height[:, None] <= CONTENT * height)
        & (sides[:, None] == sides)  # what lies within a 0 on the other side is its hole
    )
    np.fill_diagonal(encloses, val=False)
    return _those(candidates, ~encloses.any(axis=1))
