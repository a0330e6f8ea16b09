"""A live source in a thread of its own: always the newest frame, and again when the camera comes back."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from camera_demo.newest import Counts, Newest
from camera_demo.shot import Shot, Silence
from camera_demo.sources import Source
from camera_demo.watchdog import Limits
from runtime.errors import MissingSource

GLANCE = 0.02  # seconds between looks at the desk while no frame comes
FIRST_FRAME = 10.0  # seconds; a source that is open and gives nothing for so long is none
PAUSES = (0.25, 0.5, 1.0, 2.0)  # seconds between attempts to open it again; the last one goes on for ever
FAREWELL = 3.0  # seconds for the thread to let go of the device
SLOW = 3.0  # times the usual distance of frames; a source of few frames is not silent between them


class Feed:
    """Gives the frames of a source as they are when somebody asks, and says when none come.

    `reopen` opens the source again after it broke off; without it, its end is the end. `say` gets a line when the
    source is gone and when it is back. After `give_up` seconds of absence the feed ends with MissingSource.
    """

    def __init__(
        self,
        source: Source,
        reopen: Callable[[], Source] | None,
        say: Callable[[str], None],
        limits: Limits | None = None,
        give_up: float | None = None,
    ) -> None:
        self._source = source
        self._reopen = reopen
        self._say = say
        self._patience = max((limits or Limits()).no_frame, SLOW / source.rate)
        self._give_up = give_up
        self._newest = Newest()
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._begin: float | None = None  # on time.monotonic's clock: the first frame
        self._lost: float | None = None  # on that clock: when the source broke off; None while it is there
        self._attempts = 0  # to open it again, since then
        self._thread = threading.Thread(target=self._capture, name="capture", daemon=True)

    @property
    def counts(self) -> Counts:
        """What has become of the frames so far."""
        return self._newest.counts

    def frames(self, wait: Callable[[float], bool]) -> Iterator[Shot | Silence]:
        """The newest frames, one after the other, and a silence now and then where none come.

        `wait(0)` looks up and says whether to go on. Raises MissingSource where the source is gone for good.
        """
        self._thread.start()
        last, told = None, time.monotonic()
        while not self._newest.ended:
            shot, now = self._newest.take(GLANCE), time.monotonic()
            if shot is not None:
                last, told = shot, now
                yield shot
            elif last is None and now - told > FIRST_FRAME:
                raise MissingSource(f"{self._source.name}: open, but no frame came for {FIRST_FRAME:g} seconds")
            elif last is not None and now - told > self._patience:
                told = now
                yield Silence(last, last.seconds + now - last.arrived)
            elif not wait(0):
                return
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Stop the thread, which lets go of the source; one that hangs in a driver is left behind."""
        self._stop.set()
        if self._thread.ident is None:
            self._source.close()
        else:
            self._thread.join(FAREWELL)

    def _capture(self) -> None:
        """The thread: drain the source, and open it again whenever it breaks off."""
        source: Source | None = self._source
        try:
            while source is not None:
                complaint = self._drain(source)
                again = source.live and self._reopen is not None
                source = self._again(complaint) if again else None
                self._failure = self._failure if again else complaint
        except Exception as error:  # whatever it is, the other thread must hear of it
            self._failure = error
        finally:
            self._newest.end()

    def _drain(self, source: Source) -> MissingSource | None:
        """Put all frames of `source`; its complaint where it broke off."""
        try:
            for shot in source:
                self._greet()
                self._newest.put(self._stamp(shot, live=source.live))
                if self._stop.is_set():
                    break
        except MissingSource as error:
            return error
        finally:
            source.close()
        return None

    def _greet(self) -> None:
        """Say that the source is back, if it was gone."""
        if self._lost is not None:
            self._say(f"{self._source.name}: back after {time.monotonic() - self._lost:.1f} s")
            self._lost, self._attempts = None, 0

    def _stamp(self, shot: Shot, *, live: bool) -> Shot:
        """The shot with the number and time that it has in the whole feed."""
        self._begin = shot.arrived if self._begin is None else self._begin
        seconds = shot.arrived - self._begin if live else shot.seconds
        return replace(shot, number=self._newest.counts.captured, seconds=seconds)

    def _again(self, complaint: MissingSource | None) -> Source | None:
        """The source, opened again; None where it stays away for too long or nobody wants it any more."""
        if self._lost is None and not self._stop.is_set():
            self._lost = time.monotonic()
            self._say(f"{complaint or f'{self._source.name}: it ended'}; trying to open it again")
        while not self._stop.wait(PAUSES[min(self._attempts, len(PAUSES) - 1)]):
            self._attempts += 1
            try:
                return self._reopen() if self._reopen else None
            except MissingSource as error:
                if self._given_up():
                    self._failure = error
                    break
        return None

    def _given_up(self) -> bool:
        """Whether the source has been away for longer than anybody waits."""
        away = time.monotonic() - self._lost if self._lost is not None else 0.0
        return self._give_up is not None and away > self._give_up
