"""A camera that fails as planned: what real cameras do to a program that runs for months, in some seconds."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import cv2
import numpy as np

from camera_demo.mjpeg import decode
from camera_demo.shot import Shot
from runtime.errors import MissingSource
from runtime.plain import counted
from runtime.records import Frame

HOUR = 3600.0  # seconds
SLOW_SECONDS = 0.5  # between the frames of a camera that has become slow
SHARE = 0.5  # of the height: above it, a torn frame shows the frame before


class Failure(StrEnum):
    """How a camera fails."""

    UNPLUG = "unplug"  # it breaks off and cannot be opened
    HANG = "hang"  # it stays open and gives nothing
    FREEZE = "freeze"  # the same picture again and again
    BLACK = "black"
    BLOWN_OUT = "blown out"
    BLUR = "blur"
    TEAR = "tear"  # the upper part of each frame is that of the frame before
    CORRUPT = "corrupt"  # JPEG data with some bytes changed
    CUT = "cut"  # JPEG data that end too early
    RESIZE = "resize"  # frames of another size
    SLOW = "slow"  # few frames a second
    CLOCK = "clock"  # the wall clock jumps by an hour


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure and when it lasts, in seconds after the camera was made."""

    failure: Failure
    begin: float
    end: float


class Clock:
    """The time that a camera goes by; a drill that shall not take as long as it tells of has one of its own."""

    def now(self) -> float:
        """Seconds on time.monotonic's clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


@dataclass(slots=True, eq=False)
class FaultyCamera:
    """A live camera whose frames come from `picture` and fail as `faults` say; open it again after it broke off."""

    picture: Callable[[float], Frame]  # what the lens sees at a time, in seconds since the camera was made
    faults: Sequence[Fault] = ()
    rate: float = 30.0  # frames per second
    name: str = "faulty"
    live: bool = True
    closed: bool = False
    clock: Clock = field(default_factory=Clock)
    made: float = math.nan  # on that clock; now, where nothing else is said

    def __post_init__(self) -> None:
        self.made = self.clock.now() if math.isnan(self.made) else self.made

    def failure(self) -> Failure | None:
        """What is wrong just now."""
        now = self.clock.now() - self.made
        return next((fault.failure for fault in self.faults if fault.begin <= now < fault.end), None)

    def open(self) -> "FaultyCamera":
        """The camera, opened; MissingSource while it is unplugged."""
        if self.failure() is Failure.UNPLUG:
            raise MissingSource(f"{self.name}: there is no such camera; plug it in")
        return replace(self, closed=False)

    def __iter__(self) -> Iterator[Shot]:
        """Frames until it is closed; MissingSource when it is unplugged."""
        number, before = 0, self.picture(0.0)
        while not self.closed:
            failure = self.failure()
            self.clock.sleep(SLOW_SECONDS if failure is Failure.SLOW else 1 / self.rate)
            if failure is Failure.UNPLUG:
                raise MissingSource(
                    f"{self.name}: it stopped after {counted(number, 'frame')}; check the plug and the power"
                )
            if failure is Failure.HANG:
                continue
            sharp = before if failure is Failure.FREEZE else self.picture(self.clock.now() - self.made)
            image = sharp if failure is None else spoil(failure, sharp, before)
            before = sharp
            if image is None:
                continue
            arrived = self.clock.now()
            taken = time.time() - HOUR * (failure is Failure.CLOCK)
            yield Shot(image, number, arrived - self.made, taken, arrived)
            number += 1

    def close(self) -> None:
        """Let go of it."""
        self.closed = True


def spoil(failure: Failure, frame: Frame, before: Frame) -> Frame | None:
    """What arrives of `frame`, `before` being the frame before it; None where nothing can be decoded."""
    change = CHANGES.get(failure)
    return change(frame, before) if change else frame


def _tear(frame: Frame, before: Frame) -> Frame:
    torn = frame.copy()
    rows = round(SHARE * frame.shape[0])
    torn[:rows] = np.roll(before[:rows], frame.shape[1] // 8, axis=1)
    return torn


def _jpeg(frame: Frame) -> bytes:
    return cv2.imencode(".jpg", frame)[1].tobytes()


def _corrupt(frame: Frame, _before: Frame) -> Frame | None:
    data = bytearray(_jpeg(frame))
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(value ^ 0x55 for value in data[middle : middle + 40])
    return decode(bytes(data))


def _resize(frame: Frame, _before: Frame) -> Frame:
    return np.asarray(cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def _blur(frame: Frame, _before: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), frame.shape[1] / 48))


CHANGES: dict[Failure, Callable[[Frame, Frame], Frame | None]] = {
    Failure.BLACK: lambda frame, _: np.zeros_like(frame),
    Failure.BLOWN_OUT: lambda frame, _: np.full_like(frame, 255),
    Failure.BLUR: _blur,
    Failure.TEAR: _tear,
    Failure.CORRUPT: _corrupt,
    Failure.CUT: lambda frame, _: decode(_jpeg(frame)[: frame.size // 100]),
    Failure.RESIZE: _resize,
}
"""What some failures do to (the frame, the frame before); the others change nothing but when frames come."""
