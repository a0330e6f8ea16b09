"""Digits keep their names while the sheet moves, and lose them when they are gone. Laws over whole sequences."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.track import CONFIRMED, WINDOW
from camera_demo.tracker import MOST, OUT_OF_SIGHT, PATIENCE, Tracks, follow
from runtime.records import Box, Glyph, Prediction, ReadDigit, Reading

SIZE = (640, 480)
RATE = 30.0
Write = Callable[..., Reading]


def run(readings: Sequence[Reading], rate: float = RATE, size: tuple[int, int] = SIZE) -> list[Tracks]:
    """The tracks after each frame."""
    tracks, states = Tracks(), []
    for number, reading in enumerate(readings):
        tracks = follow(tracks, tuple(reading.digits), number / rate, size)
        states.append(tracks)
    return states


@settings(max_examples=15, deadline=None)
@given(
    text=st.text("0123456789", min_size=1, max_size=8),
    velocity=st.tuples(st.floats(-12, 12), st.floats(-8, 8)),
    zoom=st.floats(0.99, 1.01),
)
def test_names_stay_while_the_sheet_moves(
    written: Write, text: str, velocity: tuple[float, float], zoom: float
) -> None:
    readings = [written(text, (velocity[0] * n, velocity[1] * n), scale=zoom**n) for n in range(12)]

    names = {state.sighted for state in run(readings, size=(10**6, 10**6))}

    assert names == {tuple(range(len(text)))}


@pytest.mark.parametrize("jump", [55, 90, -130])
def test_names_stay_where_a_sheet_of_different_digits_jumps(written: Write, jump: int) -> None:
    states = run([written("20719")] * 4 + [written("20719", (200 + jump, 0))] * 2)
    before = run([written("20719", (200, 0))] * 4 + [written("20719", (200 + jump, 0))] * 2)

    assert before[-1].sighted == before[0].sighted
    assert len(states[-1].sighted) == 5


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(5)))
def test_the_order_of_the_digits_in_a_frame_is_no_matter(written: Write, order: list[int]) -> None:
    digits = tuple(written("31674").digits)
    first = follow(Tracks(), digits, 0.0, SIZE)

    second = follow(first, [digits[place] for place in order], 0.03, SIZE)

    assert second.sighted == tuple(order)


def test_probabilities_are_fused_over_the_last_sightings(written: Write) -> None:
    sequence = [written("7", confidence=c) for c in (0.9, 0.5, 0.7)]
    (track,) = run(sequence)[-1].tracks

    assert track.fused.confidence == pytest.approx(0.7)
    assert track.fused.probabilities.sum() == pytest.approx(1)
    assert track.digit == 7


def test_one_misreading_does_not_change_a_digit(written: Write) -> None:
    sequence = [written("7")] * 6
    wrong = [ReadDigit(d.glyph, next(iter(written("1").digits)).prediction) for d in sequence[0].digits]
    tracks = run(sequence)[-1]

    after = follow(tracks, wrong, 0.3, SIZE)

    assert [track.digit for track in after.tracks] == [7]


def test_a_frame_without_an_eleventh_answer_after_one_with_it_begins_anew() -> None:
    glyph = Glyph(Box(50, 50, 20, 40), np.full((28, 28), 9, np.uint8))
    eleven, ten = (Prediction(np.full(count, 1 / count, np.float32)) for count in (11, 10))
    first = follow(Tracks(), [ReadDigit(glyph, eleven)], 0.0, SIZE)

    second = follow(first, [ReadDigit(glyph, ten)], 0.1, SIZE)

    assert second.tracks[0].fused.probabilities.shape == (10,)


@pytest.mark.parametrize(("seconds", "same"), [(0.5, True), (PATIENCE - 0.2, True), (PATIENCE + 0.5, False)], ids=str)
def test_a_digit_that_comes_back_in_time_is_the_same(written: Write, seconds: float, same: bool) -> None:
    gone = [written("2_21")] * round(seconds * RATE)

    states = run([written("2021")] * 5 + gone + [written("2021")])

    assert (states[-1].sighted == states[0].sighted) == same


def test_an_artefact_is_forgotten(written: Write) -> None:
    states = run([written("20")] * 4 + [written("20__8")] + [written("20")] * 3)

    assert [len(state.tracks) for state in states[3:]] == [2, 3, 3, 2, 2]


def test_a_hidden_digit_moves_with_the_sheet(written: Write) -> None:
    readings = [written("2021")] * 5 + [written("2_21", (6 * n, 3 * n)) for n in range(1, 20)]

    hidden = next(track for track in run(readings)[-1].tracks if track.missed)

    expected = next(iter(written("_0", (6 * 19, 3 * 19)).digits)).glyph.box
    assert hidden.place == pytest.approx(tuple(expected), abs=3)


def test_another_digit_on_the_same_place_takes_its_place(written: Write) -> None:
    states = run([written("27")] * 5 + [written("21")] * CONFIRMED)

    assert sorted(track.digit or 0 for track in states[-1].tracks) == [1, 2]
    assert states[-1].sighted[0] == states[0].sighted[0]
    assert states[-1].sighted[1] != states[0].sighted[1]


def test_a_digit_that_left_the_picture_is_remembered_while_others_are_in_sight(written: Write) -> None:
    leaving = [written("2021", (-4 * n, 0)) for n in range(20)]
    without_the_first = [written("_021", (-80, 0))] * round((PATIENCE + 2) * RATE)

    assert len(run(leaving + without_the_first)[-1].tracks) == 4
    assert len(run(leaving + without_the_first * round(OUT_OF_SIGHT / PATIENCE))[-1].tracks) == 3
    assert len(run(leaving + without_the_first + [Reading(())] * round((PATIENCE + 1) * RATE))[-1].tracks) == 0


def test_speed_is_in_digit_heights_a_second(written: Write) -> None:
    still, moving = run([written("20")] * 5), run([written("20", (4 * n, 0)) for n in range(5)])

    assert still[-1].speed == 0
    assert moving[-1].speed == pytest.approx(4 * RATE / 40, rel=0.05)
    assert run([written("20", (4 * n, 0)) for n in range(5)] + [Reading(())] * 9)[-1].speed < 0.1


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 2**16), min_size=1, max_size=25))
def test_memory_is_bounded_and_names_are_unique_whatever_comes(seeds: list[int]) -> None:
    tracks = Tracks()
    for number, seed in enumerate(seeds):
        random = np.random.default_rng(seed)
        digits = []
        for _ in range(random.integers(0, 60)):
            box = Box(*random.integers(0, 600, 2).tolist(), *random.integers(1, 60, 2).tolist())
            probabilities = random.dirichlet(np.ones(11)).astype(np.float32)
            image = random.integers(0, 255, (28, 28)).astype(np.uint8)
            digits.append(ReadDigit(Glyph(box, image), Prediction(probabilities, 0.5)))
        tracks = follow(tracks, digits, number / RATE, SIZE)

        assert len(tracks.tracks) <= MOST
        assert len(tracks.by_number) == len(tracks.tracks)
        assert len(tracks.sighted) == len(digits)
        assert len(set(tracks.sighted)) == len(digits)
        assert all(len(track.predictions) <= WINDOW for track in tracks.tracks)
