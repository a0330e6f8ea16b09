"""A drill with everything real but the lens: a camera that fails in many ways, and no false reading."""

import math
import time
from pathlib import Path

import pytest

from camera_demo.faulty import Failure, Fault, FaultyCamera
from camera_demo.feed import Feed
from camera_demo.follower import Follower
from camera_demo.loop import Loop, Moment
from camera_demo.reasons import Reason
from camera_demo.synthetic import draw_frame, sensor_noise, text_at
from camera_demo.watchdog import Limits
from runtime.reader import open_reader
from runtime.records import Frame
from train.handwriting.clip import ClipSettings, draw_clip
from train.handwriting.page import PageSettings

SIZE = (320, 240)
PLAN = (
    (Failure.BLACK, Reason.BLACK),
    (Failure.FREEZE, Reason.FROZEN),
    (Failure.UNPLUG, Reason.NO_FRAME),
    (Failure.TEAR, None),
    (Failure.CORRUPT, None),
    (Failure.BLUR, Reason.BLURRED),
    (Failure.RESIZE, None),
)
LASTS = 1.5  # seconds
PERIOD = 5.0  # seconds from fault to fault: a busy machine reads a few frames a second, and must settle between them
NOISE = sensor_noise(SIZE)


def picture(seconds: float) -> Frame:
    """A sheet that sways and keeps its numbers; the noise is laid differently each time."""
    shift = int(seconds * 1000) % 60
    return draw_frame(2.5 + 2.5 * math.sin(seconds), SIZE, NOISE[shift:, 60 - shift :])


class Diary:
    """Keeps what is told, until the plan is over and the text has come back."""

    def __init__(self, end: float) -> None:
        self.moments: list[Moment] = []
        self.end = end

    def hear(self, moment: Moment) -> None:
        self.moments.append(moment)

    def wait(self, _seconds: float) -> bool:
        now = time.monotonic()
        assert now < self.end + 60, "the text does not come back"
        last = self.moments[-1] if self.moments else None
        return now < self.end or last is None or not last.stable or last.reason is not None


@pytest.mark.slow
def test_whatever_the_camera_does_only_what_is_written_is_published() -> None:
    faults = [Fault(failure, PERIOD * (n + 1), PERIOD * (n + 1) + LASTS) for n, (failure, _) in enumerate(PLAN)]
    reader = open_reader(Path("edge-nano"))
    reader.read(picture(0.0))
    camera = FaultyCamera(picture, faults)
    limits = Limits(no_frame=0.5, frozen=0.5, stale=30.0)
    diary = Diary(camera.made + faults[-1].end)
    feed = Feed(camera.open(), camera.open, lambda _line: None, limits)
    loop = Loop(reader.read, lambda moment: moment.shot.image, diary, [diary], limits=limits, live=True)

    summary = loop.run(feed.frames(diary.wait))
    feed.close()

    assert summary.failure is None
    assert {moment.reading.text for moment in diary.moments if moment.stable} == {text_at(0)}
    assert {reason for _, reason in PLAN if reason} <= {moment.reason for moment in diary.moments}
    assert all(not moment.reading.lines for moment in diary.moments if moment.reason and not moment.held)


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
