"""Clips that play in real time, as if a camera showed them."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from camera_demo.shot import Shot
from camera_demo.sources import Source

SLACK = 0.25  # seconds; a clip that is later than this (paused, or the reader is slow) goes on from where it is


class Pace:
    """Says how long to wait for each frame."""

    def __init__(self) -> None:
        self._begin: float | None = None  # on the caller's clock, when the source's clock stood at 0

    def delay(self, seconds: float, now: float) -> float:
        """How long from `now` until the frame at `seconds` on the source's clock is due; never negative."""
        if self._begin is None or now > self._begin + seconds + SLACK:
            self._begin = now - seconds
        return max(0.0, self._begin + seconds - now)


def play(shots: Iterable[Shot], wait: Callable[[float], bool], rate: float) -> Iterator[Shot]:
    """Give each shot when it is due, stamped as if it had arrived just then, and leave the last one its time.

    `wait` lets so many seconds pass and says whether to go on; `rate` is the frames per second to expect.
    """
    pace = Pace()
    for shot in shots:
        if not wait(pace.delay(shot.seconds, time.monotonic())):
            return
        yield replace(shot, taken=time.time(), arrived=time.monotonic())
    wait(1 / rate)


@dataclass(frozen=True, slots=True, eq=False)
class Paced:
    """A clip that plays in real time whether somebody looks or not, as a camera does."""

    clip: Source

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return self.clip.name

    @property
    def live(self) -> bool:
        """Whether it can be opened again when it ends."""
        return False

    @property
    def rate(self) -> float:
        """The frames per second to expect."""
        return self.clip.rate

    def __iter__(self) -> Iterator[Shot]:
        """The frames when they are due."""
        return play(self.clip, _sleep, self.rate)

    def close(self) -> None:
        """Close the clip."""
        self.clip.close()


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True
