"""Explanations: every piece of ink has a fate, every digit left out a reason, and the sheet shows all stages."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.explain import Explanation, draw_sheet, explain
from runtime.explain.canvas import MARGIN, PAPER, Note, below, beside, fitted, in_colour, panel, widened, write
from runtime.explain.digit_panels import cutting_panel, glyphs_panel
from runtime.explain.ink_panels import COLOURS, NAMES, RULED, ink_panel, pieces_panel
from runtime.explain.pieces import TOO_WIDE, Piece, find_fates, scaled
from runtime.explain.reasons import reason_for
from runtime.reader import Reader, open_reader
from runtime.records import Box, Frame, Prediction
from runtime.segment import find
from train.handwriting.page import PageSettings, draw_page
from train.handwriting.presets import PRESETS

PLAIN = PageSettings((480, 320), text=("3527", "604"), height=55, turn=0, perspective=0)
SHEET_WIDTHS = range(1400, 1800)


@cache
def reader() -> Reader:
    """The shipped bundle's reader."""
    return open_reader()


@cache
def page(name: str) -> Frame:
    """A drawn page; `letters` has print below the digits, `rings` zeros that touch, `strip` fills the frame."""
    if name == "rings":
        frame = np.full((320, 480, 3), 225, np.uint8)
        for index, left in enumerate((70, 150, 230, 310, 300, 336)):
            cv2.ellipse(frame, (left, 90 if index < 4 else 220), (17, 24), 0, 0, 360, (40, 40, 40), 5)
        return frame
    if name == "strip":
        return draw_page(replace(PLAIN, size=(240, 80), text=("604",), height=38), 4).picture
    if name == "squared":
        return draw_page(replace(PRESETS["squared"], size=(640, 400), lines=2), 3).picture
    frame = draw_page(PLAIN, 1).picture.copy()
    if name == "letters":
        cv2.putText(frame, "Amount paid by", (40, 300), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (50, 50, 50), 3, cv2.LINE_AA)
    return frame


@cache
def explained(name: str) -> Explanation:
    return explain(reader(), page(name))


NAMED = ("plain", "letters", "rings", "strip", "squared")


# Fates


def test_what_is_part_of_a_published_digit_of_a_strip_is_not_called_dropped() -> None:
    frame = draw_page(replace(PLAIN, size=(240, 80), text=("5555",), height=38), 3).picture.copy()
    frame[45:48] = np.median(frame, axis=(0, 1))  # breaks the digits

    explanation = explain(reader(), frame)

    assert any(cutting.box is None and explanation.is_used(cutting) for cutting in explanation.cuttings)
    assert explanation.reading.text == "5555"
    boxes = [digit.glyph.box for digit in explanation.reading.digits]
    middles = [piece.box.centre for piece in explanation.dropped]
    assert not [(x, y) for x, y in middles for b in boxes if b.left <= x <= b.right and b.top <= y <= b.bottom]


# Reasons


def prediction(probabilities: list[float], threshold: float) -> Prediction:
    return Prediction(np.array(probabilities, np.float32) / sum(probabilities), threshold)


@pytest.mark.parametrize(
    ("sure", "no_digit", "threshold", "words"),
    [
        (0.9, 0.0, 0.6, None),
        (0.3, 0.6, 0.2, "the network takes it for no digit (0.600)"),
        (0.4, 0.1, 0.6, "the network is not sure: 7 with 0.400, and 0.600 is asked"),
        (0.8, 0.1, 0.9, "doubtful company: 7 with 0.800, and 0.900 is asked among so much that is no digit"),
        (0.8, 0.1, 1.0, "doubtful surroundings: 7 with 0.800, and no confidence is enough there"),
        (0.4, 0.1, 0.5, "the network is not sure: 7 with 0.400, and 0.500 is asked"),
    ],
    ids=["published", "no digit", "unsure", "company", "never", "a digit of a string"],
)
def test_what_is_not_published_has_a_reason(sure: float, no_digit: float, threshold: float, words: str | None) -> None:
    rest = (1 - sure - no_digit) / 9
    probabilities = [sure if digit == 7 else rest for digit in range(10)] + [no_digit]

    assert reason_for(prediction(probabilities, threshold), asked=0.6) == words


