"""A drill with everything real but the lens and the clock: a camera fails in every way, and no false reading comes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from camera_demo.faulty import Clock, Failure, Fault, FaultyCamera
from camera_demo.feed import PAUSES
from camera_demo.follower import Follower
from camera_demo.loop import Loop, Moment
from camera_demo.reasons import Reason
from camera_demo.settle import HOLD
from camera_demo.shot import Shot, Silence
from camera_demo.synthetic import SHEET_SECONDS, draw_frame, sensor_noise, text_at
from camera_demo.watchdog import Limits
from runtime.errors import MissingSource
from runtime.reader import open_reader
from runtime.records import Frame
from train.handwriting.clip import ClipSettings, draw_clip
from train.handwriting.page import PageSettings

SIZE = (320, 240)
NOISE = sensor_noise(SIZE)
RATE = 10.0  # frames per second
LIMITS = Limits(no_frame=0.6, frozen=0.5, stale=1e9)
AT_ONCE = 2.5 / RATE  # seconds: with the first frame that was taken whole in the fault
PLAN: tuple[tuple[Failure, Reason | None, float], ...] = (
    (Failure.BLACK, Reason.BLACK, AT_ONCE),
    (Failure.BLOWN_OUT, Reason.BLOWN_OUT, AT_ONCE),
    (Failure.BLUR, Reason.BLURRED, AT_ONCE),
    (Failure.FREEZE, Reason.FROZEN, LIMITS.frozen + AT_ONCE),
    (Failure.UNPLUG, Reason.NO_FRAME, LIMITS.no_frame + AT_ONCE),
    (Failure.HANG, Reason.NO_FRAME, LIMITS.no_frame + AT_ONCE),
    (Failure.CUT, Reason.NO_FRAME, LIMITS.no_frame + AT_ONCE),
    (Failure.TEAR, None, 0.0),
    (Failure.CORRUPT, None, 0.0),
    (Failure.RESIZE, None, 0.0),
    (Failure.SLOW, None, 0.0),
    (Failure.CLOCK, None, 0.0),
)
"""How the camera fails, what is told of it, and after how many seconds at the latest."""

LASTS = 2.0  # seconds; in the middle of each fault the sheet is changed for another one
RECOVERY = 3.0  # seconds from the end of a fault to the next true reading
FAULTS = [
    Fault(failure, SHEET_SECONDS * (n + 1) - LASTS / 2, SHEET_SECONDS * (n + 1) + LASTS / 2)
    for n, (failure, _, _) in enumerate(PLAN)
]
END = FAULTS[-1].end + RECOVERY


class Simulation(Clock):
    """Time that passes as fast as the work is done; it begins far ahead, so that nothing is stale by the real clock."""

    def __init__(self) -> None:
        self.seconds = time.monotonic() + 1e6

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def picture(seconds: float) -> Frame:
    """A sheet that sways, and is changed for another one in each fault; the noise is laid differently each time."""
    shift = int(seconds * 1000) % 60
    return draw_frame(seconds, SIZE, NOISE[shift:, 60 - shift :])


def openings(camera: FaultyCamera) -> Iterator[Shot]:
    """The frames of all openings, as the thread of a feed gets them: it tries again ever more rarely."""
    while True:
        try:
            yield from camera.open()
        except MissingSource:
            for pause in [*PAUSES, *PAUSES[-1:] * 10]:
                camera.clock.sleep(pause)
                if camera.failure() is not Failure.UNPLUG:
                    break


def watched(camera: FaultyCamera) -> Iterator[Shot | Silence]:
    """What a feed makes of it: frames, and silences between frames that are too far apart."""
    last: Shot | None = None
    for shot in openings(camera):
        while last is not None and shot.arrived - last.arrived > LIMITS.no_frame:
            quiet = last.seconds + LIMITS.no_frame
            if quiet >= shot.seconds:
                break
            last = Shot(last.image, last.number, quiet, last.taken, last.arrived + LIMITS.no_frame)
            yield Silence(last, quiet)
        last = shot
        if shot.seconds > END:
            return
        yield shot


@dataclass(repr=False)
class Diary:
    """Keeps what is told, and when on the camera's clock."""

    moments: list[tuple[float, Moment]] = field(default_factory=list)

    def hear(self, moment: Moment) -> None:
        self.moments.append((moment.shot.seconds, moment))

    def wait(self, _seconds: float) -> bool:
        return True

    def first(self, begin: float, **wanted: object) -> float:
        """When the first moment came after `begin` that has these attributes, in seconds after it."""
        return next(
            seconds - begin
            for seconds, moment in self.moments
            if seconds >= begin and all(getattr(moment, name) == value for name, value in wanted.items())
        )


@pytest.fixture(scope="module")
def diary() -> Diary:
    """What was told in a drill with all faults."""
    reader, kept = open_reader(Path("edge-nano")), Diary()
    camera = FaultyCamera(picture, FAULTS, RATE, clock=Simulation())
    summary = Loop(reader.read, lambda moment: moment.shot.image, kept, [kept], limits=LIMITS, live=True).run(
        watched(camera)
    )
    assert summary.failure is None
    return kept


@pytest.mark.slow
def test_whatever_the_camera_does_only_what_is_written_now_is_published(diary: Diary) -> None:
    """Line by line, since one that stays is read on while a new one beside it has yet to settle.

    A line that was true may stand for as long as it is held where one digit of it is covered, and no longer.
    """
    published = [(seconds, moment) for seconds, moment in diary.moments if moment.stable and moment.reason is None]
    wrong = [
        (seconds, line.text)
        for seconds, moment in published
        for line in moment.reading.lines
        if line.text not in f"{text_at(seconds)}\n{text_at(max(0.0, seconds - HOLD))}".splitlines()
    ]

    assert wrong == []
    assert {text_at(n * SHEET_SECONDS) for n in range(len(PLAN) + 1)} <= {m.reading.text for _, m in published}
    assert all(not moment.reading.lines for _, moment in diary.moments if moment.reason and not moment.held)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PLAN)), ids=[str(failure) for failure, _, _ in PLAN])
def test_each_fault_is_told_in_time_and_the_camera_is_read_again_in_time(number: int, diary: Diary) -> None:
    (_, reason, limit), fault = PLAN[number], FAULTS[number]
    during = [moment for seconds, moment in diary.moments if fault.begin + limit <= seconds < fault.end]

    if reason is not None:
        assert diary.first(fault.begin, reason=reason) <= limit
        assert {moment.reason for moment in during} == {reason}
    recovered = next(
        seconds
        for seconds, moment in diary.moments
        if seconds >= fault.end and moment.stable and moment.reason is None and moment.reading.text == text_at(seconds)
    )
    assert recovered - fault.end <= RECOVERY


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_hand_held_page_is_published_right_at_every_moment_or_not_at_all(seed: int) -> None:
    reader = open_reader(Path("edge-nano"))
    page = PageSettings(size=(480, 320), lines=2, digits=(3, 5))
    follower, published = Follower(), []
    for number, frame in enumerate(draw_clip(ClipSettings(page, frames=45), seed)):
        scene = follower.see(reader.read(frame.picture), number / 30, page.size)
        published.append((scene.stable, scene.reading.text.replace(" ", ""), frame.text))

    assert {text == truth for stable, text, truth in published if stable} == {True}
    assert sum(stable for stable, _, _ in published) >= 20
