"""Scenes: what may be published after each frame, whatever hands, faults and misreadings come between."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.follower import Follower, Scene
from camera_demo.reasons import Reason
from camera_demo.settle import HOLD
from runtime.records import Reading

SIZE = (640, 480)
RATE = 30.0
SOON = 25  # frames after which something new has settled
Write = Callable[..., Reading]


def run(frames: Iterable[Reading | Reason], follower: Follower | None = None, begin: int = 0) -> list[Scene]:
    """The scene after each frame, which is a reading or has a fault."""
    follower = follower or Follower()
    return [
        follower.miss(frame, number / RATE) if isinstance(frame, Reason) else follower.see(frame, number / RATE, SIZE)
        for number, frame in enumerate(frames, begin)
    ]


def stable_texts(scenes: Iterable[Scene]) -> set[str]:
    return {scene.reading.text for scene in scenes if scene.stable}


def test_first_there_is_the_frame_s_own_reading_then_the_settled_one(written: Write) -> None:
    scenes = run([Reading(()), written("?"), *[written("2021\n37")] * 40])

    assert [scene.reason for scene in scenes[:3]] == [Reason.NO_DIGITS, Reason.UNCERTAIN, None]
    assert not scenes[2].stable
    assert scenes[2].reading.text == "2021\n37"
    assert scenes[-1].stable
    assert scenes[-1].reading.text == "2021\n37"
    assert scenes[-1].seen == pytest.approx(41 / RATE)


def test_lines_of_a_new_page_are_published_together(written: Write) -> None:
    frames = [written("2021")] * 8 + [written("2021\n37")] * 40

    assert stable_texts(run(frames)) == {"2021\n37"}


def test_the_first_lines_do_not_wait_for_ever(written: Write) -> None:
    restless = [written(f"2021\n{3 + n // 4 % 2}7") for n in range(60)]

    assert "2021" in {text.split("\n")[0] for text in stable_texts(run(restless))}


def test_nothing_is_published_while_more_flits_by_than_stands(written: Write) -> None:
    """A page of which each frame shows something else cannot be read yet, whatever one digit of it does."""
    flitting = [written("1" + "_" * (1 + n // 2 % 6) + "38", (0, 0)) for n in range(60)]

    scenes = run([*flitting, *[written("1")] * 60])

    assert stable_texts(scenes[:60]) == set()
    assert stable_texts(scenes) == {"1"}


@pytest.mark.parametrize("fault", [Reason.BLACK, Reason.BLANK, Reason.BLOWN_OUT, Reason.FROZEN, Reason.NO_FRAME])
def test_a_hard_fault_takes_the_reading_back_at_once_and_it_comes_back_with_the_next_frame(
    written: Write, fault: Reason
) -> None:
    scenes = run([*[written("20")] * SOON, fault, written("20")])

    assert [scene.stable for scene in scenes[-3:]] == [True, False, True]
    assert (scenes[-2].reading.lines, scenes[-2].reason, scenes[-2].held) == ((), fault, False)


@pytest.mark.parametrize("fault", [Reason.BLURRED, Reason.REPEATED])
def test_a_passing_fault_holds_what_is_known_for_a_while(written: Write, fault: Reason) -> None:
    scenes = run([*[written("20")] * SOON, *[fault] * 45])[SOON:]

    held = [scene for scene in scenes if scene.held]
    assert len(held) / RATE == pytest.approx(HOLD, abs=0.05)
    assert scenes[: len(held)] == held
    assert {scene.reading.text for scene in held} == {"20"}
    assert all(scene.reason == fault for scene in scenes)
    assert all(scene.reading.text == "" for scene in scenes[len(held) :])


def test_a_hidden_digit_is_named_once_the_hold_is_over(written: Write) -> None:
    scenes = run([*[written("2021")] * SOON, *[written("2_21")] * 45])

    assert stable_texts(scenes) == {"2021"}
    assert (scenes[-1].reason, scenes[-1].reading.text) == (Reason.HIDDEN, "")


def test_a_fast_sheet_gives_no_text(written: Write) -> None:
    scenes = run([written("2021", (15 * n, 0)) for n in range(20)])

    assert {scene.reason for scene in scenes[3:]} == {Reason.MOVING}
    assert {scene.reading.text for scene in scenes[3:]} == {""}


def test_frames_of_another_size_begin_anew(written: Write) -> None:
    follower = Follower()
    run([written("20")] * SOON, follower)

    other = follower.see(written("20"), SOON / RATE, (320, 240))

    assert not other.stable
    assert follower.see(written("20"), (SOON + 1) / RATE, (320, 240)).reading.text == "20"


Frame = Callable[[Write, str], Reading | Reason]
DISTURBANCES: list[Frame] = [
    lambda write, text: write("_" + text[1:]),
    lambda write, text: write(text[:-1] + "_"),
    lambda write, text: write(text[:-1] + ("1" if text[-1] != "1" else "7")),
    lambda write, text: write(text + "8"),
    lambda write, text: write("?" * len(text)),
    lambda write, text: write(text + "\n5"),
    lambda write, text: write(text, (9, -4)),
    lambda _write, _text: Reading(()),
    lambda _write, _text: Reason.BLURRED,
    lambda _write, _text: Reason.REPEATED,
    lambda _write, _text: Reason.BLACK,
]


@settings(max_examples=15, deadline=None)
@given(
    text=st.text("0123456789", min_size=2, max_size=6),
    plan=st.lists(st.tuples(st.integers(0, len(DISTURBANCES) - 1), st.integers(1, 2), st.integers(4, 20)), max_size=8),
)
def test_what_disturbs_for_a_moment_never_becomes_a_reading(
    written: Write, text: str, plan: list[tuple[int, int, int]]
) -> None:
    frames: list[Reading | Reason] = [written(text)] * 4
    for kind, length, rest in plan:
        frames += [DISTURBANCES[kind](written, text)] * length + [written(text)] * rest
    frames += [written(text)] * 75

    scenes = run(frames)

    assert stable_texts(scenes) == {text}
    assert scenes[-1].stable
    assert all(scene.reading.text == "" for scene in scenes if scene.reason and not scene.held)


@settings(max_examples=8, deadline=None)
@given(
    pages=st.lists(st.text("0123456789", min_size=1, max_size=6), min_size=2, max_size=4),
    shift=st.tuples(st.integers(-5, 30), st.integers(-5, 30)),
)
def test_pages_that_follow_each_other_are_never_mixed(written: Write, pages: list[str], shift: tuple[int, int]) -> None:
    frames: list[Reading | Reason] = []
    for number, page in enumerate(pages):
        hand = [Reading(())] * 20 if number else []
        frames += hand + [written(page, (shift[0] * number, shift[1] * number))] * 110

    scenes = run(frames)

    assert stable_texts(scenes) == set(pages)
    assert scenes[-1].reading.text == pages[-1]
