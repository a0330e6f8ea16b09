"""The camera's loop and what it decides: condition of frames, stability, frame rate, pace, ends."""

import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_demo.condition import fault, silence_reason
from camera_demo.loop import Loop, Moment
from camera_demo.meter import Meter
from camera_demo.pace import SLACK, Pace, play
from camera_demo.plausible import Rules
from camera_demo.reasons import Reason
from camera_demo.shot import Shot, Silence
from camera_demo.watchdog import Limits
from runtime.errors import MissingSource
from runtime.records import Box, Frame, Glyph, Line, Prediction, ReadDigit, Reading


def reading(text: str, confidence: float = 0.9) -> Reading:
    """A reading of one line that says `text`; "?" stands for a glyph that is not sure."""
    digits = []
    for place, sign in enumerate(text):
        sure = confidence if sign != "?" else 0.3
        probabilities = np.full(10, (1 - sure) / 9, np.float32)
        probabilities[int(sign) if sign != "?" else 0] = sure
        glyph = Glyph(Box(10 * place, 5, 8, 12), np.zeros((28, 28), np.uint8))
        digits.append(ReadDigit(glyph, Prediction(probabilities, 0.5)))
    return Reading((Line(tuple(digits)),) if digits else ())


def sheet(tone: int = 200) -> Frame:
    """A frame with something on it."""
    frame = np.full((96, 128, 3), tone, np.uint8)
    cv2.putText(frame, "7", (40, 70), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 4)
    return frame


def shots(images: list[Frame], rate: float = 25.0) -> Iterator[Shot]:
    for number, image in enumerate(images):
        yield Shot(image, number, number / rate, time.time(), time.monotonic())


class Notebook:
    """Listens and looks, and keeps it all; ends the loop after so many frames."""

    def __init__(self, end_after: int = 10**6) -> None:
        self.moments: list[Moment] = []
        self.pictures: list[Frame] = []
        self.end_after = end_after

    def hear(self, moment: Moment) -> None:
        self.moments.append(moment)

    def show(self, picture: Frame, moment: Moment) -> None:
        assert moment is self.moments[-1]
        self.pictures.append(picture)

    def wait(self, seconds: float) -> bool:
        assert seconds == 0
        return len(self.moments) < self.end_after


def loop(
    notebook: Notebook,
    texts: list[str],
    limits: Limits | None = None,
    rules: Rules | None = None,
    *,
    live: bool = False,
) -> Loop:
    """A loop whose reader gives these texts one after the other."""
    answers = iter(texts)
    return Loop(
        read=lambda _frame: reading(next(answers)),
        draw=lambda moment: 255 - moment.shot.image,
        desk=notebook,
        listeners=[notebook],
        viewers=[notebook],
        limits=limits or Limits(),
        rules=rules or Rules(),
        live=live,
    )


def test_every_frame_is_read_told_and_shown() -> None:
    notebook = Notebook()

    summary = loop(notebook, ["", "12", "12", "?", "12"]).run(shots([sheet()] * 5))

    assert [moment.reading.text for moment in notebook.moments] == ["", "12", "12", "", "12"]
    assert [moment.reason for moment in notebook.moments] == ["no digits", None, None, "no certain digit", None]
    assert [moment.shot.number for moment in notebook.moments] == list(range(5))
    assert all(np.array_equal(picture, 255 - sheet()) for picture in notebook.pictures)
    assert (summary.frames, summary.with_text, summary.last_stable, summary.failure) == (5, 3, "", None)
    assert summary.seconds >= 0


def test_what_stays_becomes_stable_and_is_held_against_a_misreading() -> None:
    notebook = Notebook()

    summary = loop(notebook, ["12"] * 20 + ["1", "", "12"]).run(shots([sheet()] * 23))

    stable = [moment.stable for moment in notebook.moments]
    assert stable == sorted(stable)
    assert {moment.reading.text for moment in notebook.moments if moment.stable} == {"12"}
    assert all(moment.evidence is not None for moment in notebook.moments if moment.stable)
    assert summary.last_stable == "12"


