"""The watchdog: repeated and frozen pictures, and that no fault ever passes for a picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.reasons import SILENCES, SOFT, Reason
from camera_demo.watchdog import Limits, Watchdog
from runtime.records import Frame

RATE = 10.0
LIMITS = Limits(frozen=1.0)


def picture(seed: int) -> Frame:
    """Writing on paper as a sensor sees it: never twice the same."""
    frame = np.random.default_rng(seed).normal(180, 3, (96, 128)).astype(np.uint8)
    frame[30:60, 50:54] = 30
    return frame


def judge(frames: list[Frame], *, live: bool = True) -> list[Reason | None]:
    watchdog = Watchdog(LIMITS, live=live)
    return [watchdog.judge(frame, number / RATE) for number, frame in enumerate(frames)]


def test_new_pictures_are_good() -> None:
    assert judge([picture(n) for n in range(10)]) == [None] * 10


def test_a_picture_that_comes_again_is_no_news_and_then_frozen() -> None:
    verdicts = judge([picture(1)] * 15 + [picture(2)])

    assert verdicts == [None] + [Reason.REPEATED] * 9 + [Reason.FROZEN] * 5 + [None]


def test_files_may_repeat_themselves() -> None:
    assert judge([picture(1)] * 15, live=False) == [None] * 15


def test_a_black_picture_that_comes_again_is_still_black() -> None:
    assert judge([np.zeros((96, 128), np.uint8)] * 15) == [Reason.BLACK] * 15


def test_another_size_is_another_picture() -> None:
    frame = np.full((96, 128), 200, np.uint8)
    frame[20:40] = 30

    assert judge([frame, frame.reshape(128, 96)])[1] is not Reason.REPEATED


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["new", "same", "black", "white"]), min_size=1, max_size=40))
def test_only_new_pictures_pass(kinds: list[str]) -> None:
    frames: list[Frame] = []
    for number, kind in enumerate(kinds):
        tone = {"black": 0, "white": 255}.get(kind)
        again = kind == "same" and bool(frames)
        frames.append(frames[-1] if again else picture(number) if tone is None else np.full((96, 128), tone, np.uint8))

    verdicts = judge(frames)

    run = 0
    for place, (frame, verdict) in enumerate(zip(frames, verdicts, strict=True)):
        same = place > 0 and np.array_equal(frame, frames[place - 1])
        run = run + 1 if same else 0
        dull = frame.max() == frame.min()
        expected = (Reason.BLACK if frame.max() == 0 else Reason.BLOWN_OUT) if dull else None
        if same and not dull:
            expected = Reason.FROZEN if run / RATE >= LIMITS.frozen else Reason.REPEATED
        assert verdict == expected


@pytest.mark.parametrize("reason", list(Reason), ids=str)
def test_codes_are_words_for_people_and_programs(reason: Reason) -> None:
    assert reason == str(reason) == reason.value
    assert reason.replace(" ", "").replace("-", "").isalpha()
    assert not (reason in SOFT and reason in SILENCES)
