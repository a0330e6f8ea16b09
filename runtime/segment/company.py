"""Which candidates fit among the others: a digit is about as tall and as dark as the digits around it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runtime.records import Box
from runtime.segment.components import Component
from runtime.segment.light import Grey
from runtime.segment.settings import Settings

CONTENT = 3  # times: a frame is at most this much taller than the digit in it


class Candidate(NamedTuple):
    """A component that can be a digit."""

    component: Component
    side: Grey  # the side of the frame's contrast on which it was found
    level: float  # the contrast of its ink, 1–255

    @property
    def box(self) -> Box:
        """Where its ink stands, pixels of the working frame."""
        return self.component.box


def fitting(candidates: Sequence[Candidate], settings: Settings) -> list[Candidate]:
    """The candidates that fit among the others, without frames drawn around others."""
    if not candidates:
        return []
    median = float(np.median([c.box.height for c in candidates]))
    tall = [c for c in candidates if c.box.height >= settings.company_height * median]
    return _without_frames(_without_crumbs(tall, settings))


def _without_crumbs(candidates: list[Candidate], settings: Settings) -> list[Candidate]:
    """Drop what is far thinner and fainter than the writing: pieces of ruled lines, show-through, creases."""
    if len(candidates) < settings.witnesses:
        return candidates
    strengths = np.array([c.level * c.component.stroke for c in candidates])
    least = settings.crumb * float(np.percentile(strengths, 75))
    return [c for c, strength in zip(candidates, strengths.tolist(), strict=True) if strength >= least]


def _without_frames(candidates: list[Candidate]) -> list[Candidate]:
    """Drop what encloses something large enough to be a digit: a box drawn around it."""
    left, top, width, height = np.array([c.box for c in candidates], np.int64).T
    right, bottom = left + width, top + height
    encloses = (
        (left[:, None] <= left)
        & (top[:, None] <= top)
        & (right[:, None] >= right)
        & (bottom[:, None] >= bottom)
        & (height[:, None] <= CONTENT * height)
    )
    np.fill_diagonal(encloses, val=False)
    return [c for c, frame in zip(candidates, encloses.any(axis=1).tolist(), strict=True) if not frame]
