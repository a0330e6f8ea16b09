"""Pages with known truth: boxes equal the visible ink, nothing touches or leaves the picture, settings are checked."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.records import Box
from train.handwriting.page import VISIBLE, Page, PageSettings, draw_page, keep_inside
from train.handwriting.paper import RULINGS, Camera, Paper, lighting
from train.handwriting.pen import PENS
from train.handwriting.presets import PRESETS

SMALL = PageSettings(size=(640, 360), lines=2, digits=(2, 5))


def boxes_of(page: Page) -> list[Box]:
    return [digit.box for line in page.lines for digit in line.digits]


def hull(boxes: list[Box]) -> tuple[int, int, int, int]:
    return (
        min(b.left for b in boxes),
        min(b.top for b in boxes),
        max(b.right for b in boxes),
        max(b.bottom for b in boxes),
    )


def ink_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    left, top, width, height = cv2.boundingRect((ink >= VISIBLE).astype(np.uint8))
    return left, top, left + width, top + height


def parts_of(ink: np.ndarray, floor: int) -> list[Box]:
    count, _, stats, _ = cv2.connectedComponentsWithStats((ink >= floor).astype(np.uint8))
    return [Box(*map(int, stats[index, :4])) for index in range(1, count)]


def holds(outer: Box, inner: Box, room: int = 0) -> bool:
    return (
        outer.left - room <= inner.left
        and outer.top - room <= inner.top
        and inner.right <= outer.right + room
        and inner.bottom <= outer.bottom + room
    )


def check_truth(page: Page, size: tuple[int, int]) -> None:
    boxes = boxes_of(page)
    assert page.picture.shape == (*size[::-1], 3)
    assert page.ink.shape == size[::-1]
    assert all(b.left >= 0 and b.top >= 0 and b.right <= size[0] and b.bottom <= size[1] for b in boxes)
    assert all(b.width >= 1 and b.height >= 3 for b in boxes)
    assert hull(boxes) == ink_box(page.ink)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_draw(name: str) -> None:
    page = draw_page(PRESETS[name], 4)
    check_truth(page, (1280, 720))
    assert page.picture.dtype == np.uint8
    assert page.text == "\n".join("".join(str(d.digit) for d in line.digits) for line in page.lines)
    assert [len(line.text) for line in page.lines] == [len(line.digits) for line in page.lines]


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"touching"}))
@pytest.mark.parametrize("seed", range(4))
def test_every_box_is_exactly_around_its_own_ink(name: str, seed: int) -> None:
    page = draw_page(replace(PRESETS[name], size=(800, 480)), seed)
    parts = parts_of(page.ink, VISIBLE)
    for box in boxes_of(page):
        own = [part for part in parts if holds(box, part)]
        assert hull(own) == (box.left, box.top, box.right, box.bottom)
    assert all(any(holds(box, part) for box in boxes_of(page)) for part in parts)


@pytest.mark.parametrize("pen", PENS)
@pytest.mark.parametrize("seed", range(5))
def test_digits_do_not_touch(pen: str, seed: int) -> None:
    page = draw_page(replace(SMALL, pen=pen, digits=(4, 6)), seed)
    for part in parts_of(page.ink, 16):
        assert any(holds(box, part, room=4) for box in boxes_of(page)), "a part of the ink spans two digits"


def test_digits_touch_where_a_setting_asks_for_it() -> None:
    pages = [draw_page(PRESETS["touching"], seed) for seed in range(6)]
    spanning = [
        part
        for page in pages
        for part in parts_of(page.ink, VISIBLE)
        if not any(holds(box, part) for box in boxes_of(page))
    ]
    assert len(spanning) > 6


@pytest.mark.parametrize("seed", range(5))
def test_lines_are_in_reading_order(seed: int) -> None:
    page = draw_page(replace(SMALL, lines=3, turn=0, perspective=0), seed)
    centres = [np.mean([d.box.centre[1] for d in line.digits]) for line in page.lines]
    assert centres == sorted(centres)
    for line in page.lines:
        lefts = [d.box.centre[0] for d in line.digits]
        assert lefts == sorted(lefts)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, again, other = (draw_page(SMALL, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.picture, again.picture)
    assert first.lines == again.lines
    assert not np.array_equal(first.picture, other.picture)


def test_text_is_written_whole() -> None:
    page = draw_page(replace(SMALL, text=("0123456789", "42")), 1)
    assert page.text == "0123456789\n42"


@pytest.mark.parametrize("text", [("31415926535897932384",), ("1",) * 9, ("8" * 30,) * 4], ids=["long", "many", "both"])
def test_a_text_that_does_not_fit_is_written_smaller(text: tuple[str, ...]) -> None:
    page = draw_page(replace(SMALL, text=text, height=150), 1)
    assert page.text == "\n".join(text)
    check_truth(page, SMALL.size)


@pytest.mark.parametrize("height", [12, 20, 60, 200, 600])
def test_any_height_of_digits(height: int) -> None:
    side = max(64, 2 * height)
    page = draw_page(PageSettings(size=(side * 2, side), lines=2, height=height), 2)
    check_truth(page, (side * 2, side))
    tall = np.median([box.height for box in boxes_of(page)])
    assert 0.6 * height < tall < 1.35 * height + 3


def test_ink_is_darker_than_paper_and_chalk_lighter_than_the_board() -> None:
    for name, darker in (("plain", True), ("board", False), ("whiteboard", True), ("envelope", True)):
        page = draw_page(PRESETS[name], 1)
        grey = cv2.cvtColor(page.picture, cv2.COLOR_BGR2GRAY)
        assert (grey[page.ink > 200].mean() < grey[page.ink == 0].mean()) == darker, name


def test_ruling_shows() -> None:
    bare, ruled = (
        draw_page(replace(SMALL, paper=Paper(ruling=ruling), camera=Camera(noise=0), turn=0, perspective=0), 1)
        for ruling in ("none", "ruled")
    )
    assert np.array_equal(bare.ink, ruled.ink)
    difference = bare.picture.astype(int) - ruled.picture
    assert (difference.max(axis=(1, 2)) > 8).sum() >= 2


def test_shadow_darkens_a_part() -> None:
    rng = np.random.default_rng(1)
    light = lighting((640, 360), Camera(gradient=0, shadow=0.5), rng)
    assert light.shape == (360, 640)
    assert light.min() == pytest.approx(0.5, abs=0.02)
    assert light.max() == pytest.approx(1, abs=0.02)


def test_noise_blur_and_jpeg_can_be_switched_off() -> None:
    page = draw_page(replace(SMALL, camera=Camera(gradient=0, blur=0, noise=0, jpeg=100)), 1)
    assert page.picture[page.ink == 0].std() < 12


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"size": (8, 100)}, "size"),
        ({"size": (20000, 20000)}, "at most 40,000,000"),
        ({"lines": 0}, "lines"),
        ({"digits": (0, 3)}, "digits"),
        ({"digits": (5, 3)}, "digits"),
        ({"pen": "quill"}, "ballpoint"),
        ({"paper": Paper(ruling="dotted")}, "ruling"),
        ({"text": ("12", "")}, "text"),
        ({"text": ()}, "text"),
        ({"text": ("1a",)}, "text"),
        ({"text": ("١",)}, "text"),
        ({"height": 7}, "height"),
        ({"height": 400}, "height"),
    ],
    ids=str,
)
def test_settings_that_make_no_page(changes: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        replace(SMALL, **changes)


SETTINGS = st.builds(
    PageSettings,
    size=st.tuples(st.integers(40, 500), st.integers(40, 500)),
    lines=st.integers(1, 6),
    digits=st.tuples(st.integers(1, 5), st.integers(5, 12)),
    height=st.none() | st.floats(8, 20),
    pen=st.sampled_from(sorted(PENS)),
    spacing=st.floats(-0.3, 1.5),
    turn=st.floats(0, 20),
    perspective=st.floats(0, 0.08),
    paper=st.builds(Paper, ruling=st.sampled_from(RULINGS), texture=st.floats(0, 0.2)),
    camera=st.builds(
        Camera,
        gradient=st.floats(0, 0.8),
        shadow=st.floats(0, 0.9),
        blur=st.floats(0, 3),
        noise=st.floats(0, 30),
        jpeg=st.integers(1, 100),
    ),
)


@settings(max_examples=60, deadline=None)
@given(page_settings=SETTINGS, seed=st.integers(0, 2**63))
def test_any_settings_draw_a_page_with_true_boxes(page_settings: PageSettings, seed: int) -> None:
    check_truth(draw_page(page_settings, seed), page_settings.size)


@given(
    low=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    sides=st.tuples(st.floats(1, 2000), st.floats(1, 2000)),
)
def test_keep_inside_brings_a_box_into_the_picture(low: tuple[float, float], sides: tuple[float, float]) -> None:
    corners = np.array([low, np.add(low, sides)])
    transform = keep_inside(corners[0], corners[1], (640, 360))
    moved = corners * transform[0, 0] + transform[:2, 2]
    assert moved.min() >= -1e-6
    assert (moved <= np.array([640, 360]) + 1e-6).all()
    if (corners.min() >= 0) and (corners <= np.array([640, 360])).all():
        assert transform == pytest.approx(np.eye(3), abs=1e-9)
