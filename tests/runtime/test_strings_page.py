"""Touching digits on pages: which candidates are cut, what comes of it, and that ordinary pages are left alone."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.company import judge_all
from runtime.reader import Reader, open_reader
from runtime.records import Box, Glyph, Prediction, Probabilities, ReadDigit
from runtime.segment import find, find_glyphs
from runtime.strings import STRING_SETTINGS, find_page, may_be_strip, take_apart
from runtime.strings.lattice import build_lattice
from runtime.strings.page import Page as FoundPage
from runtime.strings.page import in_frame
from runtime.strings.suspects import Suspect, cut_suspects, find_suspects, read_suspects
from train.handwriting.page import Page, PageSettings, draw_page
from train.handwriting.presets import PRESETS

SURE, UNSURE = 0.98, 0.4


@cache
def reader() -> Reader:
    """The shipped bundle's reader."""
    return open_reader()


def prediction(confidence: float, threshold: float = 0.6, digit: int = 3) -> Prediction:
    rest = np.full(11, (1 - confidence) / 10, np.float32)
    rest[digit] = confidence
    return Prediction(rest, threshold)


def digit_at(box: Box, confidence: float, threshold: float = 0.6) -> ReadDigit:
    return ReadDigit(Glyph(box, np.zeros((28, 28), np.uint8)), prediction(confidence, threshold))


def rings(count: int, step: int, left: int = 300) -> NDArray[np.uint8]:
    """A page with a sure line of drawn zeros above, and `count` rings below, `step` pixels apart."""
    frame = np.full((480, 640, 3), 225, np.uint8)
    for index in range(5):
        cv2.ellipse(frame, (90 + 90 * index, 120), (17, 24), 0, 0, 360, (40, 40, 40), 5)
    for index in range(count):
        cv2.ellipse(frame, (left + step * index, 300), (17, 24), 0, 0, 360, (40, 40, 40), 5)
    return frame


def touching_page(seed: int, spacing: float) -> Page:
    settings = replace(PRESETS["plain"], size=(640, 480), lines=3, digits=(2, 4), spacing=spacing, turn=1.0)
    return draw_page(settings, seed)


# Candidates


def test_strings_are_found_beside_the_digits() -> None:
    apart, joined = find(rings(4, 60)), find(rings(4, 36))
    assert len(apart.digits) == 9
    assert apart.strings == []
    assert len(joined.digits) == 5
    assert len(joined.strings) == 1
    assert joined.strings[0].box.width > 2.2 * joined.strings[0].box.height


def test_a_box_drawn_around_digits_is_no_string() -> None:
    frame = rings(3, 70, left=200)
    cv2.rectangle(frame, (160, 260), (390, 340), (40, 40, 40), 3)
    assert find(frame).strings == []


def test_the_page_has_the_glyphs_that_are_found_without_it() -> None:
    frame = rings(4, 36)
    page, glyphs = find_page(frame), find_glyphs(frame)
    assert sorted(glyph.box for glyph in page.glyphs) == sorted(glyph.box for glyph in glyphs)
    assert len(page.candidates) == len(glyphs) + 1


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 7), (1, 1), (5, 5, 3)])
def test_a_page_of_nothing_is_empty(shape: tuple[int, ...]) -> None:
    page = find_page(np.zeros(shape, np.uint8))
    assert page.candidates == ()
    assert take_apart(page, [], SURE, reader().answer) == {}


# Suspects

PLAIN = [Box(10 + 60 * index, 10, 30, 40) for index in range(4)]


