"""Lines, grids and boxes are taken out of the ink, and the strokes that touch them are not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment import SETTINGS, find_glyphs
from runtime.segment.components import find_components
from runtime.segment.ink import ink_mask, noise_floor
from runtime.segment.light import Side
from runtime.segment.rules import without_rules
from runtime.segment.sides import two_sides

Mask = NDArray[np.uint8]
PAPER, INK = 225, 40
STROKES = {
    "2": [(0, 20), (20, 0), (45, 12), (40, 35), (0, 80), (50, 80)],
    "7": [(0, 0), (50, 0), (15, 80)],
    "1": [(20, 0), (20, 80)],
    "4": [(30, 0), (0, 50), (55, 50), (40, 50), (40, 20), (40, 80)],
}
"""Digits of straight strokes, some 50 pixels wide and 80 high."""


def page(shape: tuple[int, int] = (480, 640)) -> Mask:
    return np.full(shape, PAPER, np.uint8)


def write(frame: Mask, digit: str, corner: tuple[int, int], pen: int = 6, scale: float = 1.0) -> Box:
    """Write a digit and give the box of its ink."""
    points = np.array([(corner[0] + x * scale, corner[1] + y * scale) for x, y in STROKES[digit]], np.int32)
    cv2.polylines(frame, [points], isClosed=False, color=INK, thickness=pen)
    x, y, width, height = cv2.boundingRect(points)
    return Box(x, y, width, height)


def rule(frame: Mask, pitch: int, slope: float = 0.0, *, columns: bool = False) -> None:
    """Rule the frame with lines `pitch` pixels apart that fall by `slope`."""
    height, width = frame.shape
    for start in range(pitch // 2 - height, 2 * max(height, width), pitch):
        cv2.line(frame, (0, start), (width, round(start + slope * width)), 110, 2)
        if columns:
            cv2.line(frame, (start, 0), (round(start - slope * height), height), 110, 2)


def dark_mask(frame: Mask) -> tuple[Mask, Side]:
    side = two_sides(frame, SETTINGS)[0]
    mask = ink_mask(side.contrast, noise_floor(side, SETTINGS), SETTINGS)
    assert mask is not None
    return mask, side


def cleared(frame: Mask) -> tuple[Mask, Mask]:
    """The ink mask before and after."""
    mask, side = dark_mask(frame)
    return mask, without_rules(mask, side, find_components(mask, SETTINGS), SETTINGS)[0]


def near(box: Box, other: Box, slack: int) -> bool:
    edges = (box.left, box.top, box.right, box.bottom), (other.left, other.top, other.right, other.bottom)
    return all(abs(a - b) <= slack for a, b in zip(*edges, strict=True))


@pytest.mark.parametrize("slope", [0.0, 0.06, -0.17, 0.27], ids=str)
@pytest.mark.parametrize("columns", [False, True], ids=["ruled", "squared"])
def test_lines_go_and_digits_stay(slope: float, columns: bool) -> None:
    frame = page()
    rule(frame, 60, slope=slope, columns=columns)
    empty = find_glyphs(frame)
    boxes = [write(frame, digit, (90 + 130 * k, 170)) for k, digit in enumerate("2714")]

    found = [glyph.box for glyph in find_glyphs(frame)]

    assert empty == []
    # A piece of a line that runs along a stroke may stay.
    assert all(any(near(box, other, 24) for other in found) for box in boxes)
    assert len(found) <= len(boxes) + 1


@pytest.mark.parametrize("level", [60, 110, 160], ids=["black", "grey", "pale"])
def test_a_two_on_a_line_stays_a_two(level: int) -> None:
    frame = page()
    cv2.line(frame, (0, 253), (640, 253), level, 2)
    boxes = [write(frame, "2", (left, 170)) for left in (100, 250, 400)]

    found = [glyph.box for glyph in find_glyphs(frame)]

    assert len(found) == 3
    assert all(any(near(box, other, 7) for other in found) for box in boxes)


def test_digits_in_a_row_of_boxes_are_found_without_the_boxes() -> None:
    frame = page((120, 640))
    for left in range(20, 620, 75):
        cv2.rectangle(frame, (left, 15), (left + 75, 105), 60, 2)
    boxes = [write(frame, digit, (32 + 75 * k, 30), scale=0.8) for k, digit in enumerate("27142714")]
    write(frame, "7", (32, 41), scale=0.8)  # one that touches the lower line

    found = [glyph.box for glyph in find_glyphs(frame)]

    assert len(found) == 8
    assert all(any(near(box, other, 9) for other in found) for box in boxes[1:])


@pytest.mark.parametrize("digit", sorted(STROKES))
@pytest.mark.parametrize("pen", [7, 9, 20])
def test_the_straight_strokes_of_a_large_digit_are_no_lines(digit: str, pen: int) -> None:
    frame = page()
    write(frame, digit, (180, 70), pen, scale=4)

    before, after = cleared(frame)

    assert np.array_equal(before, after)


def test_a_page_without_lines_stays_as_it_is() -> None:
    frame = page()
    for k in range(4):
        write(frame, "2", (60 + 120 * k, 200))
    mask, side = dark_mask(frame)

    rest, same = without_rules(mask, side, find_components(mask, SETTINGS), SETTINGS)

    assert rest is mask
    assert same is side


def test_the_ground_takes_the_place_of_the_lines() -> None:
    frame = page()
    rule(frame, 60)
    mask, side = dark_mask(frame)

    _, plain = without_rules(mask, side, find_components(mask, SETTINGS), SETTINGS)

    assert np.count_nonzero(plain.contrast > 30) <= 0.01 * frame.size
    assert np.count_nonzero(plain.paper < PAPER - 30) <= 0.01 * frame.size
    assert side.contrast.max() > 100


# Lines that digits break up


def cells(count: int, slope: float = 0.0) -> tuple[Mask, list[Box]]:
    """A row of printed cells with a digit in each, every other of which touches or crosses the frame of its cell."""
    frame = page((150, 640))
    width = 560 // count
    corners = [(40 + k * width, 25 + round(slope * k * width)) for k in range(count + 1)]
    for top in (0, 80):
        cv2.line(frame, (corners[0][0], 25 + top), (corners[-1][0], corners[-1][1] + top), 90, 3)
    for x, y in corners:
        cv2.line(frame, (x, y), (x, y + 80), 90, 3)
    boxes = []
    for k, (x, y) in enumerate(corners[:-1]):
        boxes.append(write(frame, "2714"[k % 4], (x + width // 2 - 22, y + (26 if k % 2 else 11)), scale=0.75))
    return frame, boxes


@pytest.mark.parametrize("slope", [-0.04, 0.0, 0.05], ids=str)
@pytest.mark.parametrize("count", [5, 8])
def test_walls_and_broken_lines_of_cells_go(count: int, slope: float) -> None:
    frame, boxes = cells(count, slope)

    found = [glyph.box for glyph in find_glyphs(frame)]

    assert len(found) == count
    assert sum(any(near(box, other, 9) for other in found) for box in boxes) >= count - 1


def test_an_upright_stroke_between_two_lines_is_no_wall_by_itself() -> None:
    frame = page((150, 640))
    for row in (30, 110):
        cv2.line(frame, (20, row), (620, row), 90, 3)
    for left in (100, 300, 500):
        write(frame, "2", (left, 45), scale=0.6)
    write(frame, "7", (200, 32), pen=5, scale=0.95)
    seven = np.s_[40:100, 205:260]

    before, after = cleared(frame)

    assert np.count_nonzero(after[seven]) >= 0.9 * np.count_nonzero(before[seven])


@pytest.mark.parametrize(("gap", "gone"), [(0, True), (12, False)], ids=["in its course", "beside it"])
def test_a_short_piece_goes_where_a_long_one_points_at_it(gap: int, gone: bool) -> None:
    frame = page()
    for row in (100, 300, 420):
        cv2.line(frame, (20, row), (420, row), 90, 3)
    cv2.line(frame, (470, 300 + gap), (530, 300 + gap), 90, 3)

    _, after = cleared(frame)

    assert (np.count_nonzero(after[280:330, 460:540]) == 0) == gone
