"""A place for one frame between two threads: who puts never waits, who takes gets the newest."""

import threading
from dataclasses import dataclass

from camera_demo.shot import Shot


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a source's frames; captured = skipped + processed + at most one that waits."""

    captured: int = 0  # arrived
    skipped: int = 0  # overtaken by a newer one before anybody took them
    processed: int = 0  # taken


class Newest:
    """Holds the newest frame until somebody takes it; never more than one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shot: Shot | None = None
        self._counts = Counts()
        self._ended = False

    @property
    def counts(self) -> Counts:
        """What has become of the frames so far."""
        with self._changed:
            return self._counts

    @property
    def ended(self) -> bool:
        """Whether no more frames will come and none waits."""
        with self._changed:
            return self._ended and self._shot is None

    def put(self, shot: Shot) -> None:
        """Leave a frame; an older one that waits is dropped."""
        with self._changed:
            before = self._counts
            skipped = before.skipped + (self._shot is not None)
            self._counts = Counts(before.captured + 1, skipped, before.processed)
            self._shot = shot
            self._changed.notify()

    def take(self, seconds: float) -> Shot | None:
        """The newest frame, waiting so long for one; None where none came."""
        with self._changed:
            self._changed.wait_for(lambda: self._shot is not None or self._ended, seconds)
            shot, self._shot = self._shot, None
            if shot is not None:
                before = self._counts
                self._counts = Counts(before.captured, before.skipped, before.processed + 1)
            return shot

    def end(self) -> None:
        """Say that no more frames will come."""
        with self._changed:
            self._ended = True
            self._changed.notify()
