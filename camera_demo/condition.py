"""Whether a frame shows anything at all: a covered lens or an empty signal must never become a reading."""

import cv2
import numpy as np

from runtime.records import Frame, Reading

PATCH = 4  # pixels; tones are averaged over patches this wide, so that a sensor's noise does not look like writing
BLACK = 32  # grey levels; a frame with nothing brighter than this is black
CONTRAST = 12  # grey levels; a frame with less between its darkest and brightest patch is blank


def fault(frame: Frame) -> str | None:
    """Why `frame` cannot be read: "black frame", "blank frame", or None where there is something to see."""
    height, width = (max(1, side // PATCH) for side in frame.shape[:2])
    tones = np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))
    darkest, brightest = int(tones.min()), int(tones.max())
    if brightest < BLACK:
        return "black frame"
    spread = brightest - darkest if tones.ndim == 2 else int(np.ptp(tones, axis=(0, 1)).max())
    return "blank frame" if spread < CONTRAST else None


def silence_reason(reading: Reading) -> str | None:
    """Why a frame that can be read gave no text: "no digits", "no certain digit", or None where there is text."""
    if reading.text:
        return None
    return "no certain digit" if any(True for _ in reading.digits) else "no digits"
