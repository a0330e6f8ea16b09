"""Pictures made worse on purpose: light, polarity, sharpness, turn and size, with the truth moved along."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from convert.reading.truth import Truth, WrittenDigit
from runtime.records import Box, Frame

BAND = (0.35, 0.65)  # of the width: where the shadow lies
SHADE = 0.5  # of the light that is left in the shadow
TURN, FURTHER_TURN = 10.0, 20.0  # degrees
SOFT = 2.0  # standard deviation of the blur, pixels
NOISE = 12.0  # standard deviation of the noise, grey levels
JPEG = 30  # quality 1–100

Disturbance = Callable[[Frame, Truth], tuple[Frame, Truth]]
"""A picture and its truth become another picture and its truth."""


def shadow_band(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """A hard-edged band of shadow across the middle, slanted by a tenth of the height."""
    height, width = frame.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    place = (x + 0.1 * y) / width
    light = np.where((place > BAND[0]) & (place < BAND[1]), SHADE, 1.0)
    return _lit(frame, light), truth


def half_light(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Half the light: every grey level halved."""
    return _lit(frame, np.full(frame.shape[:2], 0.5)), truth


def double_light(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Over-exposure by half: the paper burns out."""
    return _lit(frame, np.full(frame.shape[:2], 1.5)), truth


def inverted(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Light ink on dark ground."""
    return np.asarray(255 - frame, np.uint8), truth


def blurred(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """A lens out of focus."""
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), SOFT), np.uint8), truth


def noisy(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """A sensor in the dark; the same noise every time."""
    noise = np.random.default_rng(0).normal(0, NOISE, frame.shape)
    return np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8), truth


def compressed(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """JPEG of poor quality."""
    code = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG])[1]
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_UNCHANGED), np.uint8), truth


def turned_left(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Turned counter-clockwise by ten degrees; what was outside continues the border."""
    return _turned(frame, truth, TURN, cv2.BORDER_REPLICATE)


def turned_right(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Turned clockwise by ten degrees, lying on something that is as bright as most of the picture."""
    return _turned(frame, truth, -TURN, cv2.BORDER_CONSTANT)


def turned_further_left(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """As `turned_left`, by twenty degrees: as far as a sheet may lie askew."""
    return _turned(frame, truth, FURTHER_TURN, cv2.BORDER_REPLICATE)


def turned_further_right(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """As `turned_right`, by twenty degrees."""
    return _turned(frame, truth, -FURTHER_TURN, cv2.BORDER_CONSTANT)


def doubled(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Twice as wide and high: the same scene from a finer sensor."""
    return _resized(frame, truth, 2.0)


def halved(frame: Frame, truth: Truth) -> tuple[Frame, Truth]:
    """Half as wide and high."""
    return _resized(frame, truth, 0.5)


CLEAN = "clean"
DISTURBANCES: dict[str, Disturbance] = {
    CLEAN: lambda frame, truth: (frame, truth),
    "shadow band": shadow_band,
    "light × 0.5": half_light,
    "light × 1.5": double_light,
    "inverted": inverted,
    "blurred, σ 2": blurred,
    "turned left by 10°": turned_left,
    "turned right by 10°": turned_right,
    "turned left by 20°": turned_further_left,
    "turned right by 20°": turned_further_right,
    "noise, σ 12": noisy,
    "JPEG, quality 30": compressed,
    "size × 2": doubled,
    "size × 0.5": halved,
}
"""Every disturbance by name."""


def _lit(frame: Frame, light: NDArray[np.float64]) -> Frame:
    """The frame under `light`, float (H, W), 1 being as it was."""
    light = light if frame.ndim == 2 else light[:, :, None]
    return np.clip(np.rint(frame * light), 0, 255).astype(np.uint8)


def _turned(frame: Frame, truth: Truth, angle: float, border: int) -> tuple[Frame, Truth]:
    """The frame turned about its middle on a canvas that holds all of it; `border` is one of OpenCV's kinds."""
    height, width = frame.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    columns, rows = round(height * sine + width * cosine), round(height * cosine + width * sine)
    matrix[:, 2] += (columns - width) / 2, (rows - height) / 2
    usual = np.median(frame, axis=(0, 1)).reshape(-1).tolist()
    size = (columns, rows)
    seen = cv2.warpAffine(frame, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=usual)
    return np.asarray(seen, np.uint8), _moved(truth, np.asarray(matrix, np.float64))


def _resized(frame: Frame, truth: Truth, factor: float) -> tuple[Frame, Truth]:
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    seen = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=method)
    return np.asarray(seen, np.uint8), _moved(truth, np.diag([factor, factor, 1.0])[:2])


def _moved(truth: Truth, matrix: NDArray[np.float64]) -> Truth:
    """The truth of a picture that went through an affine `matrix` (2, 3)."""
    digits = truth.digits
    if digits is not None:
        digits = tuple(WrittenDigit(_moved_box(written.box, matrix), written.digit) for written in digits)
    return replace(truth, digits=digits, ignored=tuple(_moved_box(box, matrix) for box in truth.ignored))


def _moved_box(box: Box, matrix: NDArray[np.float64]) -> Box:
    """The box around the ellipse that touches a box's sides: ink seldom fills the corners."""
    axes = matrix[:, :2] * (box.width / 2, box.height / 2)
    half = np.hypot(axes[:, 0], axes[:, 1])
    middle = matrix[:, :2] @ box.centre + matrix[:, 2]
    left, top = np.rint(middle - half).astype(int).tolist()
    width, height = np.maximum(1, np.rint(2 * half)).astype(int).tolist()
    return Box(left, top, width, height)
