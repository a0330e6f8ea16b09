"""Variations of digits: the same for the same seed, digits still, and as far as asked."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.preprocess import BODY_SIDE
from train.augment import augment
from train.handwriting.dataset import draw_digits

IMAGES = draw_digits(80, seed=4)[0]


def vary(images: NDArray[np.uint8], seed: int = 1, strength: float = 1.0) -> NDArray[np.uint8]:
    return augment(images, np.random.default_rng(seed), strength)


def centres(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    weights = images.astype(float)
    place = np.arange(28)
    total = weights.sum(axis=(1, 2))
    return np.stack([(weights.sum(axis=1) * place).sum(1) / total, (weights.sum(axis=2) * place).sum(1) / total])


def test_same_seed_same_images_and_another_seed_others() -> None:
    np.testing.assert_array_equal(vary(IMAGES), vary(IMAGES))
    assert (vary(IMAGES) != vary(IMAGES, seed=2)).any(axis=(1, 2)).mean() > 0.9


def test_shape_type_and_originals_are_kept() -> None:
    before = IMAGES.copy()

    varied = vary(IMAGES)

    assert varied.shape == IMAGES.shape
    assert varied.dtype == np.uint8
    np.testing.assert_array_equal(IMAGES, before)


def test_about_a_tenth_stays_untouched() -> None:
    images = np.tile(IMAGES, (10, 1, 1))
    same = (vary(images) == images).all(axis=(1, 2)).mean()

    assert 0.06 < same < 0.15


def test_no_strength_changes_nothing() -> None:
    np.testing.assert_array_equal(vary(IMAGES, strength=0), IMAGES)


def test_more_strength_changes_more() -> None:
    changes = [np.abs(vary(IMAGES, strength=strength).astype(int) - IMAGES).mean() for strength in (0.1, 0.4, 1)]

    assert changes == sorted(changes)
    assert changes[2] > 2 * changes[0]


def test_digits_stay_in_the_field_and_near_their_place() -> None:
    images = np.tile(IMAGES, (5, 1, 1))
    varied = vary(images)
    ink = varied.sum(axis=(1, 2)) / images.sum(axis=(1, 2))

    assert (np.abs(centres(varied) - centres(images)) < 6).all()
    assert (ink > 0.1).all()
    assert (ink < 5).all()


def test_some_come_as_the_reader_normalises_them() -> None:
    """Their longer side is 20 pixels and their ink raised to 255; what moves inside the field is seldom both."""
    varied = vary(np.tile(IMAGES, (10, 1, 1)))
    sides = np.array([max(cv2.boundingRect(image)[2:]) for image in varied])
    peaks = varied.max(axis=(1, 2))

    assert ((sides == BODY_SIDE) & (peaks == 255)).mean() > 0.15
    assert (sides != BODY_SIDE).mean() > 0.3


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 1), st.integers(0, 7))
def test_any_seed_strength_and_count_work(seed: int, strength: float, count: int) -> None:
    assert vary(IMAGES[:count], seed, strength).shape == (count, 28, 28)


@pytest.mark.parametrize("ink", [0, 1, 255], ids=["empty", "faint", "full"])
def test_images_that_hold_no_digit_pass(ink: int) -> None:
    """Images of what is no digit are varied too."""
    images = np.full((200, 28, 28), ink, np.uint8)

    assert vary(images).shape == images.shape
