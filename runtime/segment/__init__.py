"""Finding handwritten digits in a frame: light, ink, components, parts, gates, cut; each a function of arrays."""

from runtime.records import Frame, Glyph
from runtime.segment.company import Candidate, fitting
from runtime.segment.components import find_components
from runtime.segment.cut import cut_glyph, ink_level
from runtime.segment.gates import plausible
from runtime.segment.ink import ink_mask, noise_floor
from runtime.segment.light import Contrast, Grey, contrast, working_frame
from runtime.segment.parts import join_parts
from runtime.segment.quiet import loudness
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
    sides = contrast(grey, settings)
    floor = noise_floor(sides, settings)
    candidates = [candidate for side in sides for candidate in find_candidates(side, sides, floor, settings)]
    return [cut_glyph(candidate, factor, frame.shape) for candidate in fitting(candidates, settings)]


def find_candidates(side: Grey, sides: Contrast, floor: Grey, settings: Settings) -> list[Candidate]:
    """The components of one side of the contrast that can be digits by their own shape and surroundings."""
    mask = ink_mask(side, floor, settings)
    if mask is None:
        return []
    whole = join_parts(find_components(mask, settings), settings)
    shaped = [component for component in whole if plausible(component, mask.shape, settings)]
    if not shaped:
        return []
    candidates = [Candidate(component, side, ink_level(component, side)) for component in shaped]
    rings = loudness(shaped, sides, settings)
    return [c for c, ring in zip(candidates, rings.tolist(), strict=True) if ring < settings.loudest * c.level]
