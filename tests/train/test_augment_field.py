"""Variations inside the field: the same for the same seed, nothing at no strength, one image apart from the other."""

import numpy as np
import pytest

from train.augment.field import PART, vary_in_field
from train.handwriting.dataset import draw_digits

IMAGES = draw_digits(80, seed=4)[0]


def test_no_strength_changes_nothing() -> None:
    np.testing.assert_array_equal(vary_in_field(IMAGES, np.random.default_rng(1), 0), IMAGES)


def test_every_image_changes_and_the_originals_do_not() -> None:
    before = IMAGES.copy()
    varied = vary_in_field(IMAGES, np.random.default_rng(1), 1)

    assert (varied != IMAGES).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(IMAGES, before)


def test_no_ink_leaks_from_one_image_into_the_next() -> None:
    """They are resampled in one strip; an empty image between full ones would show it."""
    images = np.zeros((300, 28, 28), np.uint8)
    images[::2] = 255
    ink = vary_in_field(images, np.random.default_rng(1), 1)[1::2].reshape(150, -1).max(axis=1)

    assert np.median(ink) == 0
    assert ink.max() < 110  # the noise that a third of the images gets, and nothing of the neighbours' 255


@pytest.mark.parametrize("count", [0, 1, PART, PART + 1], ids=["none", "one", "a part", "one more"])
def test_parts_have_no_seams(count: int) -> None:
    images = np.resize(IMAGES, (count, 28, 28))

    assert vary_in_field(images, np.random.default_rng(1), 1).shape == images.shape


def test_some_lose_ink_and_some_gain_it() -> None:
    ink = vary_in_field(np.tile(IMAGES, (5, 1, 1)), np.random.default_rng(1), 1).sum(axis=(1, 2))
    ratio = ink / np.tile(IMAGES, (5, 1, 1)).sum(axis=(1, 2))

    assert np.quantile(ratio, 0.1) < 0.8
    assert np.quantile(ratio, 0.9) > 1.2
