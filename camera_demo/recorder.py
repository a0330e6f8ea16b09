"""Recordings: a video file that has its name only when it is whole, and that plays even where it was cut off."""

from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from camera_demo.loop import Moment
from camera_demo.unfinished import unfinished_file
from runtime.atomic import atomic_file
from runtime.errors import InputError, UsageError
from runtime.records import Frame

CODECS = {".mkv": "mp4v", ".avi": "MJPG", ".mp4": "mp4v"}
INDEXED = (".mp4",)  # nothing of these can be played before they are finished
LONGEST_STILL = 5.0  # seconds; a longer gap between frames is cut to this


class Recorder:
    """Writes what people see to a video of a fixed frame rate that plays at the source's own speed.

    The first picture decides the size; others are fitted into it. Pictures are repeated or left out so that each stands
    in the video where it stood on the source's clock. Nothing is written before the first picture. A process that is
    killed leaves what it has written so far under a name of its own, which plays, but for an .mp4, which cannot.
    """

    def __init__(self, path: Path, rate: float) -> None:
        check_name(path)
        self.path = path
        self._rate = rate  # frames per second
        self._files = ExitStack()
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)  # width, height
        self._last: Frame | None = None
        self._next = 0  # the place of the next picture in the video

    def show(self, picture: Frame, moment: Moment) -> None:
        """Add a picture; InputError where the file cannot be written."""
        place = round(moment.shot.seconds * self._rate)
        writer = self._writer or self._open(picture)
        fitted = fit(picture, self._size)
        if self._last is not None:
            for _ in range(min(place - self._next, round(LONGEST_STILL * self._rate))):
                writer.write(self._last)
        if place >= self._next:
            writer.write(fitted)
        self._last, self._next = fitted, max(self._next, place + 1)

    def close(self) -> None:
        """Finish the file and give it its name; without a picture there is no file."""
        self._files.close()
        self._writer = None

    def _open(self, picture: Frame) -> cv2.VideoWriter:
        """Begin the video in a temporary file."""
        height, width = picture.shape[:2]
        codec = cv2.VideoWriter.fourcc(*CODECS[self.path.suffix.lower()])
        with ExitStack() as files:
            hidden = self.path.suffix.lower() in INDEXED
            temporary = files.enter_context(atomic_file(self.path) if hidden else unfinished_file(self.path))
            writer = cv2.VideoWriter(str(temporary), cv2.CAP_FFMPEG, codec, self._rate, (width, height))
            files.callback(writer.release)
            if not writer.isOpened():
                raise InputError(f"--record {self.path}: a video of {width}x{height} cannot be written; try .avi")
            self._files = files.pop_all()
        self._writer, self._size = writer, (width, height)
        return writer


def check_name(path: Path) -> None:
    """Raise UsageError where `path` is no name for a recording."""
    if path.suffix.lower() not in CODECS:
        raise UsageError(f"--record {path}: expected a name that ends with one of {', '.join(CODECS)}")


def fit(picture: Frame, size: tuple[int, int]) -> Frame:
    """The picture in BGR, fitted into `size` (width, height) with its aspect ratio kept, on black."""
    colour = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture
    height, width = colour.shape[:2]
    if (width, height) == size:
        return np.asarray(colour)
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    field = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    field[top : top + inner[1], left : left + inner[0]] = cv2.resize(colour, inner, interpolation=cv2.INTER_AREA)
    return field
