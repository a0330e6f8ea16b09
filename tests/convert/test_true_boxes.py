"""A digit with its true box is cut as its own ink says, whatever the light, the polarity and the neighbours."""

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from convert.true_boxes import cut_box, cut_plainly, own_ink
from runtime.preprocess import normalise
from runtime.records import Box
from train.handwriting.dataset import draw_digit, sample_rng

SIZE = (320, 240)  # width, height


def ink_of(digit: int, height: int = 60) -> NDArray[np.uint8]:
    """One drawn digit's ink, 255 on 0."""
    mask: NDArray[np.uint8] = draw_digit(digit, sample_rng(4, digit), height).mask
    rows, columns = np.flatnonzero(mask.max(axis=1) > 32), np.flatnonzero(mask.max(axis=0) > 32)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def page_of(ink: NDArray[np.uint8], left: int, top: int, depth: float = 150) -> tuple[NDArray[np.uint8], Box]:
    """White paper with dark ink on it, and the ink's box."""
    page = np.full(SIZE[::-1], 220.0)
    height, width = ink.shape
    page[top : top + height, left : left + width] -= ink * (depth / 255)
    return page.astype(np.uint8), Box(left, top, width, height)


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """How alike two glyphs are: the best correlation of their grey levels, softened, within a shift of one pixel."""
    still, moving = (cv2.GaussianBlur(glyph, (5, 5), 1.0) for glyph in (first, second))
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(still.ravel(), np.roll(moving, shift, (0, 1)).ravel())[0, 1]) for shift in shifts)


@pytest.mark.parametrize("cut", [cut_box, cut_plainly])
@pytest.mark.parametrize("digit", range(10))
def test_a_clean_digit_is_cut_as_its_ink_would_be(cut: object, digit: int) -> None:
    ink = ink_of(digit)
    page, box = page_of(ink, 100, 80)

    assert callable(cut)
    assert likeness(cut(page, box), normalise(ink)) > 0.95


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda page: 255 - page, id="light on dark"),
        pytest.param(lambda page: page * np.linspace(0.35, 1, SIZE[0]), id="gradient"),
        pytest.param(lambda page: page * 0.3, id="dim"),
        pytest.param(lambda page: 255 - (255 - page) * 0.25, id="faint"),
        pytest.param(lambda page: page * np.interp(np.arange(SIZE[0]), (105, 145), (0.55, 1)), id="shadow's edge"),
        pytest.param(lambda page: page + np.random.default_rng(1).normal(0, 6, page.shape), id="noise"),
        pytest.param(lambda page: np.repeat(page[..., None], 3, axis=2) * (0.8, 0.9, 1.0), id="colour"),
    ],
)
def test_light_and_polarity_do_not_matter(change: object) -> None:
    page, box = page_of(ink_of(5), 100, 80)
    assert callable(change)
    changed = np.clip(change(page.astype(np.float64)), 0, 255).astype(np.uint8)

    assert likeness(cut_box(changed, box), cut_box(page, box)) > 0.93


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 200), st.integers(2, 160), st.integers(0, 9))
def test_the_place_on_the_page_does_not_matter(left: int, top: int, digit: int) -> None:
    ink = ink_of(digit)
    there = cut_box(*page_of(ink, left, top))

    assert likeness(there, cut_box(*page_of(ink, 100, 80))) > 0.97


@pytest.mark.parametrize("height", [14, 30, 90, 150])
def test_the_size_does_not_matter(height: int) -> None:
    ink = ink_of(8, height)

    assert likeness(cut_box(*page_of(ink, 20, 20)), normalise(ink)) > 0.85


def test_a_neighbour_that_reaches_into_the_box_is_left_away() -> None:
    alone, box = page_of(ink_of(6), 100, 80)
    crowded = alone.copy()
    crowded[box.top - 40 : box.bottom + 40, box.right + 3 : box.right + 8] = 60  # a 1 that stands close

    fine, plain = cut_box(crowded, box), cut_plainly(crowded, box)

    assert likeness(fine, cut_box(alone, box)) > 0.97
    assert likeness(plain, cut_plainly(alone, box)) < likeness(fine, cut_box(alone, box))


def test_parts_of_a_broken_digit_stay() -> None:
    page, box = page_of(ink_of(5), 100, 80)
    page[box.top + 24 : box.top + 27] = 220  # a gap through the whole digit

    cut = cut_box(page, box)

    assert (cut[:10].max(), cut[18:].max()) == (255, 255)


def test_ink_of_two_digits_that_touch_is_cut_at_the_margin() -> None:
    mask = np.zeros((60, 120), np.uint8)
    mask[20:40, 20:100] = 1  # as wide as both boxes together
    box = Box(15, 15, 45, 30)

    own = own_ink(mask, box)

    assert own.shape == (30, 45)
    assert int((own > 0).sum()) == 20 * 40


@pytest.mark.parametrize("cut", [cut_box, cut_plainly])
@pytest.mark.parametrize(
    "box",
    [
        pytest.param(Box(100, 80, 40, 60), id="empty paper"),
        pytest.param(Box(310, 230, 40, 60), id="over the corner"),
        pytest.param(Box(400, 300, 40, 60), id="outside"),
        pytest.param(Box(5, 5, 1, 1), id="a pixel"),
    ],
)
def test_a_box_without_ink_gives_an_empty_glyph(cut: object, box: Box) -> None:
    page = np.full(SIZE[::-1], 220, np.uint8)

    assert callable(cut)
    assert not cut(page, box).any()
