"""What a reading must not depend on: where the writing stands, how large, how lit, which way round, and how turned."""

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.reader import Reader, open_reader
from runtime.records import Frame
from runtime.segment import SETTINGS, find
from runtime.strings import STRING_SETTINGS
from runtime.strings.strip import find_strip
from train.handwriting.page import PageSettings, draw_page

LINES = ("3527", "60481", "9043")
PAPER = 226
TWELVE = (3000, 4000)  # rows and columns of a phone's picture of 12 megapixels


@cache
def reader() -> Reader:
    """The shipped bundle's reader."""
    return open_reader()


@cache
def page() -> Frame:
    """Three lines of digits, with a margin on all sides."""
    clean = PageSettings((800, 600), text=LINES, height=62, spacing=0.45, turn=0, perspective=0)
    return draw_page(clean, 3).picture


def read(frame: Frame) -> tuple[str, ...]:
    """The lines that are read."""
    return tuple(line.text.replace(" ", "") for line in reader().read(frame).lines if line.text)


def on_paper(shape: tuple[int, int], picture: Frame, left: int, top: int) -> Frame:
    """The picture on a larger sheet of paper like its own."""
    sheet = np.full((*shape, 3), np.median(picture, axis=(0, 1)), np.uint8)
    sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def turned(picture: Frame, degrees: float) -> Frame:
    """The picture turned about its middle, its border continued."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def test_the_page_is_read() -> None:
    assert read(page()) == LINES


@given(st.integers(0, 160), st.integers(0, 120))
@settings(deadline=None, max_examples=10)
def test_moving_the_page_moves_the_boxes_and_leaves_the_text(left: int, top: int) -> None:
    here = reader().read(on_paper((720, 960), page(), 80, 60))
    there = reader().read(on_paper((720, 960), page(), left, top))

    assert there.text == here.text
    for before, after in zip(here.digits, there.digits, strict=True):
        moved = before.glyph.box._replace(left=before.glyph.box.left + left - 80, top=before.glyph.box.top + top - 60)
        assert max(abs(a - b) for a, b in zip(moved, after.glyph.box, strict=True)) <= 3


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.3, 2, 3.5], ids=str)
def test_size_does_not_matter(scale: float) -> None:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    assert read(np.asarray(cv2.resize(page(), None, fx=scale, fy=scale, interpolation=method), np.uint8)) == LINES


@pytest.mark.parametrize("degrees", [-12, -5, 5, 12], ids=str)
def test_a_slight_turn_does_not_matter(degrees: float) -> None:
    assert read(turned(page(), degrees)) == LINES


@pytest.mark.parametrize("light", [0.4, 0.7, 1.1], ids=str)
def test_light_does_not_matter(light: float) -> None:
    assert read(np.clip(page() * light, 0, 255).astype(np.uint8)) == LINES


def test_light_ink_reads_as_dark_ink() -> None:
    assert read(255 - page()) == LINES


def test_grey_reads_as_colour() -> None:
    assert read(np.asarray(cv2.cvtColor(page(), cv2.COLOR_BGR2GRAY), np.uint8)) == LINES


@given(st.integers(8, 500), st.integers(8, 500), st.integers(0, 255), st.booleans())
@settings(deadline=None, max_examples=20)
def test_a_blank_page_reads_as_nothing(height: int, width: int, level: int, grey: bool) -> None:
    frame = np.full((height, width) if grey else (height, width, 3), level, np.uint8)
    assert reader().read(frame).lines == ()


THICK_PRINT = pytest.mark.xfail(
    cv2.__version__ < "5",
    reason="OpenCV 4 prints letters apart: among more than twenty of them a 7 with .997 is asked for .998",
    strict=True,
)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("Amount paid by",), id="one line"),
        pytest.param(("Name", "Customer number", "Room"), id="three lines", marks=THICK_PRINT),
    ],
)
def test_printed_words_beside_a_number_leave_it_standing(words: tuple[str, ...]) -> None:
    """Regression: letters anywhere on a form made its digits doubtful, however sure the network was of them."""
    frame = on_paper((900, 1200), page(), 0, 0)
    for row, word in enumerate(words):
        cv2.putText(frame, word, (850, 150 + 180 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (60, 55, 50), 2, cv2.LINE_AA)
    assert read(frame) == LINES


# Twelve megapixels


def large(picture: Frame) -> Frame:
    """The picture as a phone takes it."""
    return np.asarray(cv2.resize(picture, TWELVE[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def small_writing() -> Frame:
    """A large sheet with small writing on it, which is looked at more closely."""
    return on_paper(TWELVE, page(), 1500, 1100)


@pytest.mark.parametrize("writing", ["large", "small"])
def test_a_large_picture_is_worked_on_at_a_bounded_size(writing: str) -> None:
    found = find(large(page()) if writing == "large" else small_writing())

    assert all(max(stages.ink.shape) <= SETTINGS.fine_side for stages in found.sides)
    assert found.factor == pytest.approx(max(TWELVE) / max(found.sides[0].ink.shape), rel=0.01)


def test_a_large_picture_of_one_line_is_cut_at_a_bounded_size() -> None:
    line = PageSettings((300, 90), text=("2075",), height=44, spacing=0.1, turn=0, perspective=0)
    strip = find_strip(large(draw_page(line, 4).picture), STRING_SETTINGS)

    assert strip is not None
    assert strip.ink.shape[0] == STRING_SETTINGS.strip_height


def test_a_large_picture_reads_as_a_small_one() -> None:
    assert read(large(page())) == LINES


def test_a_large_picture_of_nothing_but_noise_is_bounded_too() -> None:
    noise = np.random.default_rng(0).integers(0, 256, TWELVE).astype(np.uint8)
    found = find(noise)
    assert len(found.digits) + len(found.strings) <= 2 * SETTINGS.most_pieces
