"""Panels of a sheet: pictures brought to one width, with a title above and notes below, set beside each other."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from runtime.records import Frame

Colour = tuple[int, int, int]
"""Blue, green, red, 0–255 each."""

PAPER: Colour = (250, 250, 250)
BLACK: Colour = (30, 30, 30)
FAINT: Colour = (130, 130, 130)
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_HEIGHT = 22  # pixels of a capital at scale 1
LETTER = 11  # pixels of a capital in notes
LINE = 21  # pixels from one note to the next
TITLE = 34  # pixels of a title's row
MARGIN = 12  # pixels around a panel


class Note(NamedTuple):
    """A line of text below a picture."""

    text: str
    colour: Colour = BLACK


def panel(title: str, picture: Frame, notes: Sequence[Note] = ()) -> Frame:
    """The picture, uint8 (H, W) or (H, W, 3), with a title above and notes below that are cut where it ends."""
    body = in_colour(picture)
    width = body.shape[1]
    head = _lines([Note(title)], width, TITLE, LETTER + 3)
    foot = _lines(notes, width, LINE, LETTER)
    around = (MARGIN, MARGIN, MARGIN, MARGIN)
    return np.asarray(
        cv2.copyMakeBorder(np.vstack([head, body, foot]), *around, cv2.BORDER_CONSTANT, value=PAPER), np.uint8
    )


def beside(panels: Sequence[Frame]) -> Frame:
    """Panels from left to right, the lower ones continued with paper."""
    height = max(one.shape[0] for one in panels)
    return np.hstack([_continued(one, height - one.shape[0], 0) for one in panels])


def below(rows: Sequence[Frame]) -> Frame:
    """Rows from top to bottom, the narrower ones continued with paper."""
    width = max(row.shape[1] for row in rows)
    return np.vstack([_continued(row, 0, width - row.shape[1]) for row in rows])


def fitted(picture: Frame, width: int, height: int) -> Frame:
    """The picture as large as fits into `width` × `height` pixels, at least one pixel each way."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST if scale > 2 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def widened(picture: Frame, width: int) -> Frame:
    """The picture continued with paper to `width` pixels, so that there is room for notes."""
    return _continued(picture, 0, max(0, width - picture.shape[1]))


def in_colour(picture: Frame) -> Frame:
    """A copy with three channels."""
    return np.repeat(picture[:, :, None], 3, axis=2) if picture.ndim == 2 else picture.copy()


def write(canvas: Frame, text: str, place: tuple[int, int], colour: Colour = BLACK, letter: int = LETTER) -> None:
    """Write `text` at its lower left corner `place`, letters `letter` pixels high; the fonts know ASCII only."""
    plain = text.replace("×", "x").replace("–", "-").encode("ascii", "replace").decode("ascii")
    scale = letter / FONT_HEIGHT
    cv2.putText(canvas, plain, place, FONT, scale, colour, max(1, round(1.8 * scale)), cv2.LINE_AA)


def _lines(notes: Sequence[Note], width: int, row: int, letter: int) -> Frame:
    """The notes, one below the other."""
    field = np.full((row * len(notes), width, 3), PAPER, np.uint8)
    for index, note in enumerate(notes):
        write(field, note.text, (0, row * (index + 1) - (row - letter) // 2), note.colour, letter)
    return field


def _continued(picture: Frame, rows: int, columns: int) -> Frame:
    """The picture with paper below and to its right."""
    whole = cv2.copyMakeBorder(picture, 0, rows, 0, columns, cv2.BORDER_CONSTANT, value=PAPER)
    return np.asarray(whole, np.uint8)
