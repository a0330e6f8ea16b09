"""Pictures for the web: the annotated frame, the glyphs on one sheet, and a small picture for the journal."""

import cv2
import numpy as np

from camera_demo.loop import Moment
from camera_demo.serve.documents import MOST_GLYPHS
from runtime.annotate import annotate
from runtime.records import Frame, Reading

WIDEST = 960  # pixels; more does not show on a phone and costs time on a small computer
SMALL = 320  # pixels of width in the journal
QUALITY = 80  # of JPEG, 0-100


def live_picture(moment: Moment) -> bytes:
    """The frame with what was read drawn into it, as JPEG."""
    return _jpeg(annotate(moment.shot.image, moment.reading), WIDEST)


def small_picture(moment: Moment) -> bytes:
    """The same, small."""
    return _jpeg(annotate(moment.shot.image, moment.reading), SMALL)


def glyph_sheet(reading: Reading) -> bytes:
    """What the network saw, glyph beside glyph, as PNG of 28 by 28 pixels each; nothing where there is none."""
    glyphs = [digit.glyph.image for digit in reading.digits][:MOST_GLYPHS]
    if not glyphs:
        return b""
    return _encoded(".png", np.hstack(glyphs), [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _jpeg(picture: Frame, widest: int) -> bytes:
    height, width = picture.shape[:2]
    if width > widest:
        size = (widest, max(1, round(height * widest / width)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return _encoded(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _encoded(kind: str, picture: Frame, options: list[int]) -> bytes:
    return cv2.imencode(kind, picture, options)[1].tobytes()