@given(st.lists(st.floats(0.001, 1), min_size=10, max_size=11), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_published_or_with_a_reason(probabilities: list[float], threshold: float, asked: float) -> None:
    said = prediction(probabilities, threshold)

    assert (said.digit is None) == (reason_for(said, asked) is not None)


# Pieces


@pytest.mark.parametrize("name", NAMED)
def test_kept_pieces_are_the_candidates_that_the_reader_sees(name: str) -> None:
    found = find(page(name))

    fates = find_fates(found)

    kept = [piece.box for piece in fates if piece.stage == "kept"]
    wide = [piece.box for piece in fates if piece.reason == TOO_WIDE]
    assert sorted(kept) == sorted(scaled(candidate.box, found.factor) for candidate in found.digits)
    assert sorted(wide) == sorted(scaled(candidate.box, found.factor) for candidate in found.strings)
    assert len(fates) == sum(len(stages.dropped) + len(stages.candidates) for stages in found.sides)


@pytest.mark.parametrize("name", NAMED)
def test_every_piece_dropped_has_a_reason(name: str) -> None:
    pieces = explained(name).pieces

    assert all((piece.stage == "kept") == (piece.reason is None) for piece in pieces)
    assert set(explained(name).dropped) == {piece for piece in pieces if piece.stage != "kept"}


def test_a_nothing_has_no_pieces() -> None:
    assert find_fates(find(np.full((200, 300), 128, np.uint8))) == []
    assert find_fates(find(np.zeros((0, 0), np.uint8))) == []


def test_what_is_far_smaller_than_the_writing_is_dropped_by_its_company() -> None:
    frame = page("plain").copy()
    for left in range(200, 440, 60):
        cv2.ellipse(frame, (left, 300), (4, 6), 0, 0, 360, (50, 50, 50), 2)

    dropped = [piece for piece in find_fates(find(frame)) if piece.stage == "company"]

    assert sum("far smaller" in str(piece.reason) for piece in dropped) >= 3
    assert all(piece.box.top > 280 for piece in dropped)


@given(st.integers(0, 900), st.integers(0, 900), st.integers(1, 90), st.integers(1, 90), st.floats(0.2, 6))
def test_boxes_grow_with_the_factor(left: int, top: int, width: int, height: int, factor: float) -> None:
    box = scaled(Box(left, top, width, height), factor)

    assert box.width >= 1
    assert box.height >= 1
    assert abs(box.left - left * factor) <= 0.5
    assert scaled(box, 1.0) == box


# Explanations


@pytest.mark.parametrize("name", NAMED)
def test_the_reading_is_that_of_the_reader(name: str) -> None:
    assert explained(name).reading.text == reader().read(page(name)).text


def test_every_glyph_without_a_digit_has_a_reason() -> None:
    explanation = explained("letters")
    reasons = {id(digit): explanation.reason(digit) for digit in explanation.reading.digits}

    assert any(reasons.values())
    for digit in explanation.reading.digits:
        assert (digit.prediction.digit is None) == (reasons[id(digit)] is not None)


def test_touching_digits_are_shown_with_their_cuts() -> None:
    explanation = explained("rings")

    (cutting,) = [cutting for cutting in explanation.cuttings if cutting.stands]

    assert explanation.is_used(cutting)
    assert [choice.digit for choice in cutting.choices] == [0, 0]
    assert cutting.box in [piece.box for piece in explanation.pieces if piece.stage == "kept"]
    assert explanation.reading.text == "0000\n00"


def test_a_frame_that_one_line_fills_is_shown_as_one_line() -> None:
    strips = [cutting for cutting in explained("strip").cuttings if cutting.box is None]

    assert len(strips) == 1
    assert "".join(str(choice.digit) for choice in strips[0].choices) == "604"


def test_lines_that_are_refused_are_not_used() -> None:
    for name in NAMED:
        for cutting in explained(name).cuttings:
            assert cutting.stands or not explained(name).is_used(cutting)


def test_squared_paper_has_ink_that_is_taken_out() -> None:
    dark = explained("squared").sides[0]

    assert np.count_nonzero(dark.plain) < np.count_nonzero(dark.ink)
    assert not (dark.plain & ~dark.ink).any()


# Sheets


@pytest.mark.parametrize("name", NAMED)
def test_a_sheet_is_a_colour_picture_of_its_own_width(name: str) -> None:
    before = page(name).copy()

    sheet = draw_sheet(explained(name))

    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    assert sheet.shape[1] in SHEET_WIDTHS
    assert np.array_equal(page(name), before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 3), (60, 80, 3)], ids=["pixel", "row", "column", "blank"])