def test_rules_refuse_what_has_settled() -> None:
    notebook = Notebook()

    summary = loop(notebook, ["12"] * 20, rules=Rules(length=3)).run(shots([sheet()] * 20))

    last = notebook.moments[-1]
    assert (last.reason, last.reading.text, last.stable) == (Reason.WRONG_LENGTH, "", False)
    assert [refusal.text for refusal in last.refused] == ["12"]
    assert summary.last_stable == ""


def test_a_live_frame_that_is_too_old_when_it_is_read_gives_nothing() -> None:
    notebook = Notebook()
    old = [Shot(sheet(), 0, 0.0, time.time(), time.monotonic() - 9)]

    loop(notebook, ["12"], Limits(stale=5.0), live=True).run(old)
    loop(notebook, ["12"], Limits(stale=5.0), live=False).run(old)

    assert [(moment.reason, moment.reading.text) for moment in notebook.moments] == [("stale frame", ""), (None, "12")]


def test_a_live_picture_that_never_changes_is_read_once_and_then_frozen() -> None:
    notebook = Notebook()
    same = list(shots([sheet()] * 60, rate=25))

    loop(notebook, ["12"], Limits(frozen=2.0, stale=1e9), live=True).run(same)

    assert [moment.reason for moment in notebook.moments] == [None] + ["repeated frame"] * 49 + ["frozen picture"] * 10
    assert not any(moment.reading.text for moment in notebook.moments[1:])


def test_a_silence_is_told_and_is_no_frame() -> None:
    notebook = Notebook()
    (first,) = shots([sheet()])

    summary = loop(notebook, ["12", "12"]).run([first, Silence(first, 2.5), Silence(first, 4.5), first], frames=2)

    assert [moment.reason for moment in notebook.moments] == [None, "no frame", "no frame", None]
    assert [moment.reading.text for moment in notebook.moments] == ["12", "", "", "12"]
    assert summary.frames == 2


@pytest.mark.parametrize(("frames", "end_after", "seen"), [(3, 9, 3), (None, 2, 2), (None, 9, 5)], ids=str)
def test_it_ends_when_asked_to(frames: int | None, end_after: int, seen: int) -> None:
    notebook = Notebook(end_after)

    summary = loop(notebook, ["7"] * 5).run(shots([sheet()] * 5), frames)

    assert summary.frames == len(notebook.moments) == seen


def test_no_frame_too_many_is_taken_from_the_source() -> None:
    source = shots([sheet()] * 5)

    loop(Notebook(), ["7"] * 5).run(source, 3)

    assert next(source).number == 3


def test_a_source_that_breaks_off_ends_the_run_in_good_order() -> None:
    def breaking() -> Iterator[Shot]:
        yield from shots([sheet()] * 2)
        raise MissingSource("camera 0: it stopped")

    notebook = Notebook()
    summary = loop(notebook, ["7", "7"]).run(breaking())

    assert summary.frames == len(notebook.pictures) == 2
    assert str(summary.failure) == "camera 0: it stopped"


def test_a_black_frame_is_never_read() -> None:
    notebook = Notebook()
    black = np.zeros((96, 128, 3), np.uint8)

    loop(notebook, ["7"] * 25).run(shots([*[sheet()] * 24, black, sheet()]))

    assert [moment.reading.text for moment in notebook.moments[-3:]] == ["7", "", "7"]
    assert [moment.reason for moment in notebook.moments[-3:]] == [None, "black frame", None]
    assert [moment.stable for moment in notebook.moments[-3:]] == [True, False, True]


def test_nothing_is_drawn_where_nobody_looks() -> None:
    def refuse(_moment: Moment) -> Frame:
        raise AssertionError

    Loop(lambda _frame: reading("7"), refuse, Notebook()).run(shots([sheet()]))


