"""The watchdog over a source's frames: what is wrong with each, also compared with those before it."""

import zlib
from dataclasses import dataclass

from camera_demo.condition import fault
from camera_demo.reasons import Reason
from runtime.records import Frame

ROWS = 4  # every so many rows are compared: a sensor's noise changes all of them


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take before they are faults, in seconds."""

    no_frame: float = 2.0  # without any frame
    frozen: float = 2.0  # with the same pixels again and again
    stale: float = 3.0  # from a frame's arrival to its reading


class Watchdog:
    """Judges frames one after the other; pure but for the memory of the frame before."""

    def __init__(self, limits: Limits, *, live: bool) -> None:
        self._limits = limits
        self._live = live  # files may well hold the same picture twice
        self._mark: tuple[tuple[int, ...], int] | None = None  # of the frame before: shape and check sum
        self._since = 0.0  # seconds; when the present pixels were first seen
        self._fault: Reason | None = None  # of the present pixels

    def judge(self, image: Frame, seconds: float) -> Reason | None:
        """What is wrong with the frame that arrived at `seconds` on the source's clock; None where it may be read."""
        mark = (image.shape, zlib.crc32(image[::ROWS].tobytes())) if self._live else None
        if mark is None or mark != self._mark:
            self._mark, self._since, self._fault = mark, seconds, fault(image)
            return self._fault
        if self._fault is not None:
            return self._fault
        return Reason.FROZEN if seconds - self._since >= self._limits.frozen else Reason.REPEATED
