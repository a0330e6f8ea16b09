"""Reading order: lines from top to bottom, each from left to right, also where lines slant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.layout import group_lines, page_turn
from runtime.records import Box, Glyph

BOXES = st.builds(Box, st.integers(0, 500), st.integers(0, 500), st.integers(1, 80), st.integers(1, 80))


def glyphs_of(boxes: list[Box]) -> list[Glyph]:
    return [Glyph(box, np.zeros((28, 28), np.uint8)) for box in boxes]


def row(left: int, top: int, count: int, *, slope: float = 0, pitch: int = 50) -> list[Box]:
    return [Box(left + k * pitch, round(top + k * pitch * slope), 25, 40) for k in range(count)]


def boxes_of(lines: list[list[Glyph]]) -> list[list[Box]]:
    return [[glyph.box for glyph in line] for line in lines]


@given(st.lists(BOXES, max_size=30))
def test_every_glyph_stands_on_one_line_and_lines_run_rightwards_on_the_page_turned_upright(boxes: list[Box]) -> None:
    lines = boxes_of(group_lines(glyphs_of(boxes)))

    assert sorted(box for line in lines for box in line) == sorted(boxes)
    turn = page_turn(boxes)
    for line in lines:
        assert line
        along = [box.centre[0] * np.cos(turn) + box.centre[1] * np.sin(turn) for box in line]
        assert along == sorted(along)


@given(st.lists(BOXES, max_size=20, unique=True), st.randoms(use_true_random=False))
def test_order_of_the_glyphs_does_not_matter(boxes: list[Box], shuffler: object) -> None:
    if len({box.centre[0] for box in boxes}) < len(boxes):
        return  # of two glyphs one exactly above the other either may come first
    shuffled = boxes.copy()
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]

    assert boxes_of(group_lines(glyphs_of(boxes))) == boxes_of(group_lines(glyphs_of(shuffled)))


@pytest.mark.parametrize("slope", [-0.35, -0.15, 0, 0.15, 0.35], ids=str)
@pytest.mark.parametrize("count", [2, 9])
def test_slanted_lines_stay_whole(slope: float, count: int) -> None:
    first, second = row(60, 250, count, slope=slope), row(60, 320, count, slope=slope)

    assert boxes_of(group_lines(glyphs_of(second + first))) == [first, second]


def test_lines_that_fan_out_stay_apart() -> None:
    first, second = row(50, 200, 8, slope=-0.1), row(50, 270, 8, slope=0.1)

    assert boxes_of(group_lines(glyphs_of(first + second))) == [first, second]


def test_a_small_zero_on_the_base_line_belongs_to_its_line() -> None:
    boxes = [Box(0, 0, 25, 60), Box(40, 30, 25, 30), Box(80, 2, 25, 58)]

    assert boxes_of(group_lines(glyphs_of(boxes))) == [boxes]


def test_columns_are_read_row_by_row() -> None:
    table = [row(30, 50 + 80 * k, 3, pitch=200) for k in range(4)]
    scattered = [box for line in reversed(table) for box in line]

    assert boxes_of(group_lines(glyphs_of(scattered))) == table


def test_a_mark_of_another_size_stands_on_a_line_of_its_own() -> None:
    boxes = [Box(0, 0, 150, 200), Box(160, 90, 15, 20)]

    assert len(group_lines(glyphs_of(boxes))) == 2


def test_nothing_gives_no_lines() -> None:
    assert group_lines([]) == []


# Turned pages


def turned(boxes: list[Box], degrees: float) -> list[Box]:
    """The boxes of the same digits on a page that is turned clockwise, far enough from its corner to stay on it."""
    angle = np.radians(degrees)
    moved = []
    for box in boxes:
        x, y = box.centre
        right = x * np.cos(angle) - y * np.sin(angle) + 1000
        down = x * np.sin(angle) + y * np.cos(angle) + 1000
        moved.append(Box(round(right - box.width / 2), round(down - box.height / 2), box.width, box.height))
    return moved


@pytest.mark.parametrize("degrees", [-35, -30, -20, -10, -5, 5, 10, 20, 30, 35])
@pytest.mark.parametrize(("count", "pitch"), [(3, 50), (9, 50), (5, 120)], ids=["short", "long", "wide"])
def test_lines_of_turned_pages_stay_whole(degrees: float, count: int, pitch: int) -> None:
    page = [row(60, 100 + 75 * line, count, pitch=pitch) for line in range(3)]
    boxes = [turned(line, degrees) for line in page]

    found = boxes_of(group_lines(glyphs_of([box for line in reversed(boxes) for box in line])))

    assert found == boxes


@pytest.mark.parametrize("degrees", [-20, 0, 20])
def test_tables_of_turned_pages_are_read_row_by_row(degrees: float) -> None:
    table = [turned(row(30, 50 + 80 * k, 3, pitch=100), degrees) for k in range(6)]

    assert boxes_of(group_lines(glyphs_of([box for line in table for box in line]))) == table


@given(st.integers(-30, 30), st.integers(2, 6), st.integers(3, 8))
def test_the_turn_of_a_page_is_found(degrees: int, lines: int, count: int) -> None:
    boxes = [box for line in range(lines) for box in turned(row(60, 100 + 80 * line, count), degrees)]

    assert np.degrees(page_turn(boxes)) == pytest.approx(degrees, abs=4)


@pytest.mark.parametrize("boxes", [[], row(0, 0, 1), [Box(0, 0, 20, 40), Box(30, 30, 20, 40)]], ids=len)
def test_few_digits_turn_no_page(boxes: list[Box]) -> None:
    assert page_turn(boxes) == 0


# Doubtful glyphs


def test_what_is_doubtful_joins_the_line_it_stands_on() -> None:
    line = row(60, 100, 6)
    doubtful = [line.pop(2), line.pop(0)]

    assert boxes_of(group_lines(glyphs_of(line), glyphs_of(doubtful))) == [sorted([*line, *doubtful])]


def test_what_is_doubtful_does_not_say_where_lines_run() -> None:
    lines = [row(60, 100, 4), row(60, 190, 4)]
    between = [Box(70 + 50 * k, 118 + 28 * k, 12, 40) for k in range(3)]  # down from one line to the next

    found = boxes_of(group_lines(glyphs_of([*lines[0], *lines[1]]), glyphs_of(between)))

    kept = [[box for box in line if box not in between] for line in found]
    assert [line for line in kept if line] == lines


@given(st.lists(BOXES, max_size=15), st.lists(BOXES, max_size=15))
def test_doubtful_glyphs_leave_the_lines_of_the_others(boxes: list[Box], doubtful: list[Box]) -> None:
    sure, strays = glyphs_of(boxes), glyphs_of(doubtful)
    known = {id(glyph) for glyph in sure}

    alone, together = group_lines(sure), group_lines(sure, strays)

    assert sorted(id(glyph) for line in together for glyph in line) == sorted(map(id, [*sure, *strays]))
    if boxes:
        kept = [[glyph for glyph in line if id(glyph) in known] for line in together]
        assert {tuple(map(id, line)) for line in kept if line} == {tuple(map(id, line)) for line in alone}