@pytest.mark.parametrize(
    ("box", "confidence", "suspected"),
    [
        (Box(300, 10, 60, 40), UNSURE, True),
        (Box(300, 10, 60, 40), 0.8, True),
        (Box(300, 10, 60, 40), 0.99, False),
        (Box(300, 10, 28, 40), UNSURE, True),
        (Box(300, 10, 28, 40), 0.8, False),
        (Box(300, 10, 18, 40), UNSURE, False),
        (Box(300, 10, 60, 15), UNSURE, False),
        (Box(300, 10, 160, 110), UNSURE, False),
    ],
    ids=["wide", "wide, fairly sure", "sure", "as wide as one", "one, fairly sure", "narrow", "low", "huge"],
)
def test_what_is_wide_and_unsure_is_suspected(box: Box, confidence: float, suspected: bool) -> None:
    predictions = [prediction(0.99)] * 4 + [prediction(confidence)]
    assert find_suspects([*PLAIN, box], predictions, SURE, STRING_SETTINGS) == ([4] if suspected else [])


def test_strings_without_a_prediction_are_suspected() -> None:
    assert find_suspects([*PLAIN, Box(0, 100, 150, 40)], [prediction(0.99)] * 4, SURE, STRING_SETTINGS) == [4]


def test_nothing_is_suspected_among_letters() -> None:
    letters = [Box(10 + 40 * index, 60, 15, 40) for index in range(9)]
    predictions = [prediction(0.99)] * 4 + [prediction(UNSURE)] * 10
    assert find_suspects([*PLAIN, *letters, Box(300, 10, 60, 40)], predictions, SURE, STRING_SETTINGS) == []


def test_no_more_are_suspected_than_there_is_time_for() -> None:
    many = [Box(0, 50 * index, 60 + index, 40) for index in range(30)]
    found = find_suspects(many, [prediction(UNSURE)] * 30, SURE, STRING_SETTINGS)
    assert found == list(range(29, 29 - STRING_SETTINGS.most_suspects, -1))


def test_no_boxes_no_suspects() -> None:
    assert find_suspects([], [], SURE, STRING_SETTINGS) == []


def test_ink_without_digits_is_not_cut() -> None:
    assert cut_suspects([(3, np.zeros((30, 60), np.uint8))], STRING_SETTINGS) == []


def test_answers_are_handed_out_in_the_order_of_the_suspects() -> None:
    ink = np.zeros((60, 110), np.uint8)
    for middle in (30, 72):
        cv2.ellipse(ink, (middle, 30), (17, 20), 0, 0, 360, 255, 5)
    lattice = build_lattice(ink, STRING_SETTINGS)
    assert lattice is not None
    none = np.zeros((len(lattice.images), 11), np.float32)
    none[:, 10] = 1
    whole = none.copy()
    wide = [i for i, p in enumerate(q for q in lattice.pieces if not q.empty) if 0.7 < p.width < 1.1 and p.height > 0.9]
    whole[wide] = 0
    whole[wide, 0] = 1
    read = dict(read_suspects([Suspect(5, lattice), Suspect(8, lattice)], np.vstack([none, whole]), STRING_SETTINGS))
    assert list(read) == [8]
    assert [digit.prediction.best for digit in read[8]] == [0, 0]


# Pages


def test_touching_rings_are_two_zeros_in_their_places() -> None:
    digits = [digit for digit in reader().read(rings(2, 36)).digits if digit.glyph.box.top > 250]
    assert [digit.prediction.digit for digit in digits] == [0, 0]
    for digit, middle in zip(digits, (300, 336), strict=True):
        assert abs(digit.glyph.box.centre[0] - middle) < 6
        assert abs(digit.glyph.box.centre[1] - 300) < 6


def test_the_network_is_asked_once_for_all_suspects() -> None:
    frame = rings(2, 36)
    cv2.ellipse(frame, (480, 300), (17, 24), 0, 0, 360, (40, 40, 40), 5)
    cv2.ellipse(frame, (516, 300), (17, 24), 0, 0, 360, (40, 40, 40), 5)
    page = find_page(frame)
    calls: list[int] = []

    def answer(images: NDArray[np.uint8]) -> Probabilities:
        calls.append(len(images))
        return reader().answer(images)

    predictions = [prediction(0.99) if c.box.width < c.box.height else prediction(UNSURE) for c in page.candidates]
    assert len(take_apart(page, predictions[: len(page.glyphs)], SURE, answer)) == 2
    assert len(calls) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_page_without_touching_digits_is_not_taken_apart(seed: int) -> None:
    page = find_page(draw_page(PageSettings((640, 480), spacing=0.4), seed).picture)
    predictions = [prediction(0.99)] * len(page.glyphs)
    assert take_apart(page, predictions, SURE, lambda images: pytest.fail(f"asked about {len(images)}")) == {}


