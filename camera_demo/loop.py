"""The camera's loop: take a frame, read it, tell those who listen, show it to those who look."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from camera_demo.follower import Follower, Refusal, Scene
from camera_demo.meter import Meter
from camera_demo.plausible import Plausibility, Rules
from camera_demo.reasons import Reason
from camera_demo.shot import Shot, Silence
from camera_demo.watchdog import Limits, Watchdog
from runtime.errors import MissingSource
from runtime.records import Frame, Reading


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One processed frame, or a silence after it: what was seen and what may be believed."""

    shot: Shot  # in a silence the last one that came
    reading: Reading  # followed and fused; nothing to rely on unless `stable`
    stable: bool  # it has settled
    reason: Reason | None  # why there is no text; None where there is one
    rate: float  # frames per second processed lately, 0 at the start
    evidence: float | None = None  # on time.monotonic's clock: the oldest look that a stable reading rests on
    held: bool = False  # a passing fault: `reading` is what was known before, and no news
    refused: tuple[Refusal, ...] = ()  # what has settled and cannot be true


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

    frames: int  # processed
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
    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)
    live: bool = False  # frames come when they come: they can freeze, and grow stale while they are read

    def run(self, shots: Iterable[Shot | Silence], frames: int | None = None) -> Summary:
        """Process `shots` until they end, `frames` of them are done, or the desk says so.

        A source that breaks off ends the run in good order and stands in the summary.
        """
        begin = time.monotonic()
        work = _Work(self)
        count = with_text = 0
        last_stable, failure = "", None
        try:
            for item in shots:
                moment = work.silence(item) if isinstance(item, Silence) else work.frame(item)
                self._publish(moment)
                count += isinstance(item, Shot)
                with_text += bool(moment.reading.text) and moment.reason is None
                last_stable = moment.reading.text if moment.stable and moment.reason is None else last_stable
                if count == frames or not self.desk.wait(0):
                    break
        except MissingSource as error:
            failure = error
        return Summary(count, with_text, time.monotonic() - begin, last_stable, failure)

    def _publish(self, moment: Moment) -> None:
        for listener in self.listeners:
            listener.hear(moment)
        if self.viewers:
            picture = self.draw(moment)
            for viewer in self.viewers:
                viewer.show(picture, moment)


class _Work:
    """What a run remembers from frame to frame."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._watchdog = Watchdog(loop.limits, live=loop.live)
        self._follower, self._plausibility, self._meter = Follower(), Plausibility(loop.rules), Meter()

    def frame(self, shot: Shot) -> Moment:
        """What a frame tells; one with a fault is not even tried."""
        fault = self._watchdog.judge(shot.image, shot.seconds)
        reading = self._loop.read(shot.image) if fault is None else None
        if self._loop.live and time.monotonic() - shot.arrived > self._loop.limits.stale:
            fault = fault or Reason.STALE
        if reading is None or fault is not None:
            scene = self._follower.miss(fault or Reason.STALE, shot.seconds)
        else:
            scene = self._follower.see(reading, shot.seconds, (shot.image.shape[1], shot.image.shape[0]))
        return self._moment(shot, scene, shot.seconds, self._meter.tick(time.monotonic()))

    def silence(self, silence: Silence) -> Moment:
        """What it means that no frame comes."""
        scene = self._follower.miss(Reason.NO_FRAME, silence.seconds)
        return self._moment(silence.last, scene, silence.seconds, 0.0)

    def _moment(self, shot: Shot, scene: Scene, seconds: float, rate: float) -> Moment:
        scene = self._plausibility.check(scene, seconds)
        evidence = None if scene.seen is None else shot.arrived - (seconds - scene.seen)
        return Moment(shot, scene.reading, scene.stable, scene.reason, rate, evidence, scene.held, scene.refused)
