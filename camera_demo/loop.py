"""The camera's loop: take a frame, read it, tell those who listen, show it to those who look."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from camera_demo.condition import fault, silence_reason
from camera_demo.meter import Meter
from camera_demo.shot import Shot
from camera_demo.stability import Stability
from runtime.errors import MissingSource
from runtime.records import Frame, Reading

NOTHING = Reading(())


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One processed frame: what was seen and what was read in it."""

    shot: Shot
    reading: Reading
    stable: bool  # the same text in the last few frames
    reason: str | None  # why there is no text; None where there is one
    rate: float  # frames per second processed lately, 0 at the start


class Listener(Protocol):
    """Takes readings: a file of events, later a broker or a data base."""

    def hear(self, moment: Moment) -> None:
        """Take one processed frame."""


class Viewer(Protocol):
    """Takes pictures: a window, a recording, later a web page."""

    def show(self, picture: Frame, moment: Moment) -> None:
        """Take the picture of `moment` with what was read drawn into it; without it is `moment.shot.image`."""


class Desk(Protocol):
    """From where a person steers the loop."""

    def wait(self, seconds: float) -> bool:
        """Let `seconds` pass (0: only look up), longer while the person pauses; False when all shall end."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run of the loop amounted to."""

    frames: int
    with_text: int  # frames in which something was read
    seconds: float  # wall clock
    last_stable: str  # the last stable text, "" where there was none
    failure: MissingSource | None  # the source broke off


@dataclass(slots=True, eq=False)
class Loop:
    """One run over a source; everything that it tells or shows goes through `listeners` and `viewers`."""

    read: Callable[[Frame], Reading]
    draw: Callable[[Moment], Frame]  # the picture with what was read
    desk: Desk
    listeners: Sequence[Listener] = ()
    viewers: Sequence[Viewer] = ()

    def run(self, shots: Iterable[Shot], frames: int | None = None) -> Summary:
        """Process `shots` until they end, `frames` of them are done, or the desk says so.

        A source that breaks off ends the run in good order and stands in the summary.
        """
        begin = time.monotonic()
        stability, meter = Stability(), Meter()
        count = with_text = 0
        last_stable, failure = "", None
        try:
            for shot in islice(shots, frames):
                moment = self._process(shot, stability, meter)
                self._publish(moment)
                count, with_text = count + 1, with_text + bool(moment.reading.text)
                last_stable = moment.reading.text if moment.stable else last_stable
                if not self.desk.wait(0):
                    break
        except MissingSource as error:
            failure = error
        return Summary(count, with_text, time.monotonic() - begin, last_stable, failure)

    def _process(self, shot: Shot, stability: Stability, meter: Meter) -> Moment:
        """Read one frame; one that shows nothing is not even tried."""
        reason = fault(shot.image)
        reading = NOTHING if reason else self.read(shot.image)
        stable = stability.judge(reading.text)
        return Moment(shot, reading, stable, reason or silence_reason(reading), meter.tick(time.monotonic()))

    def _publish(self, moment: Moment) -> None:
        for listener in self.listeners:
            listener.hear(moment)
        if self.viewers:
            picture = self.draw(moment)
            for viewer in self.viewers:
                viewer.show(picture, moment)
