"""The picture that people look at: the annotated frame and the strip under it."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.loop import Moment
from camera_demo.overlay import BRIGHT, CERTAIN, DOUBTFUL, GROUND, compose, state, strip, strip_height
from camera_demo.reasons import Reason
from camera_demo.shot import Shot
from runtime.annotate import annotate, label_text, per_cent
from runtime.records import Box, Frame, Glyph, Line, Prediction, ReadDigit, Reading


def glyph_image(seed: int) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (28, 28)).astype(np.uint8)


def read_digit(number: int, confidence: float, box: Box, seed: int = 0) -> ReadDigit:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[number] = confidence
    return ReadDigit(Glyph(box, glyph_image(seed)), Prediction(probabilities, 0.5))


def moment(frame: Frame, lines: list[list[float]], *, stable: bool = False, reason: Reason | None = None) -> Moment:
    """A moment whose lines have digits of these confidences."""
    read = [
        Line(tuple(read_digit(7, confidence, Box(2 + 9 * n, 3, 7, 9), n) for n, confidence in enumerate(line)))
        for line in lines
    ]
    shot = Shot(frame, 0, 0.0, time.time(), time.monotonic())
    return Moment(shot, Reading(tuple(read)), stable, reason, 29.7)


def has_colour(picture: Frame, colour: tuple[int, int, int]) -> bool:
    return bool((picture == np.array(colour, np.uint8)).all(axis=2).any())


SHEET = np.full((480, 640, 3), 200, np.uint8)


def test_the_frame_stands_annotated_above_the_strip() -> None:
    seen = moment(SHEET, [[0.99, 0.9]])

    picture = compose(seen)

    assert picture.shape == (480 + 80, 640, 3)
    assert np.array_equal(picture[:480], annotate(SHEET, seen.reading))
    assert np.array_equal(picture[480:], strip(seen, 640, 80))
    assert (SHEET == 200).all()


def test_a_grey_frame_gives_a_colour_picture() -> None:
    assert compose(moment(SHEET[:, :, 0], [[0.99]])).shape == (560, 640, 3)


def test_the_strip_shows_each_glyph_as_the_network_saw_it() -> None:
    height = 5 * 28 // 3 + 20  # makes tiles of about 28 pixels
    seen = moment(SHEET, [[0.99, 0.9, 0.8]])

    field = strip(seen, 640, height)

    side = height - 2 * (height // 5)
    for digit in seen.reading.digits:
        tile = cv2.resize(digit.glyph.image, (side, side), interpolation=cv2.INTER_NEAREST)
        found = cv2.matchTemplate(field[:, :, 0], tile, cv2.TM_SQDIFF)
        assert float(found.min()) < 100  # of millions; the sums are in float32


@pytest.mark.parametrize(
    ("confidences", "certain", "doubtful"),
    [([0.99], True, False), ([0.3], False, True), ([0.99, 0.3], True, True), ([], False, False)],
    ids=["sure", "unsure", "both", "nothing"],
)
def test_digits_are_coloured_by_what_the_reader_stands_by(
    confidences: list[float], certain: bool, doubtful: bool
) -> None:
    field = strip(moment(SHEET, [confidences] if confidences else []), 1280, 160)

    assert (has_colour(field, CERTAIN), has_colour(field, DOUBTFUL)) == (certain, doubtful)


def test_more_glyphs_than_fit_leave_the_strip_its_size() -> None:
    crowded = strip(moment(SHEET, [[0.9] * 30] * 5), 320, 48)

    assert crowded.shape == (48, 320, 3)


@pytest.mark.parametrize(("digits", "cut"), [(4, False), (30, True)], ids=["all there", "too many"])
def test_a_line_that_is_cut_off_ends_with_dots(digits: int, cut: bool) -> None:
    field = strip(moment(SHEET, [[0.9] * digits]), 640, 80)

    assert has_colour(field[:, -32:], BRIGHT) == cut


def test_no_network_is_quite_certain() -> None:
    assert [per_cent(confidence) for confidence in (0.0, 0.5, 0.949, 0.999, 1.0)] == [0, 50, 95, 99, 99]
    assert label_text(read_digit(7, 1.0, Box(0, 0, 9, 9))) == "7 99%"


def test_lines_stand_apart() -> None:
    together = strip(moment(SHEET, [[0.99, 0.99]]), 640, 80)
    apart = strip(moment(SHEET, [[0.99], [0.99]]), 640, 80)

    def right_end(field: Frame) -> int:
        return int(np.flatnonzero((field[10:40] != np.array(GROUND, np.uint8)).any(axis=(0, 2))).max())

    assert right_end(apart) > right_end(together)


@pytest.mark.parametrize(
    ("stable", "reason", "expected"),
    [(True, None, "stable"), (False, None, "reading"), (False, Reason.BLACK, "black frame")],
    ids=["stable", "not yet", "black"],
)
def test_state(stable: bool, reason: Reason | None, expected: str) -> None:
    assert state(moment(SHEET, [], stable=stable, reason=reason)) == expected


@pytest.mark.parametrize(("frame_height", "expected"), [(1, 48), (240, 48), (480, 80), (720, 120), (1080, 180)])
def test_the_strip_grows_with_the_frame(frame_height: int, expected: int) -> None:
    assert strip_height(frame_height) == expected


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 400),
    height=st.integers(1, 300),
    lines=st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=12), max_size=3),
)
def test_any_frame_and_reading_can_be_drawn(width: int, height: int, lines: list[list[float]]) -> None:
    picture = compose(moment(np.zeros((height, width, 3), np.uint8), lines))

    assert picture.shape == (height + strip_height(height), width, 3)
    assert picture.dtype == np.uint8
