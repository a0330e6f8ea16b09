"""Finding digits in a frame: laws that hold for any frame, pages with known truth, and what is no digit."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.layout import group_lines
from runtime.records import Box, Frame
from runtime.segment import SETTINGS, find_glyphs
from train.handwriting.page import Page, PageSettings, draw_page
from train.handwriting.presets import PRESETS

CLEAN = PageSettings((640, 480), text=("3527", "60481"), height=60, spacing=0.45, turn=0, perspective=0)
KINDS = ("noise", "flat", "ramp", "blots", "lines")


def frame_of(kind: str, shape: tuple[int, ...], seed: int) -> Frame:
    """A frame of a kind that no camera person would like."""
    rng = np.random.default_rng(seed)
    frame = np.full(shape, rng.integers(256), np.uint8)
    if kind == "noise":
        return rng.integers(0, 256, shape).astype(np.uint8)
    if kind == "ramp":
        ramp = np.linspace(0, 255, shape[1]).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(ramp.reshape(1, -1, *[1] * (len(shape) - 2)), shape))
    for _ in range(8 if kind in ("blots", "lines") else 0):
        x, y, u, v = (int(rng.integers(side)) for side in (shape[1], shape[0], shape[1], shape[0]))
        colour = [int(rng.integers(256))] * 3
        if kind == "blots":
            cv2.circle(frame, (x, y), int(rng.integers(1, 20)), colour, cv2.FILLED)
        else:
            cv2.line(frame, (x, y), (u, v), colour, int(rng.integers(1, 6)))
    return frame


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    shared = max(width, 0) * max(height, 0)
    return shared / (first.area + second.area - shared)


def truth(page: Page) -> list[Box]:
    return [written.box for line in page.lines for written in line.digits]


def found(frame: Frame) -> list[Box]:
    return [glyph.box for glyph in find_glyphs(frame)]


def recall(expected: list[Box], boxes: list[Box], least: float = 0.6) -> float:
    hits = sum(any(overlap(box, other) >= least for other in boxes) for box in expected)
    return hits / len(expected)


def ruled(shape: tuple[int, int] = (480, 640), pitch: int = 40) -> Frame:
    frame = np.full(shape, 225, np.uint8)
    frame[pitch::pitch] = 150
    return frame


# Laws


@given(
    st.sampled_from(KINDS),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_any_frame_gives_glyphs_inside_it(kind: str, sides: tuple[int, int], grey: bool, seed: int) -> None:
    frame = frame_of(kind, sides if grey else (*sides, 3), seed)
    before = frame.copy()

    for glyph in find_glyphs(frame):
        assert glyph.box.left >= 0
        assert glyph.box.top >= 0
        assert 0 < glyph.box.right <= sides[1]
        assert 0 < glyph.box.bottom <= sides[0]
        assert glyph.image.any()
    assert np.array_equal(frame, before)


@pytest.mark.parametrize(
    "shape",
    [(0, 0), (0, 9, 3), (9, 0), (1, 1), (1, 1, 3), (1, 700), (700, 1), (2, 2, 3), (20_000, 9), (9, 20_000, 3)],
    ids=lambda shape: "x".join(map(str, shape)),
)
@pytest.mark.parametrize("kind", ["noise", "flat"])
def test_frames_of_odd_sizes(shape: tuple[int, ...], kind: str) -> None:
    frame = frame_of(kind, shape, 1) if all(shape) else np.zeros(shape, np.uint8)

    assert len(find_glyphs(frame)) < 50


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((9, 9), np.float32),
        np.zeros((9, 9, 4), np.uint8),
        np.zeros((9, 9, 1), np.uint8),
        np.zeros(9, np.uint8),
    ],
    ids=["float", "alpha", "one channel", "row"],
)
def test_other_arrays_are_refused(frame: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        find_glyphs(frame)  # type: ignore[arg-type]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
@settings(max_examples=15, deadline=None)
def test_moving_the_page_moves_the_boxes(right: int, down: int, seed: int) -> None:
    page = draw_page(CLEAN, seed)
    moved = cv2.copyMakeBorder(page.picture, down, 60 - down, right, 60 - right, cv2.BORDER_REPLICATE)

    here = found(page.picture)
    there = [Box(box.left - right, box.top - down, box.width, box.height) for box in found(moved)]

    assert len(here) == len(there)
    assert recall(here, there, 0.8) == 1


@given(st.integers(0, 40))
@settings(max_examples=15, deadline=None)
def test_light_on_dark_is_found_as_dark_on_light(seed: int) -> None:
    page = draw_page(CLEAN, seed)
    dark, light = found(page.picture), found(255 - page.picture)

    assert len(dark) == len(light) == 9
    assert recall(dark, light, 0.75) == 1


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5, 2, 4], ids=str)
def test_scaling_the_page_scales_the_boxes(scale: float) -> None:
    page = draw_page(CLEAN, 3)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(page.picture, None, fx=scale, fy=scale, interpolation=method)

    boxes = [Box(*(round(side / scale) for side in box)) for box in found(np.asarray(scaled, np.uint8))]

    assert len(boxes) == 9
    assert recall(truth(page), boxes) == 1


@pytest.mark.parametrize("light", [0.3, 0.5, 1.2], ids=str)
def test_light_does_not_matter(light: float) -> None:
    page = draw_page(CLEAN, 4)
    frame = np.clip(page.picture * light, 0, 255).astype(np.uint8)

    assert recall(truth(page), found(frame)) == 1


def test_grey_and_colour_give_the_same_glyphs() -> None:
    grey = cv2.cvtColor(draw_page(CLEAN, 5).picture, cv2.COLOR_BGR2GRAY)

    for first, second in zip(
        find_glyphs(np.asarray(grey, np.uint8)), find_glyphs(np.stack([grey] * 3, axis=2)), strict=True
    ):
        assert first.box == second.box
        assert np.array_equal(first.image, second.image)


# Pages


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "touching"])
def test_pages_of_every_kind_are_found_and_nothing_else(preset: str) -> None:
    expected, boxes, hits = 0, 0, 0.0
    for seed in range(40, 44):
        page = draw_page(PRESETS[preset], seed)
        here = found(page.picture)
        expected += len(truth(page))
        boxes += len(here)
        hits += recall(truth(page), here) * len(truth(page))

    assert hits / expected >= 0.97
    assert boxes - hits <= 0.05 * expected


@pytest.mark.parametrize("preset", ["plain", "ruled", "board"])
@pytest.mark.parametrize("seed", [50, 51])
def test_lines_of_a_page_come_in_reading_order(preset: str, seed: int) -> None:
    page = draw_page(PRESETS[preset], seed)

    lines = group_lines(find_glyphs(page.picture))

    assert [len(line) for line in lines] == [len(line.digits) for line in page.lines]
    for line, written in zip(lines, page.lines, strict=True):
        assert all(overlap(glyph.box, w.box) > 0.5 for glyph, w in zip(line, written.digits, strict=True))


@pytest.mark.parametrize(
    ("size", "height"), [((640, 480), 14), ((1280, 720), 14), ((640, 480), 200), ((1600, 1200), 500)], ids=str
)
def test_small_and_large_writing(size: tuple[int, int], height: int) -> None:
    page = draw_page(PageSettings(size, text=("35",), height=height, turn=0, perspective=0), 6)

    assert recall(truth(page), found(page.picture)) == 1


def test_digits_at_the_border_are_found() -> None:
    page = draw_page(CLEAN, 7)
    boxes = truth(page)
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)

    frame = np.ascontiguousarray(page.picture[top:, left:])

    moved = [Box(box.left - left, box.top - top, box.width, box.height) for box in boxes]
    assert recall(moved, found(frame)) == 1


def test_a_sheet_on_a_dark_table_is_read_and_the_table_is_not() -> None:
    page = draw_page(CLEAN, 8)
    frame = cv2.copyMakeBorder(page.picture, 100, 100, 150, 150, cv2.BORDER_CONSTANT, value=(30, 40, 60))

    boxes = found(np.asarray(frame, np.uint8))

    moved = [Box(box.left + 150, box.top + 100, box.width, box.height) for box in truth(page)]
    assert recall(moved, boxes) == 1
    assert len(boxes) <= len(moved) + 1


def test_a_faint_digit_beside_bold_ones_keeps_its_stroke() -> None:
    page = draw_page(CLEAN, 9)
    faint = truth(page)[2]
    frame = page.picture.astype(np.float32)
    area = frame[faint.top - 2 : faint.bottom + 2, faint.left - 2 : faint.right + 2]
    area += (area.max() - area) * 0.65

    assert recall([faint], found(frame.astype(np.uint8))) == 1


def test_the_flag_of_a_five_belongs_to_its_body() -> None:
    frame = np.full((200, 300), 230, np.uint8)
    cv2.ellipse(frame, (150, 120), (24, 26), 0, -110, 150, 30, 5)
    cv2.line(frame, (138, 70), (136, 98), 30, 5)
    cv2.line(frame, (148, 64), (176, 62), 30, 5)

    assert len(find_glyphs(frame)) == 1


def test_a_digit_in_a_drawn_box_is_found_without_the_box() -> None:
    frame = np.full((300, 400), 230, np.uint8)
    cv2.rectangle(frame, (100, 60), (200, 220), 60, 3)
    cv2.putText(frame, "5", (120, 180), cv2.FONT_HERSHEY_SIMPLEX, 3, 40, 6)

    (box,) = found(frame)

    assert box.left > 104
    assert box.bottom < 216


# What is no digit


def shadow_edge() -> Frame:
    frame = np.full((480, 640), 220, np.uint8)
    frame[200:, :] = 120
    return frame


def vignette() -> Frame:
    y, x = np.mgrid[-1:1:480j, -1:1:640j]
    return np.clip(230 - 120 * (x**2 + y**2), 0, 255).astype(np.uint8)


def specks() -> Frame:
    frame = np.full((480, 640), 230, np.uint8)
    rng = np.random.default_rng(2)
    for x, y in rng.integers(5, 470, (60, 2)).tolist():
        cv2.circle(frame, (x, y), 1, 60, cv2.FILLED)
    return frame


def blots() -> Frame:
    frame = np.full((480, 640), 230, np.uint8)
    for x in (100, 250, 400):
        cv2.circle(frame, (x, 200), 30, 40, cv2.FILLED)
    return frame


def grass() -> Frame:
    noise = np.random.default_rng(3).normal(0, 1, (480, 640)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.clip(128 + 60 * blurred / blurred.std(), 0, 255).astype(np.uint8)


def sheet_on_table() -> Frame:
    frame = np.full((480, 640), 50, np.uint8)
    cv2.fillPoly(frame, [np.array([(120, 60), (540, 90), (500, 430), (90, 400)], np.int32)], 225)
    return frame


@pytest.mark.parametrize(
    ("frame", "most"),
    [
        (ruled(), 0),
        (np.ascontiguousarray(ruled((640, 480)).T), 0),
        (shadow_edge(), 0),
        (vignette(), 0),
        (specks(), 0),
        (blots(), 0),
        (grass(), 3),
        (sheet_on_table(), 4),
        (np.kron(np.indices((48, 64)).sum(axis=0) % 2, np.ones((10, 10))).astype(np.uint8) * 255, 0),
    ],
    ids=["ruled", "columns", "shadow", "vignette", "specks", "blots", "grass", "sheet", "chequers"],
)
def test_what_is_no_digit_gives_no_glyphs(frame: Frame, most: int) -> None:
    assert len(find_glyphs(frame)) <= most


def test_every_knob_is_relative_or_says_pixels() -> None:
    assert SETTINGS.work_side > SETTINGS.ground_side > 0
    assert 0 < SETTINGS.local_share < 1
    assert SETTINGS.narrowest > SETTINGS.widest > 1
