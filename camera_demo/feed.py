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
from runtime.plain import counted

GLANCE = 0.02  # seconds between looks at the desk while no frame comes
FIRST_FRAME = 10.0  # seconds; a source that is open and gives nothing for so long is none
HANG = 10.0  # seconds; one that gave frames and gives none for so long hangs
OPENING = 60.0  # seconds; opening that takes longer hangs
PAUSES = (0.25, 0.5, 1.0, 2.0)  # seconds between attempts to open it again; the last one goes on for ever
FAREWELL = 3.0  # seconds for the thread to let go of the device
SLOW = 3.0  # times the usual distance of frames; a source of few frames is not silent between them
MOST_HANGING = 3  # threads left behind in drivers that do not answer, at the same time


class Feed:
    """Gives the frames of a source as they are when somebody asks, and says when none come.

    `reopen` opens the source again after it broke off or hung; without it, its end is the end. `say` gets a line when
    the source is gone and when it is back. After `give_up` seconds without a frame the feed ends with MissingSource.
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
        self._reopen = reopen if source.live else None
        self._say = say
        between = SLOW / source.rate
        self._patience = max((limits or Limits()).no_frame, between)
        self._first, self._hang = max(FIRST_FRAME, between), max(HANG, between)
        self._give_up = None if give_up is None else max(give_up, between)
        self._newest = Newest()
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._refusal: MissingSource | None = None  # of the last attempt to open it again
        self._begin: float | None = None  # on time.monotonic's clock: the first frame
        self._came = 0.0  # on that clock: the last frame, or the start
        self._waits = 0.0  # on that clock: since when the thread waits for a frame or for the source to open
        self._opening = False  # what it waits for
        self._lost: float | None = None  # on that clock: when the source broke off; None while it is there
        self._attempts = 0  # to open it again, since then
        self._thread: threading.Thread | None = None
        self._hanging: list[threading.Thread] = []  # left behind

    @property
    def counts(self) -> Counts:
        """What has become of the frames so far."""
        return self._newest.counts

    def frames(self, wait: Callable[[float], bool]) -> Iterator[Shot | Silence]:
        """The newest frames, one after the other, and a silence now and then where none come.

        `wait(0)` looks up and says whether to go on. Raises MissingSource where the source is gone for good.
        """
        self._came = told = time.monotonic()
        self._start(self._source)
        last = None
        while not self._newest.ended:
            shot, now = self._newest.take(GLANCE), time.monotonic()
            if shot is not None:
                last, told = shot, now
                yield shot
                continue
            self._look_after(now)
            if last is not None and now - told > self._patience:
                told = now
                yield Silence(last, last.seconds + now - last.arrived)
            elif not wait(0):
                return
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Stop the thread, which lets go of the source; one that hangs in a driver is left behind."""
        self._stop.set()
        if self._thread is None:
            self._let_go(self._source)
        else:
            self._thread.join(FAREWELL)

    def _look_after(self, now: float) -> None:
        """Leave a source behind that hangs; raises MissingSource where nobody waits any longer."""
        away = now - self._came
        if self._give_up is not None and away > self._give_up:
            raise self._refusal or MissingSource(f"{self._source.name}: no frame came for {self._give_up:g} s")
        if self._begin is None and away > self._first:
            what = f"open, but no frame came for {self._first:g} seconds"
            raise self._refusal or MissingSource(f"{self._source.name}: {what}")
        if self._reopen is not None and now - self._waits > (OPENING if self._opening else self._hang):
            self._leave_behind()

    def _leave_behind(self) -> None:
        """Go on with another thread; the one that hangs ends when its driver answers. There are never many of them."""
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if self._thread is None or len(self._hanging) >= MOST_HANGING:
            return
        self._hanging.append(self._thread)
        self._lose(f"{self._source.name}: it hangs, no frame for {time.monotonic() - self._came:.0f} seconds")
        if len(self._hanging) == MOST_HANGING:
            attempts = counted(MOST_HANGING, "attempt")
            self._say(f"{self._source.name}: {attempts} hang in its driver; unplug it and plug it in again")
        self._start(None)

    def _start(self, source: Source | None) -> None:
        """Begin a thread that drains `source`, or that opens it first."""
        self._opening, self._waits = source is None, time.monotonic()
        self._thread = threading.Thread(target=self._capture, args=(source,), name="capture", daemon=True)
        self._thread.start()

    @property
    def _is_current(self) -> bool:
        """Whether the thread that asks has not been left behind."""
        return threading.current_thread() is self._thread

    def _is_wanted(self) -> bool:
        """Whether the thread that asks shall go on: nobody has stopped it or left it behind."""
        return not self._stop.is_set() and self._is_current

    def _capture(self, source: Source | None) -> None:
        """The thread: drain the source, and open it again whenever it breaks off."""
        try:
            source = source or self._again()
            while source is not None:
                complaint = self._drain(source)
                if self._reopen is None:
                    self._failure = complaint
                elif self._is_wanted():
                    self._lose(str(complaint or f"{self._source.name}: it ended"))
                source = self._again()
        except Exception as error:  # whatever it is, the other thread must hear of it
            self._failure = error if self._is_current else self._failure
        finally:
            if self._is_current:
                self._newest.end()

    def _drain(self, source: Source) -> MissingSource | None:
        """Put all frames of `source`; its complaint where it broke off."""
        self._opening, self._waits = False, time.monotonic()
        try:
            for shot in source:
                if not self._is_wanted():
                    break
                self._greet()
                self._newest.put(self._stamp(shot, live=source.live))
        except MissingSource as error:
            return error
        finally:
            self._let_go(source)
        return None

    def _let_go(self, source: Source) -> None:
        """Close the source; one that cannot be closed is no reason not to open it again."""
        try:
            source.close()
        except Exception as error:  # drivers raise what they like
            self._say(str(error) if isinstance(error, MissingSource) else f"{source.name}: cannot be closed ({error})")

    def _greet(self) -> None:
        """Note that a frame has come, and say that the source is back, if it was gone."""
        self._came = self._waits = time.monotonic()
        if self._lost is not None:
            self._say(f"{self._source.name}: back after {self._came - self._lost:.1f} s")
            self._lost, self._attempts, self._refusal = None, 0, None

    def _lose(self, complaint: str) -> None:
        """Note that the source is gone, and say so if that is news."""
        if self._lost is None:
            self._lost = time.monotonic()
            self._say(f"{complaint}; trying to open it again")

    def _stamp(self, shot: Shot, *, live: bool) -> Shot:
        """The shot with the number and time that it has in the whole feed."""
        self._begin = shot.arrived if self._begin is None else self._begin
        seconds = shot.arrived - self._begin if live else shot.seconds
        return replace(shot, number=self._newest.counts.captured, seconds=seconds)

    def _again(self) -> Source | None:
        """The source, opened again; None where it cannot be or nobody wants it any more."""
        while self._reopen is not None and self._is_wanted():
            if self._stop.wait(PAUSES[min(self._attempts, len(PAUSES) - 1)]):
                return None
            self._attempts += 1
            self._opening, self._waits = True, time.monotonic()
            try:
                source = self._reopen()
            except MissingSource as error:
                self._refusal = error
                continue
            if self._is_wanted():
                return source
            self._let_go(source)
        return None
