"""Finding handwritten digits in a frame: light, ink, components, parts, gates, edges, cut; functions of arrays."""

from collections.abc import Sequence

import numpy as np

from runtime.records import Frame, Glyph
from runtime.segment.company import Candidate, fitting
from runtime.segment.components import find_components
from runtime.segment.cut import cut_glyph, ink_level
from runtime.segment.edges import edge_share
from runtime.segment.gates import plausible
from runtime.segment.ink import ink_mask, noise_floor
from runtime.segment.light import Side, two_sides, working_frame
from runtime.segment.parts import join_parts
from runtime.segment.quiet import loudness
from runtime.segment.rules import without_rules
from runtime.segment.settings import SETTINGS, Settings

__all__ = ["SETTINGS", "Settings", "find_glyphs"]


def find_glyphs(frame: Frame, settings: Settings = SETTINGS) -> list[Glyph]:
    """The candidate digits of a frame, uint8 (H, W, 3) BGR or (H, W) grey, in no particular order.

    Boxes are in pixels of the frame. Raises ValueError for another shape or dtype.
    """
    if frame.dtype.name != "uint8" or not (frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)):
        raise ValueError(f"frame: expected uint8 (H, W, 3) or (H, W), got {frame.dtype} {frame.shape}")
    if not frame.size:
        return []
    grey, factor = working_frame(frame, settings)
    candidates = [candidate for side in two_sides(grey, settings) for candidate in find_candidates(side, settings)]
    return [cut_glyph(candidate, factor, frame.shape) for candidate in fitting(candidates, settings)]


def find_candidates(side: Side, settings: Settings) -> list[Candidate]:
    """The components of one side of the contrast that can be digits by their own shape and surroundings."""
    mask = ink_mask(side.contrast, noise_floor(side, settings), settings)
    if mask is None:
        return []
    found = find_components(mask, settings)
    plain, side = without_rules(mask, side, found, settings)
    whole = join_parts(found if plain is mask else find_components(plain, settings), settings)
    shaped = [component for component in whole if plausible(component, mask.shape, settings)]
    candidates = [Candidate(c, side.contrast, ink_level(c, side.contrast)) for c in shaped]
    return [c for c, doubt in zip(candidates, doubts(candidates, side, settings), strict=True) if doubt <= 1]


def doubts(candidates: Sequence[Candidate], side: Side, settings: Settings) -> list[float]:
    """How much speaks against each candidate's surroundings: a ragged outline and a loud ring add up to 1."""
    components = [c.component for c in candidates]
    ragged = 1 - edge_share(components, side.paper, settings)
    loud = loudness(components, side, settings) / np.array([c.level for c in candidates])
    return list((ragged / settings.edge_loss + loud / settings.loudest).tolist())
