"""The camera that fails as planned does fail as planned."""

import time
from itertools import pairwise

import cv2
import numpy as np
import pytest

from camera_demo.condition import fault
from camera_demo.faulty import HOUR, Failure, Fault, FaultyCamera, spoil
from camera_demo.shot import Shot
from camera_demo.sources import Source
from runtime.errors import MissingSource
from runtime.records import Frame

RATE = 200.0


def sheet(seed: int = 0) -> Frame:
    frame = np.random.default_rng(seed).normal(200, 3, (120, 160, 3)).astype(np.uint8)
    cv2.putText(frame, "7", (60, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 4)
    return frame


def picture(seconds: float) -> Frame:
    return sheet(int(seconds * 10_000))


def film(failure: Failure, frames: int = 6) -> list[Shot]:
    """Frames of a camera that fails all the time."""
    camera = FaultyCamera(picture, [Fault(failure, 0.0, 1e9)], RATE)
    shots = [shot for _, shot in zip(range(frames), camera.open(), strict=False)]
    camera.close()
    return shots


def test_without_a_fault_it_is_a_live_source() -> None:
    camera = FaultyCamera(picture, (), RATE)
    source: Source = camera.open()
    shots = [shot for _, shot in zip(range(5), source, strict=False)]

    assert source.live
    assert all(fault(shot.image) is None for shot in shots)
    assert all(not np.array_equal(a.image, b.image) for a, b in pairwise(shots))
    assert [shot.number for shot in shots] == list(range(5))


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [(Failure.BLACK, "black frame"), (Failure.BLOWN_OUT, "blown-out frame"), (Failure.BLUR, "blurred frame")],
    ids=str,
)
def test_frames_that_show_nothing(failure: Failure, verdict: str) -> None:
    assert {fault(shot.image) for shot in film(failure)} == {verdict}


def test_a_frozen_picture_is_the_same_to_the_last_bit() -> None:
    shots = film(Failure.FREEZE)

    assert all(np.array_equal(shots[0].image, shot.image) for shot in shots)


def test_a_torn_frame_has_two_halves() -> None:
    before, frame = sheet(1), sheet(2)
    torn = spoil(Failure.TEAR, frame, before)

    assert torn is not None
    assert np.array_equal(torn[60:], frame[60:])
    assert not np.array_equal(torn[:60], frame[:60])


def test_damaged_data_give_a_damaged_picture_or_none() -> None:
    frame = sheet()
    damaged = spoil(Failure.CORRUPT, frame, frame)

    assert spoil(Failure.CUT, frame, frame) is None
    assert damaged is None or cv2.absdiff(damaged, frame).max() > 50


def test_frames_of_another_size() -> None:
    assert {shot.image.shape for shot in film(Failure.RESIZE)} == {(60, 80, 3)}


def test_a_clock_that_jumps_moves_no_age() -> None:
    shots = film(Failure.CLOCK)

    assert all(shot.taken == pytest.approx(time.time() - HOUR, abs=60) for shot in shots)
    assert all(0 <= time.monotonic() - shot.arrived < 60 for shot in shots)
    assert all(a.seconds < b.seconds for a, b in pairwise(shots))


def test_an_unplugged_camera_breaks_off_cannot_be_opened_and_comes_back() -> None:
    camera = FaultyCamera(picture, [Fault(Failure.UNPLUG, 0.1, 0.3)], RATE)
    seen = 0
    with pytest.raises(MissingSource, match="faulty: it stopped after"):
        for _ in camera:
            seen += 1
    with pytest.raises(MissingSource, match="there is no such camera"):
        camera.open()
    while camera.failure() is Failure.UNPLUG:
        time.sleep(0.01)

    assert next(iter(camera.open())).number == 0


@pytest.mark.parametrize("failure", list(Failure), ids=str)
def test_the_frames_that_are_given_are_left_as_they_were(failure: Failure) -> None:
    before, frame = sheet(1), sheet(2)

    spoil(failure, frame, before)

    assert np.array_equal(before, sheet(1))
    assert np.array_equal(frame, sheet(2))
