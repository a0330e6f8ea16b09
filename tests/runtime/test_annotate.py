"""A reading drawn over its frame: a copy, with boxes and labels that never leave it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.annotate import FONT_HEIGHT, annotate, confidence_colour, label_box, label_text
from runtime.records import Box, Glyph, Line, Prediction, ReadDigit, Reading


def read_digit(box: Box, confidence: float = 0.9, digit: int = 4, threshold: float = 0.5) -> ReadDigit:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[digit] = confidence
    return ReadDigit(Glyph(box, np.zeros((28, 28), np.uint8)), Prediction(probabilities, threshold))


def reading_of(*digits: ReadDigit) -> Reading:
    return Reading((Line(digits),)) if digits else Reading(())


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1)), max_size=5),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_any_frame_gives_a_colour_copy_of_its_size(
    sides: tuple[int, int], places: list[tuple[float, float, float]], grey: bool
) -> None:
    height, width = sides
    frame = np.full(sides if grey else (*sides, 3), 200, np.uint8)
    boxes = [Box(int(x * (width - 1)), int(y * (height - 1)), 1, 1) for x, y, _ in places]
    digits = [read_digit(box, confidence) for box, (_, _, confidence) in zip(boxes, places, strict=True)]

    drawn = annotate(frame, reading_of(*digits))

    assert drawn.shape == (height, width, 3)
    assert drawn.dtype == np.uint8
    assert (frame == 200).all()
    assert bool(digits) == bool((drawn != 200).any()) or min(sides) < 3


@pytest.mark.parametrize(
    "box",
    [Box(0, 0, 20, 30), Box(280, 0, 20, 30), Box(0, 170, 20, 30), Box(280, 170, 20, 30), Box(0, 0, 300, 200)],
    ids=["top left", "top right", "bottom left", "bottom right", "whole frame"],
)
def test_labels_stay_in_the_frame(box: Box) -> None:
    place, scale = label_box("4 90%", box, (200, 300))

    assert place.left >= 0
    assert place.top >= 0
    assert place.right <= 300
    assert place.bottom <= 200
    assert scale > 0


def test_letters_grow_with_the_frame() -> None:
    small, large = (label_box("4 90%", Box(50, 50, 9, 9), shape) for shape in ((480, 640), (3000, 4000)))

    assert large[1] > 4 * small[1]
    assert large[0].height > 4 * small[0].height


def test_labels_are_as_narrow_as_their_boxes_but_readable() -> None:
    """Regression: labels of digits that stand close covered each other."""
    shape = (540, 960, 3)
    wide, narrow, tiny = (label_box("7 100%", Box(100, 100, width, 80), shape) for width in (200, 76, 4))

    assert narrow[0].width <= 76 + 4  # the padding of the label's ground
    assert tiny[1] < narrow[1] < wide[1]
    assert tiny[1] * FONT_HEIGHT >= 8


def test_a_published_digit_is_named_and_coloured() -> None:
    digit = read_digit(Box(40, 60, 30, 40), 0.93)
    drawn = annotate(np.full((200, 300, 3), 255, np.uint8), reading_of(digit))

    assert label_text(digit) == "4 93%"
    assert tuple(drawn[99, 50].tolist()) == confidence_colour(digit.prediction.confidence)


def test_an_unsure_glyph_is_grey_and_has_no_digit() -> None:
    digit = read_digit(Box(40, 60, 30, 40), 0.3)
    drawn = annotate(np.full((200, 300, 3), 255, np.uint8), reading_of(digit))

    assert label_text(digit) == "?"
    assert len(set(drawn[99, 50].tolist())) == 1


def test_colours_run_from_red_over_amber_to_green() -> None:
    low, middle, high = (confidence_colour(confidence) for confidence in (0.4, 0.75, 1.0))

    assert low[2] > 2 * low[1]
    assert high[1] > 2 * high[2]
    assert min(middle[1], middle[2]) > 2 * middle[0]
    assert all(0 <= channel <= 255 for colour in (low, middle, high) for channel in colour)


def test_nothing_read_leaves_the_picture_as_it_is() -> None:
    frame = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)

    assert np.array_equal(annotate(frame, Reading(())), frame)


def test_an_empty_frame_is_returned_empty() -> None:
    assert annotate(np.zeros((0, 0, 3), np.uint8), Reading(())).size == 0
