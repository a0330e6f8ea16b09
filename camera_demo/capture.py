"""Frames out of an open OpenCV capture, stamped with their times: what cameras, clips and streams have in common."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import cv2

from camera_demo.shot import Shot
from runtime.errors import MissingSource
from runtime.records import Frame

USUAL_RATE = 25.0  # frames per second, where nobody knows better
BELIEVABLE_RATES = (1.0, 240.0)  # frames per second; what containers and drivers report is often 0 or 90000


@dataclass(frozen=True, slots=True, eq=False)
class CaptureSource:
    """A source that OpenCV reads."""

    capture: cv2.VideoCapture
    name: str
    live: bool  # its clock is the arrival of the frames, not their time stamps
    complaint: Callable[[int, float], str | None]
    """What is wrong with an end after so many frames and so many seconds of waiting; None for a good end."""
    prescribed: float | None = None  # frames per second to play a clip at, instead of its time stamps

    @property
    def rate(self) -> float:
        """The frames per second to expect: prescribed, reported where that can be true, or the usual ones."""
        if self.prescribed:
            return self.prescribed
        reported = float(self.capture.get(cv2.CAP_PROP_FPS))
        return reported if BELIEVABLE_RATES[0] <= reported <= BELIEVABLE_RATES[1] else USUAL_RATE

    def __iter__(self) -> Iterator[Shot]:
        """Frames until there are no more; MissingSource where that is no good end."""
        number, seconds, begin, step = 0, 0.0, 0.0, 1 / self.rate
        asked = time.monotonic()
        while (image := self._read()) is not None:
            taken, arrived = time.time(), time.monotonic()
            begin = begin or arrived
            stamp = arrived - begin if self.live else self._position(number)
            # Some formats have no time stamps: a clock that stands still moves on by the usual distance.
            seconds = 0.0 if number == 0 else stamp if stamp > seconds else seconds + step
            yield Shot(image, number, seconds, taken, arrived)
            number, asked = number + 1, time.monotonic()
        if complaint := self.complaint(number, time.monotonic() - asked):
            raise MissingSource(f"{self.name}: {complaint}")

    def close(self) -> None:
        """Let go of the device, file or connection."""
        self.capture.release()

    def _read(self) -> Frame | None:
        """The next frame; None where there is none."""
        try:
            found, image = self.capture.read()
        except cv2.error:  # data that break off or contradict themselves
            return None
        return cast(Frame, image) if found and image is not None and image.size else None

    def _position(self, number: int) -> float:
        """Where in the clip the frame just read stands, in seconds."""
        if self.prescribed:
            return number / self.prescribed
        return float(self.capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
