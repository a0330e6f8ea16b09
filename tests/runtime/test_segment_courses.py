"""Lines are found in thin ink, however they slant and bend, and whatever crosses them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.segment.courses import Course, Thread, cut_thread, find_course, find_strands, median, thin_ink
from runtime.segment.settings import SETTINGS

Mask = NDArray[np.uint8]
WIDTH, HEIGHT = 400, 120


def line(slope: float, bend: float = 0.0, thickness: int = 3) -> Mask:
    """A line through the middle, that rises by `slope` and bends by `bend` pixels between its ends."""
    columns = np.arange(WIDTH)
    across = columns / WIDTH - 0.5
    rows = HEIGHT / 2 + slope * (columns - WIDTH / 2) + bend * (4 * across**2 - 0.5)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    points = np.stack([columns, np.rint(rows)], axis=1).astype(np.int32)
    cv2.polylines(mask, [points], isClosed=False, color=255, thickness=thickness)
    return mask


def course_of(mask: Mask) -> Course | None:
    return find_course(Thread(0, 0, mask), SETTINGS)


@given(st.floats(-0.25, 0.25), st.floats(-5, 5), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_a_line_is_followed_where_it_runs(slope: float, bend: float, thickness: int) -> None:
    mask = line(slope, bend, thickness)
    course = course_of(mask)

    assert course is not None
    ink, columns = np.nonzero(mask)
    middles = np.bincount(columns, ink, WIDTH) / np.maximum(np.bincount(columns, minlength=WIDTH), 1)
    seen = slice(course.first, course.last + 1)
    assert len(course.rows) >= 0.95 * WIDTH
    assert np.abs(course.rows - middles[seen]).max() <= 1.5
    assert abs(course.slope - slope) <= 0.02


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_it_is_the_polynomial_of_least_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((HEIGHT, 200), np.uint8)
    rows = np.rint(60 + rng.uniform(-0.1, 0.1) * np.arange(200) + rng.normal(0, 0.4, 200)).astype(int)
    mask[rows, np.arange(200)] = 255
    course = course_of(mask)

    assert course is not None
    expected = np.polyval(np.polyfit(np.arange(200), rows, 2), np.arange(course.first, course.last + 1))
    assert np.abs(course.rows - expected).max() < 1e-3


@pytest.mark.parametrize("strokes", [1, 4, 8])
def test_strokes_that_cross_a_line_do_not_move_it(strokes: int) -> None:
    mask = line(0.05)
    for left in range(20, 20 + 45 * strokes, 45):
        cv2.line(mask, (left, 10), (left + 12, 110), 255, 4)
    course, alone = course_of(mask), course_of(line(0.05))

    assert course is not None
    assert alone is not None
    assert np.abs(course.rows - alone.rows[: len(course.rows)]).max() <= 1.5


@pytest.mark.parametrize("seed", range(3))
def test_scattered_ink_is_no_line(seed: int) -> None:
    scattered = np.random.default_rng(seed).random((HEIGHT, WIDTH)) < 0.01

    assert course_of(np.where(scattered, 255, 0).astype(np.uint8)) is None


@pytest.mark.parametrize(("dash", "is_line"), [(9, True), (3, False)])
def test_a_line_must_be_seen_on_half_of_its_way(dash: int, is_line: bool) -> None:
    mask = line(0.0)
    mask[:, np.arange(WIDTH) % 12 >= dash] = 0

    assert (course_of(mask) is not None) == is_line


def test_a_single_column_of_ink_is_no_line() -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[5:35, 30] = 255

    assert course_of(mask) is None


def test_a_course_runs_straight_on_beyond_its_ends() -> None:
    course = Course(10, np.array([20.0, 21.0, 22.0]), 3.0, 1.0)

    assert [course.at(column) for column in (5, 10, 11, 12, 20)] == [15, 20, 21, 22, 30]


@pytest.mark.parametrize("side", [640, 760, 880, 960])
def test_thick_ink_is_no_thread(side: int) -> None:
    """Regression: where a line may be an odd number of pixels thick, a row of thick ink was left as thin."""
    thin, thick = np.zeros((480, side), np.uint8), np.zeros((480, side), np.uint8)
    thin[200:203, 20:600] = 255
    thick[300:330, 100:140] = 255

    assert np.array_equal(thin_ink(thin | thick, SETTINGS), thin)


def test_threads_hold_the_thin_ink_in_pieces_the_longest_first() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for row, right in ((30, 200), (60, 390), (90, 15)):
        mask[row : row + 2, 10:right] = 255
    strands = find_strands(mask, SETTINGS)
    threads = [cut_thread(strand, mask) for strand in strands]

    assert [int((thread.ink > 0).sum()) for thread in threads] == [2 * 380, 2 * 190]
    for thread in threads:
        window = mask[thread.top : thread.top + thread.ink.shape[0], thread.left : thread.left + thread.ink.shape[1]]
        assert np.array_equal(window, thread.ink)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=50))
def test_the_median_is_numpys(values: list[int]) -> None:
    assert median(np.array(values, np.uint8)) == np.median(values)
