"""Leftovers around a digit: they touch it, they are small, and the digit under them is whole."""

from collections.abc import Callable

import numpy as np
import pytest

from train.augment import surroundings
from train.augment.place import move
from train.augment.stack import Images
from train.handwriting.dataset import draw_digits

LARGE = move(draw_digits(60, seed=9)[0], 56, 0, np.random.default_rng(0), 0)
Effect = Callable[[Images, np.random.Generator], Images]
EFFECTS = (surroundings.add_ruling, surroundings.add_neighbour, surroundings.cut_off)
ADDING = (surroundings.add_ruling, surroundings.add_neighbour)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def squares() -> Images:
    """One full square of 20 pixels (10 of 28) in the middle of each image."""
    images = np.zeros((30, 56, 56), np.uint8)
    images[:, 18:38, 18:38] = 255
    return images


@pytest.mark.parametrize("vary", EFFECTS)
@pytest.mark.parametrize("count", [0, 1, 7])
def test_same_seed_same_images_originals_kept(vary: Effect, count: int) -> None:
    images = LARGE[:count]
    before = images.copy()

    first, second = (vary(images, rng(5)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(images, before)
    assert first.dtype == np.uint8
    assert first.shape == images.shape


@pytest.mark.parametrize("vary", EFFECTS)
def test_images_without_ink_pass(vary: Effect) -> None:
    assert vary(np.zeros((5, 56, 56), np.uint8), rng()).shape == (5, 56, 56)


@pytest.mark.parametrize("vary", ADDING)
def test_the_digit_stays_and_what_is_added_is_less_than_it(vary: Effect) -> None:
    for seed in range(6):
        varied = vary(LARGE, rng(seed))
        added = varied.sum(axis=(1, 2)) / LARGE.sum(axis=(1, 2)) - 1
        assert (varied >= LARGE).all()
        assert np.median(added) < 0.4


def test_rulings_lie_or_stand_on_the_digit() -> None:
    shapes = set()
    for seed in range(20):
        added = surroundings.add_ruling(squares(), rng(seed)) > squares()
        rows, columns = added.any(axis=2).sum(axis=1), added.any(axis=1).sum(axis=1)
        long = np.maximum(rows, columns) >= 5
        shapes |= set(np.where(columns > rows, "lying", "standing")[long].tolist())
        assert not added[:, :5].any()  # 6 pixels of 28 from the square's middle at most
        assert not added[:, :, :5].any()
    assert shapes == {"lying", "standing"}


def test_neighbours_touch_from_either_side_and_reach_no_farther_than_three_pixels_of_28() -> None:
    sides = set()
    for seed in range(10):
        columns = (surroundings.add_neighbour(squares(), rng(seed)) > squares()).any(axis=(0, 1))
        places = np.flatnonzero(columns)
        assert places.min() >= 18 - 6
        assert places.max() <= 37 + 6
        sides.add("left" if places.min() < 18 else "right")
    assert sides == {"left", "right"}


def test_a_neighbour_is_the_next_image_of_the_same_batch() -> None:
    images = squares()[:2]
    images[1] = 0
    for seed in range(5):
        varied = surroundings.add_neighbour(images, rng(seed))
        np.testing.assert_array_equal(varied[0], images[0])


def test_at_most_a_tenth_is_cut_off_at_each_of_the_four_sides() -> None:
    sides = set()
    for seed in range(30):
        lost = surroundings.cut_off(squares(), rng(seed)) < squares()
        assert lost.mean(axis=(1, 2)).max() <= 0.1 * (20 / 56) ** 2 + 1e-9
        rows, columns = np.flatnonzero(lost.any(axis=(0, 2))), np.flatnonzero(lost.any(axis=(0, 1)))
        sides.add((rows.min() > 18, rows.max() < 37, columns.min() > 18, columns.max() < 37))
    assert len(sides) == 4
