"""The sheet that explains a reading: one panel for each stage, from the light to the glyphs."""

from dataclasses import replace

from runtime.annotate import annotate
from runtime.explain.canvas import Note, below, beside, fitted, panel
from runtime.explain.digit_panels import cutting_panel, glyphs_panel
from runtime.explain.explanation import Explanation
from runtime.explain.ink_panels import ink_panel, light_panel, pieces_panel
from runtime.explain.pieces import scaled
from runtime.records import Frame, Line, Reading
from runtime.segment.stages import Stages

ROOM = (760, 760)  # pixels: the most that a picture of a stage takes
WHOLE = 2 * ROOM[0] + 24  # pixels: the width of what lies below them


def draw_sheet(explanation: Explanation) -> Frame:
    """The sheet, uint8 (H, W, 3) BGR, about 1600 pixels wide whatever the frame's size."""
    frame = explanation.frame
    first = [_picture_panel(explanation), pieces_panel(frame, explanation.pieces, ROOM)]
    pairs = [
        first,
        *([light_panel(name, stages, ROOM), ink_panel(name, stages, ROOM)] for name, stages in _told(explanation)),
    ]
    cuts = [cutting_panel(cutting, WHOLE, used=explanation.is_used(cutting)) for cutting in explanation.cuttings]
    return below([*map(beside, pairs), *cuts, glyphs_panel(explanation, WHOLE)])


def _picture_panel(explanation: Explanation) -> Frame:
    """The frame with what was read; small frames are enlarged first, or labels would hide the digits."""
    frame, reading = explanation.frame, explanation.reading
    scale = max(1.0, min(ROOM[0] / frame.shape[1], ROOM[1] / frame.shape[0]))
    if scale > 1:
        frame, reading = fitted(frame, *ROOM), _enlarged(reading, scale)
    text = reading.text.replace("\n", " | ") or "nothing"
    return panel("picture", fitted(annotate(frame, reading), *ROOM), [Note(f"read: {text}")])


def _enlarged(reading: Reading, scale: float) -> Reading:
    """The reading of the frame enlarged by `scale`."""
    lines = []
    for line in reading.lines:
        digits = (replace(d, glyph=replace(d.glyph, box=scaled(d.glyph.box, scale))) for d in line.digits)
        lines.append(Line(tuple(digits)))
    return replace(reading, lines=tuple(lines))


def _told(explanation: Explanation) -> list[tuple[str, Stages]]:
    """The sides of the contrast that have candidates, or else the first, each by its name."""
    named = list(zip(("dark ink", "light ink"), explanation.sides, strict=False))
    return [(name, stages) for name, stages in named if stages.candidates] or named[:1]
