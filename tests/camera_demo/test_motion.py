"""Shift and scale of a sheet between two frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.motion import Motion, Places, covers, guess_shift, measure, overlaps, squares

ROW: Places = np.array([[60 + 40 * n, 50, 26, 40] for n in range(6)], np.float64)


def moved(places: Places, right: float, down: float) -> Places:
    return np.asarray(places + np.array([right, down, 0, 0]))


@settings(deadline=None)
@given(st.floats(-15, 15), st.floats(-15, 15))
def test_small_shifts_are_measured(right: float, down: float) -> None:
    motion = measure(ROW, moved(ROW, right, down))

    assert motion.shift == pytest.approx((right, down))
    assert motion.scale == pytest.approx(1)
    assert motion.apply(ROW) == pytest.approx(moved(ROW, right, down))


@settings(deadline=None)
@given(st.floats(0.85, 1.2), st.floats(-30, 30))
def test_zoom_is_measured(scale: float, right: float) -> None:
    after = moved(ROW * scale, right, 0)

    assert measure(ROW, after).scale == pytest.approx(scale)
    assert measure(ROW, after).apply(ROW) == pytest.approx(after)


def test_one_digit_that_went_astray_does_not_count() -> None:
    after = moved(ROW, 5, 2)
    after[3, :2] += (40, 20)

    assert measure(ROW, after).shift == pytest.approx((5, 2), abs=3)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_digits_tell_no_zoom(count: int) -> None:
    assert measure(ROW[:count], ROW[:count] * 1.2).scale == 1


def test_nothing_moves_without_digits() -> None:
    assert measure(ROW[:0], ROW[:0]) == Motion()
    assert np.array_equal(guess_shift(ROW, ROW[:0], np.zeros((6, 0))), [0, 0])
    assert np.array_equal(guess_shift(ROW[:0], ROW, np.zeros((0, 6))), [0, 0])


@pytest.mark.parametrize("jump", [(70.0, 0.0), (-95.0, 30.0), (40.0, 0.0)], ids=str)
def test_jumps_of_more_than_a_digit_are_found_by_what_the_digits_look_like(jump: tuple[float, float]) -> None:
    likeness = np.eye(6) * 0.6 + 0.4

    assert guess_shift(ROW, moved(ROW, *jump), likeness) == pytest.approx(jump)


def test_digits_that_all_look_alike_are_believed_to_have_stayed() -> None:
    assert guess_shift(ROW, moved(ROW, 4, 0), np.ones((6, 6))) == pytest.approx([0, 0])


def test_squares_stand_around_the_middles() -> None:
    assert squares(np.array([[10.0, 10, 4, 40]])) == pytest.approx(np.array([[-8.0, 10, 40, 40]]))
    assert squares(np.zeros((0, 4))).shape == (0, 4)


@pytest.mark.parametrize(
    ("other", "overlap", "cover"),
    [
        ([0, 0, 10, 10], 1.0, 1.0),
        ([5, 0, 10, 10], 1 / 3, 0.5),
        ([4, 4, 2, 2], 0.04, 1.0),
        ([10, 0, 10, 10], 0.0, 0.0),
        ([50, 50, 1, 1], 0.0, 0.0),
    ],
    ids=["the same", "half beside it", "inside it", "touching", "far away"],
)
def test_overlap_and_cover(other: list[float], overlap: float, cover: float) -> None:
    first, second = np.array([[0.0, 0, 10, 10]]), np.array([other], np.float64)

    assert overlaps(first, second) == pytest.approx(overlap)
    assert covers(first, second) == pytest.approx(cover)
    assert overlaps(second, first) == pytest.approx(overlap)
    assert covers(second, first) == pytest.approx(cover)