def test_odd_frames_have_sheets(shape: tuple[int, ...]) -> None:
    sheet = draw_sheet(explain(reader(), np.full(shape, 128, np.uint8)))

    assert sheet.shape[1] in SHEET_WIDTHS


def test_removed_lines_are_red_and_plain_paper_has_none() -> None:
    def red(name: str) -> int:
        picture = ink_panel("dark ink", explained(name).sides[0], (900, 900))
        return int((np.abs(picture.astype(int) - RULED).max(axis=2) < 20).sum())

    assert red("squared") > 500
    assert red("plain") == 0


def test_boxes_tell_by_their_colour_what_became_of_a_piece() -> None:
    pieces = [Piece(Box(20 + 60 * index, 20, 40, 50), stage, None) for index, stage in enumerate(COLOURS)]

    picture = pieces_panel(np.full((100, 400, 3), 255, np.uint8), pieces, (400, 100))

    for piece in pieces:
        corner = picture[MARGIN + 34 + piece.box.top, MARGIN + piece.box.left].tolist()
        assert tuple(corner) == COLOURS[piece.stage]
    assert set(COLOURS) == set(NAMES)


def test_the_legend_grows_with_the_reasons() -> None:
    frame = np.full((100, 200), 255, np.uint8)
    few = [Piece(Box(5, 5, 9, 9), "kept", None)] * 3
    many = [*few, Piece(Box(50, 5, 9, 9), "shape", "too low"), Piece(Box(70, 5, 9, 9), "shape", "too wide")]

    first, second = (pieces_panel(frame, pieces, (200, 100)).shape[0] for pieces in (few, many))

    assert second > first


def test_cuts_and_glyphs_fit_into_the_width() -> None:
    explanation = explained("rings")
    for width in (300, 900):
        pictures = [cutting_panel(cutting, width, used=True) for cutting in explanation.cuttings]
        assert all(picture.shape[1] == width + 2 * MARGIN for picture in pictures)
        assert glyphs_panel(explanation, width).shape[1] == width + 2 * MARGIN


def test_glyphs_that_are_left_out_are_explained_below_the_others() -> None:
    plain, letters = (glyphs_panel(explained(name), 900).shape[0] for name in ("plain", "letters"))

    assert letters > plain + 50


# Canvas


def test_notes_stand_below_a_picture_and_leave_it_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)

    bare, noted = panel("title", picture), panel("title", picture, [Note("one"), Note("two")])

    assert noted.shape[0] > bare.shape[0]
    top = bare.shape[0] - MARGIN - 60
    assert np.array_equal(noted[top : top + 60, MARGIN : MARGIN + 90], picture)


def test_panels_of_any_size_are_set_side_by_side_and_below_each_other() -> None:
    small, large = np.zeros((10, 20, 3), np.uint8), np.zeros((30, 5, 3), np.uint8)

    assert beside([small, large]).shape == (30, 25, 3)
    assert below([small, large]).shape == (40, 20, 3)
    assert tuple(beside([small, large])[29, 0]) == PAPER
    assert widened(small, 50).shape == (10, 50, 3)
    assert widened(small, 5).shape == (10, 20, 3)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200), st.integers(1, 200))
@settings(deadline=None)
def test_fitted_pictures_stay_within_their_room(height: int, width: int, across: int, down: int) -> None:
    picture = fitted(np.zeros((height, width), np.uint8), across, down)

    assert 1 <= picture.shape[1] <= across
    assert 1 <= picture.shape[0] <= down


def test_text_in_any_script_is_written() -> None:
    canvas = np.full((40, 200, 3), 255, np.uint8)

    write(canvas, "640×480 – ½ 字", (2, 30))

    assert (canvas < 255).any()


def test_grey_becomes_colour_and_colour_is_copied() -> None:
    grey, colour = np.full((3, 4), 7, np.uint8), np.full((3, 4, 3), 7, np.uint8)

    assert np.array_equal(in_colour(grey), colour)
    assert in_colour(colour) is not colour
