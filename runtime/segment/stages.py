"""One side of the contrast, stage by stage: its ink, what was ruled out of it, its pieces, and what each came to."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.segment.company import Candidate
from runtime.segment.components import Component, find_components
from runtime.segment.cut import ink_level
from runtime.segment.edges import edge_share
from runtime.segment.gates import failed_gate
from runtime.segment.ink import ink_mask, noise_floor
from runtime.segment.light import Side
from runtime.segment.parts import join_parts
from runtime.segment.quiet import loudness
from runtime.segment.rules import without_rules
from runtime.segment.settings import Settings

NO_EDGE = "its outline is no edge of ink"
TEXTURE = "it stands in texture"

Mask = NDArray[np.uint8]
"""255 where there is ink, 0 elsewhere, uint8 (H, W)."""


class Dropped(NamedTuple):
    """A piece of ink that cannot be a digit."""

    component: Component
    reason: str  # in a few words


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What became of one side of the contrast; everything in pixels of the working frame."""

    side: Side  # as it was seen
    clean: Side  # as it would be without ruled lines
    ink: Mask
    plain: Mask  # the ink without ruled lines
    dropped: tuple[Dropped, ...]
    candidates: tuple[Candidate, ...]  # the pieces that can be digits by their own shape and surroundings


def find_stages(side: Side, settings: Settings) -> Stages:
    """Look at one side of the contrast, stage by stage."""
    ink = ink_mask(side.contrast, noise_floor(side, settings), settings) if side.contrast.any() else None
    if ink is None:
        nothing = np.zeros(side.contrast.shape, np.uint8)
        return Stages(side, side, nothing, nothing, (), ())
    found = find_components(ink, settings)
    plain, clean = without_rules(ink, side, found, settings)
    whole = join_parts(found if plain is ink else find_components(plain, settings), settings)
    gates = [failed_gate(component, ink.shape, settings) for component in whole]
    shaped = [component for component, gate in zip(whole, gates, strict=True) if gate is None]
    dropped = [Dropped(component, gate) for component, gate in zip(whole, gates, strict=True) if gate is not None]
    candidates = _on_paper(shaped, clean, settings, dropped)
    return Stages(side, clean, ink, plain, tuple(dropped), tuple(candidates))


def _on_paper(shaped: list[Component], side: Side, settings: Settings, dropped: list[Dropped]) -> list[Candidate]:
    """The components that are ink on quiet paper; the others are added to `dropped`."""
    ragged = ((1 - edge_share(shaped, side.paper, settings)) / settings.edge_loss).tolist()
    sharp = [(component, doubt) for component, doubt in zip(shaped, ragged, strict=True) if doubt <= 1]
    dropped += [Dropped(component, NO_EDGE) for component, doubt in zip(shaped, ragged, strict=True) if doubt > 1]
    candidates = []
    rings = loudness([component for component, _ in sharp], side, settings).tolist()
    for (component, doubt), ring in zip(sharp, rings, strict=True):
        level = ink_level(component, side.contrast)
        whole = doubt + ring / (settings.loudest * level)
        if whole <= 1:
            candidates.append(Candidate(component, side.contrast, level, whole))
        else:
            dropped.append(Dropped(component, TEXTURE))
    return candidates
