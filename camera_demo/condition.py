"""Whether a frame shows anything at all: a covered lens or an empty signal must never become a reading."""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_demo.reasons import Reason
from runtime.records import Frame, Reading

PATCH = 4  # pixels; tones are averaged over patches this wide, so that a sensor's noise does not look like writing
BLACK = 32  # grey levels; a frame with nothing brighter than this is black
CONTRAST = 12  # grey levels; a frame with less between its darkest and brightest patch is blank
FULL = 250  # grey levels; from here on a sensor has no more to tell
FULL_SHARE = 0.9  # of the patches; a white sheet with writing that fills the frame has fewer or darker ones
INK = 200  # grey levels; darker than this, something is left to read even in an overexposed frame
WIDTH = 320  # pixels of the picture in which edges are measured: blur that matters to no digit is gone at that size
FINE, COARSE = 0.8, 2.5  # pixels of WIDTH, standard deviations of the two smoothings that are compared
STRONGEST = 24  # pixels on the strongest edges: one short stroke has as many
SOFT_EDGES = 1.4  # a step blurred by 2 pixels of WIDTH, as wide as a pen stroke, gives 1.5; a sharp one 2.9
FAINT = 1.5  # grey levels a pixel; weaker edges are noise and say nothing about blur


def fault(frame: Frame) -> Reason | None:
    """Why `frame` cannot be read, or None where there is something to see."""
    height, width = (max(1, side // PATCH) for side in frame.shape[:2])
    tones = np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))
    darkest, brightest = int(tones.min()), int(tones.max())
    if brightest < BLACK:
        return Reason.BLACK
    if darkest > INK and float((tones >= FULL).mean()) >= FULL_SHARE:
        return Reason.BLOWN_OUT
    spread = brightest - darkest if tones.ndim == 2 else int(np.ptp(tones, axis=(0, 1)).max())
    if spread < CONTRAST:
        return Reason.BLANK
    return Reason.BLURRED if is_blurred(frame) else None


def is_blurred(frame: Frame) -> bool:
    """Whether even the sharpest edges of `frame` are wider than pen strokes.

    A further smoothing takes much of the slope of a sharp edge, and little of one that is soft already: the two are
    compared at the strongest edges (the idea of "re-blurring": Crete et al., "The blur effect", 2007).
    """
    height, width = frame.shape[:2]
    scale = min(1.0, WIDTH / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
    coarse = _slope(grey, COARSE)
    return coarse > FAINT and _slope(grey, FINE) < SOFT_EDGES * coarse


def silence_reason(reading: Reading) -> Reason | None:
    """Why a frame that can be read gave no text, or None where there is text."""
    if reading.text:
        return None
    return Reason.UNCERTAIN if any(True for _ in reading.digits) else Reason.NO_DIGITS


def _slope(grey: NDArray[np.float32], deviation: float) -> float:
    """The slope of the strongest edges after smoothing, grey levels a pixel."""
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), deviation))
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0))
    slopes = cv2.magnitude(across, down)
    place = max(0, slopes.size - STRONGEST)
    return float(np.partition(slopes, place, axis=None)[place])
