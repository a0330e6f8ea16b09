"""A reading drawn over its frame: a box around each digit, coloured by confidence, with a label that stays in sight."""

import cv2
import numpy as np

from runtime.records import Box, Frame, ReadDigit, Reading

Colour = tuple[int, int, int]

UNSURE: Colour = (150, 150, 150)  # a glyph that is not published
LOW: Colour = (40, 40, 220)  # red: at the threshold
HIGH: Colour = (60, 170, 40)  # green: certain
WHITE: Colour = (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_HEIGHT = 22  # pixels of a capital at scale 1


def annotate(frame: Frame, reading: Reading) -> Frame:
    """A copy of the frame, uint8 (H, W, 3) BGR, with every digit's box, the digit and its confidence in per cent.

    Lines and letters grow with the frame. A glyph that the reader does not stand by has a thin grey box and a "?".
    """
    canvas = np.repeat(frame[:, :, None], 3, axis=2) if frame.ndim == 2 else frame.copy()
    if not canvas.size:
        return canvas
    digits = sorted(reading.digits, key=lambda d: d.prediction.digit is not None)
    for digit in digits:  # the published ones last, on top
        _draw(canvas, digit)
    return canvas


def confidence_colour(confidence: float) -> Colour:
    """The colour, BGR, of a published digit: red at .5 and below, over amber, to green at 1."""
    share = min(max(2 * confidence - 1, 0.0), 1.0)
    mixed = [round(low + share * (high - low)) for low, high in zip(LOW, HIGH, strict=True)]
    mixed[1] = round(mixed[1] + 4 * share * (1 - share) * 60)  # the middle is amber, not brown
    return mixed[0], mixed[1], mixed[2]


def label_text(digit: ReadDigit) -> str:
    """What stands at a digit's box: the digit and its confidence in per cent, or "?"."""
    prediction = digit.prediction
    return "?" if prediction.digit is None else f"{prediction.digit} {per_cent(prediction.confidence)}%"


def per_cent(confidence: float) -> int:
    """A confidence, 0–1, in full per cent as people are shown it: never 100, for no network is certain."""
    return min(99, round(100 * confidence))


def label_box(text: str, box: Box, shape: tuple[int, ...]) -> tuple[Box, float]:
    """Where a label stands, above its box or else where the frame has room, and the scale of its letters."""
    height, width = shape[:2]
    scale = _label_scale(text, box, shape)
    (text_width, text_height), below = cv2.getTextSize(text, FONT, scale, _thickness(shape))
    label_width, label_height = min(text_width + 4, width), min(text_height + below + 4, height)
    top = box.top - label_height if box.top >= label_height else box.bottom
    left = min(max(box.left, 0), width - label_width)
    return Box(left, min(max(top, 0), height - label_height), label_width, label_height), scale


def _label_scale(text: str, box: Box, shape: tuple[int, ...]) -> float:
    """The scale of a label's letters: as narrow as its box, so that neighbours keep apart, but always readable."""
    scale = _letter_height(shape) / FONT_HEIGHT
    (text_width, _), _ = cv2.getTextSize(text, FONT, scale, _thickness(shape))
    smallest = max(8 / FONT_HEIGHT, 0.65 * scale)
    return min(scale, max(smallest, scale * (box.width - 4) / text_width))


def _draw(canvas: Frame, digit: ReadDigit) -> None:
    """Draw one digit's box and label."""
    box, published = digit.glyph.box, digit.prediction.digit is not None
    colour = confidence_colour(digit.prediction.confidence) if published else UNSURE
    thickness = _thickness(canvas.shape)
    cv2.rectangle(canvas, box[:2], (box.right - 1, box.bottom - 1), colour, thickness if published else 1)
    text = label_text(digit)
    place, scale = label_box(text, box, canvas.shape)
    cv2.rectangle(canvas, place[:2], (place.right - 1, place.bottom - 1), colour, cv2.FILLED)
    _, below = cv2.getTextSize(text, FONT, scale, thickness)
    origin = (place.left + 2, place.bottom - 2 - below)
    cv2.putText(canvas, text, origin, FONT, scale, WHITE, thickness, cv2.LINE_AA)


def _letter_height(shape: tuple[int, ...]) -> float:
    """The height of the label's letters in pixels: readable when the whole frame is shown on a screen."""
    return max(8.0, 0.018 * max(shape[:2]))


def _thickness(shape: tuple[int, ...]) -> int:
    """The width of lines in pixels."""
    return max(1, round(max(shape[:2]) / 640))
