"""Place and shape: nothing at no strength, larger on demand, and never another image's ink."""

import cv2
import numpy as np
import pytest

from train.augment.place import move, pixels, smooth_fields
from train.handwriting.dataset import draw_digits

IMAGES = draw_digits(40, seed=8)[0]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_no_strength_leaves_images_as_they_are() -> None:
    np.testing.assert_array_equal(move(IMAGES, 28, 3, rng(), 0), IMAGES)


@pytest.mark.parametrize("side", [36, 56, 72])
def test_no_strength_and_a_larger_field_only_enlarges(side: int) -> None:
    enlarged = move(IMAGES, side, 3, rng(), 0)
    expected = np.stack([cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC) for image in IMAGES])

    difference = np.abs(enlarged.astype(int) - expected)
    assert enlarged.shape == (len(IMAGES), side, side)
    assert difference.mean() < 1  # places are rounded to 1/32 pixel, and the field's border is ground
    assert np.quantile(difference, 0.99) < 12


@pytest.mark.parametrize("side", [28, 52])
def test_no_ink_leaks_from_one_image_into_the_next(side: int) -> None:
    """They are resampled in one strip; an empty image between full ones would show it."""
    images = np.zeros((300, 28, 28), np.uint8)
    images[::2] = 255

    assert not move(images, side, 3, rng(), 1)[1::2].any()


def test_shift_is_the_farthest_that_images_go() -> None:
    """A dot in the middle is neither turned nor stretched away, only shifted and bent."""
    images = np.zeros((400, 28, 28), np.uint8)
    images[:, 12:16, 12:16] = 255
    weights = move(images, 28, 6, rng(), 1).astype(float)
    across = (weights.sum(axis=1) * np.arange(28)).sum(axis=1) / weights.sum(axis=(1, 2))

    assert np.abs(across - 13.5).max() > 5
    assert np.abs(across - 13.5).max() < 6 * 1.4 + 4  # stretched, leaning and bent as well
    assert abs(across.mean() - 13.5) < 0.6


def test_digits_change_their_shape_and_keep_their_ink() -> None:
    varied = move(IMAGES, 28, 0, rng(), 1)
    ratio = varied.sum(axis=(1, 2)) / IMAGES.sum(axis=(1, 2))

    assert (varied != IMAGES).any(axis=(1, 2)).all()
    assert ratio.min() > 0.5
    assert ratio.max() < 2


@pytest.mark.parametrize("side", [1, 28, 54, 72])
def test_pixel_centres_cover_the_field_evenly(side: int) -> None:
    places = pixels(side)

    assert places.shape == (side,)
    assert places[0] - -0.5 == pytest.approx(27.5 - places[-1], abs=1e-4)
    assert np.diff(places) == pytest.approx(28 / side, abs=1e-4)


def test_fields_are_smooth_and_of_unit_size() -> None:
    fields = smooth_fields(200, 56, 4.0, rng())
    steps = np.diff(fields, axis=2)

    assert fields.shape == (200, 56, 56)
    assert fields.std() == pytest.approx(1, abs=0.1)
    assert fields.mean() == pytest.approx(0, abs=0.1)
    assert steps.std() < 0.2
