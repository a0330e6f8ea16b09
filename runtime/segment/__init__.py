"""Finding handwritten digits in a frame: light, ink, components, parts, gates, cut; each a function of arrays."""

from runtime.records import Frame, Glyph
from runtime.segment.components import Component, find_components
from runtime.segment.cut import cut_glyph
from runtime.segment.gates import company, plausible
from runtime.segment.ink import ink_mask, noise_level
from runtime.segment.light import Grey, contrast, working_frame
from runtime.segment.parts import join_parts
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
    noise = noise_level(sides, settings)
    candidates = [(side, find_candidates(side, noise, settings)) for side in sides]
    side, chosen = max(candidates, key=lambda pair: _weight(*pair))
    return [cut_glyph(component, side, noise, factor, frame.shape) for component in chosen]


def find_candidates(side: Grey, noise: int, settings: Settings) -> list[Component]:
    """The components of one side of the contrast that can be digits."""
    height, width = side.shape
    pieces = find_components(ink_mask(side, noise, settings), settings)
    whole = join_parts(pieces, settings)
    return company([c for c in whole if plausible(c, (height, width), settings)], settings)


def _weight(side: Grey, components: list[Component]) -> float:
    """How much ink stands in the candidates: the side that holds more of it is the writing."""
    return sum(c.area * float(side[c.box.top : c.box.bottom, c.box.left : c.box.right].max()) for c in components)