def noisy(tone: int, deviation: float) -> Frame:
    noise = np.random.default_rng(5).normal(tone, deviation, (480, 640, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def canvas(ground: int, ink: int) -> Frame:
    frame = np.full((720, 1280), ground, np.uint8)
    cv2.line(frame, (600, 300), (600, 360), ink, 3)
    return frame


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (np.zeros((480, 640, 3), np.uint8), "black frame"),
        (np.zeros((480, 640), np.uint8), "black frame"),
        (noisy(6, 8), "black frame"),
        (np.full((480, 640, 3), 255, np.uint8), "blown-out frame"),
        (np.full((480, 640, 3), 180, np.uint8), "blank frame"),
        (cv2.GaussianBlur(sheet(), (0, 0), 8), "blurred frame"),
        (cv2.GaussianBlur(sheet(), (0, 0), 1), None),
        (np.full((480, 640, 3), (40, 160, 220), np.uint8), "blank frame"),
        (np.full((1, 1), 128, np.uint8), "blank frame"),
        (sheet(), None),
        (canvas(0, 255), None),
        (canvas(255, 0), None),
        (noisy(128, 60), None),
    ],
    ids=[
        "black",
        "black grey",
        "dark noise",
        "white",
        "grey",
        "out of focus",
        "a little soft",
        "one colour",
        "one pixel",
        "sheet",
        "light on black",
        "dark on white",
        "snow",
    ],
)
def test_condition_of_a_frame(frame: Frame, expected: str | None) -> None:
    assert fault(frame) == expected


@pytest.mark.parametrize(
    ("text", "reason"), [("", "no digits"), ("?", "no certain digit"), ("?7", None)], ids=["none", "unsure", "some"]
)
def test_why_there_is_no_text(text: str, reason: str | None) -> None:
    assert silence_reason(reading(text)) == reason


def test_the_meter_measures_the_last_frames_only() -> None:
    meter = Meter()
    slow = [meter.tick(moment) for moment in (0.0, 1.0, 2.0)]
    fast = [meter.tick(2.0 + number / 50) for number in range(1, 100)]

    assert slow == [0.0, 1.0, 1.0]
    assert fast[-1] == pytest.approx(50)


@pytest.mark.parametrize(
    ("calls", "delays"),
    [
        ([(0.0, 100.0), (0.1, 100.02), (0.2, 100.1)], [0.0, 0.08, 0.1]),
        ([(0.0, 100.0), (0.1, 100.3), (0.2, 100.31)], [0.0, 0.0, 0.0]),
        ([(0.0, 100.0), (0.1, 160.0), (0.2, 160.0)], [0.0, 0.0, 0.1]),
    ],
    ids=["in time", "a little late catches up", "after a pause it goes on from there"],
)
def test_pace(calls: list[tuple[float, float]], delays: list[float]) -> None:
    pace = Pace()

    assert [pace.delay(*call) for call in calls] == pytest.approx(delays)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=30))
def test_pace_never_waits_longer_than_the_clip_lasts(steps: list[tuple[float, float]]) -> None:
    pace, seconds, now = Pace(), 0.0, 1000.0
    for step, work in steps:
        delay = pace.delay(seconds, now)
        assert 0 <= delay <= seconds + SLACK + 1e-6
        now += delay + work
        seconds += step


def test_play_stamps_frames_when_they_are_due_and_leaves_the_last_its_time() -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return True

    played = list(play(shots([sheet()] * 3, rate=10), wait, 10))

    assert [shot.number for shot in played] == [0, 1, 2]
    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.1], abs=0.08)
    assert all(time.monotonic() - shot.arrived < 5 for shot in played)


def test_play_ends_when_the_person_ends_it() -> None:
    assert list(play(shots([sheet()] * 3), lambda _seconds: False, 25)) == []
