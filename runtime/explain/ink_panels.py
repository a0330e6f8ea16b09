"""What was made of the frame before anything was a glyph: its light, its ink, its lines, its pieces."""

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from runtime.explain.canvas import Colour, Note, fitted, in_colour, panel
from runtime.explain.pieces import Piece, Stage
from runtime.records import Frame
from runtime.segment.stages import Stages

RULED: Colour = (60, 60, 230)
COLOURS: dict[Stage, Colour] = {
    "kept": (60, 160, 40),
    "shape": (170, 150, 120),
    "surroundings": (0, 140, 255),
    "company": (190, 60, 190),
    "strings": (200, 120, 0),
}
NAMES: dict[Stage, str] = {
    "kept": "left to the network",
    "shape": "dropped for its shape",
    "surroundings": "dropped for its surroundings",
    "company": "dropped for its company",
    "strings": "dropped as a string",
}


def light_panel(name: str, stages: Stages, room: tuple[int, int]) -> Frame:
    """How far each pixel is darker than its ground, black being as far as light goes, within `room` pixels."""
    flat = np.asarray(255 - np.minimum(stages.side.contrast.astype(np.uint16) * 2, 255), np.uint8)
    return panel(f"flattened light, {name}", fitted(flat, *room), [Note("contrast to the paper, twice as strong")])


def ink_panel(name: str, stages: Stages, room: tuple[int, int]) -> Frame:
    """The ink mask, with the ruled lines that were taken out of it in red."""
    ruled = cv2.subtract(stages.ink, stages.plain)
    picture = np.full((*stages.ink.shape, 3), 255, np.uint8)
    picture[stages.plain > 0] = 0
    picture[np.asarray(ruled) > 0] = RULED
    share = float((np.asarray(ruled) > 0).mean() / max((stages.ink > 0).mean(), 1e-9))
    notes = [Note(f"{100 * share:.0f} % of the ink belongs to ruled lines and was taken out", RULED)]
    return panel(f"{name}, and removed lines", fitted(picture, *room), notes if share else [Note("no ruled lines")])


def pieces_panel(frame: Frame, pieces: Sequence[Piece], room: tuple[int, int]) -> Frame:
    """The pieces of ink, the colour of their boxes telling where they were dropped."""
    picture = fitted(_pale(frame), *room)
    scale = picture.shape[1] / frame.shape[1]
    for piece in sorted(pieces, key=lambda piece: piece.stage == "kept"):
        corner = (int(piece.box.left * scale), int(piece.box.top * scale))
        opposite = (int(piece.box.right * scale), int(piece.box.bottom * scale))
        cv2.rectangle(picture, corner, opposite, COLOURS[piece.stage], 2 if piece.stage == "kept" else 1)
    return panel("pieces of ink", picture, _legend(pieces))


def _legend(pieces: Sequence[Piece]) -> list[Note]:
    """How many pieces came to what end."""
    counts = Counter((piece.stage, piece.reason) for piece in pieces)
    notes = []
    for (stage, reason), count in sorted(counts.items(), key=lambda item: (list(COLOURS).index(item[0][0]), -item[1])):
        text = f"{NAMES[stage]}: {reason}" if reason else NAMES[stage]
        notes.append(Note(f"{count:4d}  {text}", COLOURS[stage]))
    return notes or [Note("no piece of ink that is more than a speck")]


def _pale(frame: Frame) -> Frame:
    """The frame with little contrast, so that boxes stand out."""
    return np.asarray(cv2.addWeighted(in_colour(frame), 0.5, np.full((*frame.shape[:2], 3), 255, np.uint8), 0.5, 0))
