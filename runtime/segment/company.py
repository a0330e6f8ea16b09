"""Which candidates fit among the others: a digit is about as tall and as dark as the digits around it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runtime.records import Box
from runtime.segment.components import Component
from runtime.segment.settings import Settings


class Candidate(NamedTuple):
    """A component that can be a digit."""

    component: Component
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
    tall = _without_crumbs(tall, settings)
    return [c for c in tall if not any(_encloses(c.box, other.box) for other in tall if other is not c)]


def _without_crumbs(candidates: list[Candidate], settings: Settings) -> list[Candidate]:
    """Drop what is far thinner and fainter than the writing: pieces of ruled lines, show-through, creases."""
    if len(candidates) < settings.witnesses:
        return candidates
    strengths = np.array([c.level * c.component.stroke for c in candidates])
    least = settings.crumb * float(np.percentile(strengths, 75))
    return [c for c, strength in zip(candidates, strengths.tolist(), strict=True) if strength >= least]


def _encloses(outer: Box, inner: Box) -> bool:
    """Whether `inner` lies within `outer` and is large enough to be a digit written in a frame."""
    inside = (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.right >= inner.right
        and outer.bottom >= inner.bottom
    )
    return inside and 3 * inner.height >= outer.height