@pytest.mark.slow
def test_more_touching_digits_are_read_than_without_cutting() -> None:
    pages = [touching_page(seed, spacing) for seed, spacing in enumerate((-0.03, -0.06, -0.1, -0.05))]
    right = 0
    for page in pages:
        lines = [line.text.replace(" ", "") for line in reader().read(page.picture).lines]
        right += sum(line.text in lines for line in page.lines)
    assert right >= 0.4 * sum(len(page.lines) for page in pages)


def blank_page(height: int) -> FoundPage:
    """A page of a frame so high, without candidates."""
    return FoundPage((), (), 1.0, (height, 640))


@pytest.mark.parametrize(
    ("height", "frame", "may"), [(40, 480, False), (40, 90, True), (40, 160, True), (39, 160, False)]
)
def test_small_sure_digits_are_a_page_and_no_strip(height: int, frame: int, may: bool) -> None:
    page = blank_page(frame)
    digits = [digit_at(Box(40 * index, 5, 20, height), 0.99) for index in range(4)]
    assert may_be_strip(page, digits, SURE) == may
    assert may_be_strip(page, digits[: STRING_SETTINGS.strip_witnesses - 1], SURE)
    assert may_be_strip(page, [replace(d, prediction=prediction(UNSURE)) for d in digits], SURE)


@pytest.mark.parametrize(("drop", "may"), [(0, True), (10, True), (60, False)])
def test_sure_digits_on_several_lines_are_a_page(drop: int, may: bool) -> None:
    digits = [digit_at(Box(30 * index, 5 + drop * (index % 2), 20, 40), 0.99) for index in range(4)]
    assert may_be_strip(blank_page(120), digits, SURE) == may


def test_a_single_sure_digit_is_no_strip_unless_something_stands_beside_it() -> None:
    picture = np.full((120, 160), 220, np.uint8)
    cv2.line(picture, (60, 20), (60, 100), 30, 6)
    alone = find_page(picture)
    cv2.line(picture, (110, 20), (110, 100), 30, 6)
    digits = [digit_at(alone.candidates[0].box, 0.99)]

    assert len(alone.candidates) == 1
    assert not may_be_strip(alone, digits, SURE)
    assert may_be_strip(find_page(picture), digits, SURE)
    assert may_be_strip(alone, [digit_at(alone.candidates[0].box, UNSURE)], SURE)
    assert may_be_strip(replace(alone, shape=(120, 320)), digits, SURE)  # with room for more


def test_boxes_stay_inside_the_frame() -> None:
    digit = digit_at(Box(-3, 4, 30, 50), 0.9)
    assert in_frame(digit, 2.0, (90, 50, 3)).glyph.box == Box(0, 8, 50, 82)


# Company


def test_touching_digits_are_sure_company_and_are_judged_like_others() -> None:
    alone = [digit_at(box, 0.99) for box in PLAIN]
    touching = [digit_at(Box(250 + 30 * index, 10, 30, 40), 0.5, threshold=0.25) for index in range(2)]
    judged = judge_all(alone, touching, SURE)
    assert [digit.prediction.digit for digit in judged] == [3] * 6
    assert judged[0].prediction.threshold == alone[0].prediction.threshold
    letters = [digit_at(Box(20 * index, 10, 20, 40), UNSURE) for index in range(12)]
    among = judge_all(letters, touching, SURE)[-2:]
    assert all(digit.prediction.digit is None for digit in among)
    assert all(digit.prediction.confidence == pytest.approx(0.5) for digit in among)
    assert judge_all([], [], SURE) == []
