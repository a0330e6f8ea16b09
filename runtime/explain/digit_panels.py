"""What was made of the ink: the cuts with their scores, and the glyphs as the network saw them."""

from collections.abc import Sequence

import cv2
import numpy as np

from runtime.annotate import confidence_colour
from runtime.explain.canvas import FAINT, LETTER, LINE, PAPER, Colour, Note, fitted, in_colour, panel, widened, write
from runtime.explain.cutting import Cutting
from runtime.explain.explanation import Explanation
from runtime.records import Frame, ReadDigit
from runtime.strings import STRING_SETTINGS
from runtime.strings.pieces import Piece
from runtime.strings.writing import MARGIN

USED: Colour = (40, 40, 220)  # a cut beside a chosen piece
FREE: Colour = (210, 190, 160)  # any other
ENLARGED = 4  # times the cut line of ink is shown
TILE = 84  # pixels a side of a glyph that is shown


def cutting_panel(cutting: Cutting, width: int, *, used: bool) -> Frame:
    """The upright ink with all cuts, the chosen ones in red; above them the strokes that they cross.

    Below each chosen piece stand its digit and the share of all ways to cut that read it there.
    """
    ink = cutting.lattice.writing.ink
    scale = max(1, min(ENLARGED, width // ink.shape[1]))
    picture = in_colour(np.asarray(255 - cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)))
    used_cuts = sorted({cut for piece in _chosen(cutting) for cut in (piece.first, piece.last)})
    for index, path in enumerate(cutting.lattice.cuts.paths):
        points = np.stack([path * scale, (np.arange(len(path)) + 0.5) * scale], axis=1).astype(np.int32)
        colour, thickness = (USED, 2) if index in used_cuts else (FREE, 1)
        cv2.polylines(picture, [points], isClosed=False, color=colour, thickness=thickness)
    whole = np.vstack([_crossings(cutting, used_cuts, picture.shape[1], scale), picture])
    whole = np.vstack([whole, _shares(cutting, picture.shape[1], scale)])
    shown = whole if whole.shape[1] <= width else fitted(whole, width, whole.shape[0])
    place = f" at {list(cutting.box)}" if cutting.box else ": the frame as one line of writing"
    return panel("cuts" + place, widened(shown, width), _verdict(cutting, used=used))


def glyphs_panel(explanation: Explanation, width: int) -> Frame:
    """Every glyph of the reading as the network saw it, line by line, and why those without a digit have none."""
    rows, notes, number = [], [], 0
    for line in explanation.reading.lines:
        tiles = []
        for digit in line.digits:
            number += 1
            tiles.append(_tile(digit, number))
            reason = explanation.reason(digit)
            notes += [Note(f"{number}: {reason}")] if reason else []
        rows += _wrapped(tiles, width)
    picture = np.vstack(rows) if rows else np.full((LINE, width, 3), PAPER, np.uint8)
    silent = [] if rows else [Note("no glyph")]
    return panel("glyphs as the network saw them", picture, [*silent, *notes])


def _chosen(cutting: Cutting) -> list[Piece]:
    """The pieces that were taken for digits."""
    return [cutting.lattice.pieces[choice.index] for choice in cutting.choices]


def _crossings(cutting: Cutting, used: Sequence[int], width: int, scale: int) -> Frame:
    """A row with the strokes that each of the `used` cuts crosses, above the cut."""
    field = np.full((LINE, width, 3), PAPER, np.uint8)
    for cut in used:
        place = min(int(cutting.lattice.cuts.paths[cut][0]) * scale, width - 3 * LETTER)
        write(field, f"{cutting.lattice.cuts.crossed[cut]:.1f}", (place, LINE - 6), USED, LETTER - 2)
    return field


def _shares(cutting: Cutting, width: int, scale: int) -> Frame:
    """A row with each chosen piece's digit and share, below the piece."""
    field = np.full((2 * LINE, width, 3), PAPER, np.uint8)
    for choice, piece in zip(cutting.choices, _chosen(cutting), strict=True):
        place = max(0, (piece.left + MARGIN // 2) * scale)
        write(field, str(choice.digit), (place, LINE - 4), letter=LETTER + 3)
        write(field, f"{choice.share:.2f}", (place, 2 * LINE - 6), confidence_colour(choice.share), LETTER - 2)
    return field


def _verdict(cutting: Cutting, *, used: bool) -> list[Note]:
    """What the line is worth beside what is asked of it."""
    line, limits = cutting.line, STRING_SETTINGS
    sure = float(np.mean([digit.prediction.confidence for digit in line.digits])) if line.digits else 0.0
    crossed = cutting.lattice.cuts.crossed
    refused = "read, but not taken: the pieces by themselves say more" if cutting.stands else "refused"
    verdict = "taken" if used else refused
    return [
        Note(f"{len(crossed)} cuts, crossing {crossed.min():.1f} to {crossed.max():.1f} strokes; {verdict}"),
        Note(
            f"ink explained {line.explained:.2f} (at least {limits.explained}), known to the network {line.known:.2f} "
            f"(at least {limits.known}), sure {sure:.2f} (at least {limits.believed})",
            FAINT,
        ),
    ]


def _tile(digit: ReadDigit, number: int) -> Frame:
    """One glyph with its number, digit and confidence."""
    field = np.full((TILE + 2 * LINE, TILE + 6, 3), PAPER, np.uint8)
    field[:TILE, :TILE] = in_colour(fitted(digit.glyph.image, TILE, TILE))
    prediction = digit.prediction
    published = prediction.digit is not None
    text = str(prediction.digit) if published else f"? ({prediction.best})"
    write(field, text, (0, TILE + LINE - 4), letter=LETTER + 2)
    colour = confidence_colour(prediction.confidence) if published else FAINT
    write(field, f"{prediction.confidence:.3f}", (0, TILE + 2 * LINE - 6), colour, LETTER - 1)
    write(field, str(number), (TILE - 9 * len(str(number)), TILE + LINE - 6), FAINT, LETTER - 3)
    return field


def _wrapped(tiles: Sequence[Frame], width: int) -> list[Frame]:
    """A line of tiles, broken into rows of `width` pixels."""
    count = max(1, width // tiles[0].shape[1])
    return [widened(np.hstack(tiles[start : start + count]), width) for start in range(0, len(tiles), count)]
