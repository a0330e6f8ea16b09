"""What people see: the frame with boxes and digits, and under it a strip with what the network saw."""

import cv2
import numpy as np

from camera_demo.loop import Moment
from runtime.annotate import annotate, per_cent
from runtime.records import GLYPH_SIDE, Frame, ReadDigit

GROUND = (32, 32, 32)  # BGR
BRIGHT = (240, 240, 240)
CERTAIN = (120, 220, 120)
DOUBTFUL = (90, 170, 250)
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_HEIGHT = 22  # pixels of a capital letter at scale 1
SMALLEST_STRIP = 48  # pixels


def compose(moment: Moment) -> Frame:
    """The annotated frame on top of the strip: BGR, as wide as the frame and about a sixth higher."""
    height, width = moment.shot.image.shape[:2]
    picture = annotate(moment.shot.image, moment.reading)
    return np.vstack([picture, strip(moment, width, strip_height(height))])


def strip_height(frame_height: int) -> int:
    """The height of the strip under a frame so high, in pixels; even, as video codecs like it."""
    return max(SMALLEST_STRIP, frame_height // 6) // 2 * 2


def strip(moment: Moment, width: int, height: int) -> Frame:
    """The strip (height, width, 3): state and frame rate on the left, then the glyphs with their digits."""
    field = np.full((height, width, 3), GROUND, np.uint8)
    letter = height // 5  # pixels
    column = min(width // 3, 10 * letter)
    _write(field[: height // 2, letter // 2 : column], state(moment), letter, BRIGHT)
    _write(field[:, letter // 2 : column], f"{moment.rate:.0f} frames/s", letter, BRIGHT)
    _draw_glyphs(field[:, column:], moment, letter)
    return field


def state(moment: Moment) -> str:
    """In a word or two how far the reading can be relied on."""
    return moment.reason or ("stable" if moment.stable else "reading")


def _draw_glyphs(field: Frame, moment: Moment, letter: int) -> None:
    """Draw the glyphs from left to right with the digits under them, a gap between lines, as far as there is room."""
    height, width = field.shape[:2]
    side = height - 2 * letter
    places = _places(moment, side)
    if places and places[-1][0] + side > width:
        width -= 2 * letter  # for the sign that there are more
    for left, digit in places:
        if left + side > width:
            _draw_dots(field[:, max(0, width) :], letter)
            return
        _draw_tile(field[:, left : left + side], digit, letter)


def _draw_dots(field: Frame, letter: int) -> None:
    """Draw the sign that there are more glyphs than there is room for."""
    dot, top = max(2, letter // 6), field.shape[0] // 2
    for number in range(3):
        left = number * letter * 2 // 3
        field[top : top + dot, left : left + dot] = BRIGHT


def _places(moment: Moment, side: int) -> list[tuple[int, ReadDigit]]:
    """Where the tile of each digit begins, in pixels from the left, lines apart from each other."""
    places, left = [], 0
    for line in moment.reading.lines:
        for digit in line.digits:
            places.append((left, digit))
            left += side + max(2, side // 12)
        left += side // 3
    return places


def _draw_tile(field: Frame, digit: ReadDigit, letter: int) -> None:
    """Draw one glyph, and under it the digit with its confidence in full per cent below 100, or a question mark."""
    side = field.shape[1]
    method = cv2.INTER_NEAREST if side >= GLYPH_SIDE else cv2.INTER_AREA
    top = letter // 4
    field[top : top + side] = np.asarray(cv2.resize(digit.glyph.image, (side, side), interpolation=method))[..., None]
    prediction = digit.prediction
    if prediction.digit is None:
        _write(field, "?", letter, DOUBTFUL)
    else:
        _write(field, f"{prediction.digit} {per_cent(prediction.confidence)}", letter, CERTAIN)


def _write(field: Frame, text: str, letter: int, colour: tuple[int, int, int]) -> None:
    """Write `text` at the lower left of `field`, letters so many pixels high, or lower where it would not fit."""
    scale = letter / FONT_HEIGHT
    if not field.size:
        return
    width = cv2.getTextSize(text, FONT, scale, 1)[0][0]
    scale *= min(1.0, (field.shape[1] - 2) / max(1, width))
    corner = (0, field.shape[0] - letter // 3)
    canvas = np.ascontiguousarray(field)  # OpenCV draws only into memory without gaps
    cv2.putText(canvas, text, corner, FONT, scale, colour, max(1, round(scale * 1.6)), cv2.LINE_AA)
    field[:] = canvas
