"""Live sources in their own thread: always fresh, back after every fault, and never a false reading meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
import pytest

from camera_demo import feed as feeds
from camera_demo.faulty import Failure, Fault, FaultyCamera
from camera_demo.feed import Feed
from camera_demo.loop import Loop, Moment
from camera_demo.reasons import Reason
from camera_demo.shot import Shot, Silence
from camera_demo.watchdog import Limits
from runtime.errors import MissingSource
from runtime.records import Frame, Reading

PATIENCE = 30.0  # seconds; a busy machine may be slow, but not slower
LIMITS = Limits(no_frame=0.25, frozen=0.25, stale=PATIENCE)
Write = Callable[..., Reading]


def sheet(seconds: float) -> Frame:
    """A sheet with a 7 on it, never twice with the same noise."""
    frame = np.random.default_rng(int(seconds * 1e6)).normal(200, 3, (120, 160)).astype(np.uint8)
    cv2.putText(frame, "7", (60, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, 20, 4)
    return frame


def open_feed(camera: FaultyCamera, said: list[str] | None = None, give_up: float | None = None) -> Feed:
    return Feed(camera.open(), camera.open, (said if said is not None else []).append, LIMITS, give_up)


@dataclass
class Witness:
    """Listens until it has heard enough."""

    enough: Callable[["Witness"], bool]
    moments: list[Moment] = field(default_factory=list)
    end: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

    def hear(self, moment: Moment) -> None:
        assert time.monotonic() < self.end, "in vain"
        self.moments.append(moment)

    def wait(self, _seconds: float) -> bool:
        return not self.enough(self)

    @property
    def reasons(self) -> list[Reason | None]:
        return [moment.reason for moment in self.moments]


def settled_after(reason: Reason) -> Callable[[Witness], bool]:
    """Whether a stable text came after the fault was told."""

    def enough(witness: Witness) -> bool:
        if reason not in witness.reasons:
            return False
        return any(moment.stable for moment in witness.moments[witness.reasons.index(reason) :] if not moment.reason)

    return enough


def watch(camera: FaultyCamera, read: Callable[[Frame], Reading], enough: Callable[[Witness], bool]) -> Witness:
    witness, feed = Witness(enough), open_feed(camera)
    loop = Loop(read, lambda moment: moment.shot.image, witness, [witness], limits=LIMITS, live=True)
    try:
        summary = loop.run(feed.frames(witness.wait))
    finally:
        feed.close()
    assert summary.failure is None
    counts = feed.counts
    assert 0 <= counts.captured - counts.skipped - counts.processed <= 1
    return witness


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Failure.UNPLUG, Reason.NO_FRAME),
        (Failure.HANG, Reason.NO_FRAME),
        (Failure.CUT, Reason.NO_FRAME),
        (Failure.FREEZE, Reason.FROZEN),
        (Failure.BLACK, Reason.BLACK),
        (Failure.BLOWN_OUT, Reason.BLOWN_OUT),
        (Failure.BLUR, Reason.BLURRED),
    ],
    ids=str,
)
def test_each_fault_is_told_and_gone_when_the_camera_is_back(failure: Failure, reason: Reason, written: Write) -> None:
    camera = FaultyCamera(sheet, [Fault(failure, 1.2, 2.2)], rate=60.0)

    witness = watch(camera, lambda _frame: written("7"), settled_after(reason))

    during = [moment for moment in witness.moments if moment.reason is not None]
    assert reason in {moment.reason for moment in during}
    assert all(moment.reading.text == "" for moment in during if not moment.held)
    assert {moment.reading.text for moment in witness.moments if moment.stable} == {"7"}


@pytest.mark.parametrize("failure", [Failure.TEAR, Failure.CORRUPT, Failure.RESIZE, Failure.CLOCK], ids=str)
def test_frames_that_are_wrong_for_a_while_bring_no_wrong_text(failure: Failure, written: Write) -> None:
    """Whatever the reader makes of spoilt frames, each time something else, it does not settle."""
    camera = FaultyCamera(sheet, [Fault(failure, 1.2, 1.8)], rate=60.0)
    spoilt = iter(range(10**9))

    def read(frame: Frame) -> Reading:
        fine = camera.failure() in (None, Failure.CLOCK) and frame.shape == (120, 160)
        return written("7" if fine else str(next(spoilt) % 10))

    def enough(witness: Witness) -> bool:
        last = witness.moments[-1] if witness.moments else None
        settled = last is not None and last.stable and last.reason is None
        return settled and time.monotonic() - camera.made > 2.0

    witness = watch(camera, read, enough)

    assert {moment.reading.text for moment in witness.moments if moment.stable} == {"7"}


def test_a_camera_that_was_away_is_said_to_be_gone_and_back() -> None:
    said: list[str] = []
    camera = FaultyCamera(sheet, [Fault(Failure.UNPLUG, 0.3, 0.8)], rate=100.0)
    feed, seen = open_feed(camera, said), 0
    for item in feed.frames(lambda _seconds: True):
        seen += isinstance(item, Shot)
        if len(said) == 2:
            break
    feed.close()

    assert seen > 1
    assert said[0].startswith("faulty: it stopped after")
    assert said[0].endswith("; trying to open it again")
    assert said[1].startswith("faulty: back after ")


def test_frames_are_numbered_and_timed_over_all_openings() -> None:
    camera = FaultyCamera(sheet, [Fault(Failure.UNPLUG, 0.3, 0.5)], rate=100.0)
    feed = open_feed(camera)
    shots: list[Shot] = []
    for item in feed.frames(lambda _seconds: True):
        shots += [item] if isinstance(item, Shot) else []
        if shots and shots[-1].seconds > 0.8:
            break
    feed.close()

    assert [shot.number for shot in shots] == sorted({shot.number for shot in shots})
    assert all(a.seconds < b.seconds for a, b in pairwise(shots))


def test_a_camera_that_stays_away_ends_the_run_where_that_is_wanted() -> None:
    camera = FaultyCamera(sheet, [Fault(Failure.UNPLUG, 0.2, 1e9)], rate=100.0)
    feed = open_feed(camera, give_up=0.3)

    with pytest.raises(MissingSource, match=r"there is no such camera|no frame came"):
        for _ in feed.frames(lambda _seconds: True):
            pass
    feed.close()


@pytest.mark.parametrize(
    "failures",
    [[(Failure.HANG, 0.2, 1e9)], [(Failure.UNPLUG, 0.2, 0.4), (Failure.HANG, 0.4, 1e9)]],
    ids=["open", "again"],
)
def test_a_camera_that_gives_nothing_any_more_ends_the_run_too(failures: list[tuple[Failure, float, float]]) -> None:
    camera = FaultyCamera(sheet, [Fault(*failure) for failure in failures], rate=100.0)
    opened: list[FaultyCamera] = []

    def reopen() -> FaultyCamera:
        opened.append(camera.open())
        return opened[-1]

    feed = Feed(reopen(), reopen, lambda _line: None, LIMITS, give_up=0.5)
    with pytest.raises(MissingSource, match=r"faulty: (no frame came for 0\.5 s|there is no such camera)"):
        drain(feed)
    for source in opened:
        source.close()
    feed.close()


def test_a_camera_that_hangs_is_left_behind_and_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "HANG", 0.3)
    answer, said, opened = threading.Event(), list[str](), list[Hanging]()

    def reopen() -> Hanging:
        opened.append(Hanging(answer, frames=10**9 if len(opened) == 2 else 1))
        return opened[-1]

    feed = Feed(reopen(), reopen, said.append, LIMITS)
    frames = feed.frames(lambda _seconds: True)
    while not any("back after" in line for line in said[2:]):
        next(frames)
    answer.set()
    late = [item for item, _ in zip(frames, range(5), strict=False)]
    feed.close()

    assert said[0].startswith("hanging: it hangs, no frame for 0 seconds; trying to open it again")
    assert [source.closed for source in opened] == [1, 1, 1]  # the hung threads let go as soon as they could
    assert all(isinstance(item, Shot) for item in late)


def test_threads_that_hang_are_never_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "HANG", 0.1)
    monkeypatch.setattr(feeds, "FAREWELL", 0.1)
    monkeypatch.setattr(feeds, "PAUSES", (0.01,))
    answer, said, opened = threading.Event(), list[str](), list[Hanging]()

    def reopen() -> Hanging:
        opened.append(Hanging(answer, frames=1 if not opened else 0))
        return opened[-1]

    feed = Feed(reopen(), reopen, said.append, LIMITS, give_up=2.0)
    with pytest.raises(MissingSource, match="no frame came for 2 s"):
        drain(feed)
    feed.close()
    hanging = [source for source in opened if not source.closed]
    answer.set()

    assert len(hanging) == feeds.MOST_HANGING + 1
    assert said[-1] == "hanging: 3 attempts hang in its driver; unplug it and plug it in again"


def test_a_camera_that_cannot_be_closed_is_opened_again_all_the_same() -> None:
    said: list[str] = []
    sources = [Hanging(threading.Event(), 1, broken=True), Hanging(threading.Event(), 10**9)]
    feed = Feed(sources[0], lambda: sources[1], said.append, LIMITS)
    for _ in feed.frames(lambda _seconds: True):
        if "back after" in said[-1:][0] if said else False:
            break
    feed.close()

    assert said[0] == "hanging: cannot be closed (in use)"
    assert said[1].startswith("hanging: torn; trying to open it again")


def test_a_slow_reader_gets_the_newest_frame() -> None:
    camera = FaultyCamera(sheet, (), rate=200.0)
    feed, ages = open_feed(camera), []
    for item, _ in zip(feed.frames(lambda _seconds: True), range(5), strict=False):
        assert isinstance(item, Shot)
        time.sleep(0.1)
        ages.append(item.number)
    feed.close()

    assert feed.counts.skipped > 0
    assert all(after - before > 1 for before, after in pairwise(ages))


class Script:
    """A source that gives what it is told to."""

    name, rate = "script", 100.0

    def __init__(self, items: Sequence[Frame | Exception], *, live: bool = False) -> None:
        self.items = items
        self.live = live
        self.closed = 0

    def __iter__(self) -> Iterator[Shot]:
        for number, item in enumerate(self.items):
            if isinstance(item, Exception):
                raise item
            yield Shot(item, number, number / self.rate, time.time(), time.monotonic())
            time.sleep(0.02)

    def close(self) -> None:
        self.closed += 1


class Hanging:
    """A source that gives some frames and then does not answer, as drivers do, until it is told to."""

    name, rate, live = "hanging", 100.0, True

    def __init__(self, answer: threading.Event, frames: int, *, broken: bool = False) -> None:
        self.answer, self.frames, self.broken = answer, frames, broken
        self.closed = 0

    def __iter__(self) -> Iterator[Shot]:
        for number in range(self.frames):
            yield Shot(sheet(number), number, number / self.rate, time.time(), time.monotonic())
            time.sleep(0.005)
        if self.broken:
            raise MissingSource("hanging: torn")
        self.answer.wait(PATIENCE)
        yield Shot(sheet(0), self.frames, 0.0, time.time(), time.monotonic())

    def close(self) -> None:
        self.closed += 1
        if self.broken:
            raise RuntimeError("in use")


def drain(feed: Feed) -> list[Shot | Silence]:
    return list(feed.frames(lambda _seconds: True))


def test_a_clip_ends_with_its_last_frame() -> None:
    source = Script([sheet(n) for n in range(5)])
    feed = Feed(source, None, lambda _line: None)
    shots = drain(feed)
    feed.close()

    last = shots[-1]
    assert isinstance(last, Shot)
    assert last.number == 4
    assert last.seconds == pytest.approx(0.04)
    assert source.closed == 1


@pytest.mark.parametrize(
    "error", [MissingSource("script: torn"), ZeroDivisionError("a mistake of ours")], ids=["missing", "mistake"]
)
def test_what_goes_wrong_in_the_thread_is_heard_outside(error: Exception) -> None:
    feed = Feed(Script([sheet(0), error]), None, lambda _line: None)

    with pytest.raises(type(error), match=str(error)):
        drain(feed)
    feed.close()


def test_a_source_that_opens_and_dies_again_and_again_is_said_once_and_tried_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "PAUSES", (0.01, 0.02, 0.05))
    said: list[str] = []
    opened: list[float] = []

    def reopen() -> Script:
        opened.append(time.monotonic())
        return Script([MissingSource("script: torn")], live=True)

    feed = Feed(Script([sheet(0), MissingSource("script: torn")], live=True), reopen, said.append, LIMITS)
    for _ in feed.frames(lambda _seconds: True):
        if len(opened) >= 5:
            break
    feed.close()

    assert said == ["script: torn; trying to open it again"]
    assert opened[4] - opened[3] >= 0.05


def test_a_source_that_gives_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FIRST_FRAME", 0.2)
    camera = FaultyCamera(sheet, [Fault(Failure.HANG, 0.0, 1e9)], rate=100.0)
    feed = open_feed(camera)

    with pytest.raises(MissingSource, match=r"faulty: open, but no frame came for 0\.2 seconds"):
        drain(feed)
    feed.close()


def test_a_person_can_end_it_while_the_source_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FAREWELL", 0.1)
    camera = FaultyCamera(sheet, [Fault(Failure.HANG, 0.0, 1e9)], rate=100.0)
    feed = Feed(camera, camera.open, lambda _line: None, LIMITS)

    assert list(feed.frames(lambda _seconds: False)) == []
    feed.close()
    camera.close()  # what hangs in a driver would be left behind


def test_a_feed_that_never_ran_lets_go_of_its_source() -> None:
    source = Script([])
    Feed(source, None, lambda _line: None).close()

    assert source.closed == 1


def test_the_thread_ends_with_the_feed() -> None:
    before = set(threading.enumerate())
    feed = open_feed(FaultyCamera(sheet, (), rate=100.0))
    next(feed.frames(lambda _seconds: True))
    feed.close()

    assert set(threading.enumerate()) <= before
