"""Filters over many images at once: each as if it were alone."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.augment.stack import Images, filtered, for_each


def blur(reach: int, images: Images) -> Images:
    side = 2 * reach + 1
    return np.asarray(cv2.blur(images, (side, side)), np.uint8)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 4), st.integers(0, 2**32))
def test_each_image_is_filtered_as_if_it_were_alone(count: int, side: int, reach: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (count, side, side), np.uint8)

    together = filtered(images, reach, lambda strip: blur(reach, strip))
    alone = [filtered(images[i : i + 1], reach, lambda strip: blur(reach, strip))[0] for i in range(count)]

    np.testing.assert_array_equal(together, alone)


def test_no_images_stay_none() -> None:
    assert filtered(np.zeros((0, 28, 28), np.uint8), 1, np.array).shape == (0, 28, 28)


def test_numbers_are_one_for_each_image_and_in_range() -> None:
    numbers = for_each(np.zeros((500, 3, 3), np.uint8), np.random.default_rng(1), 2, 5)

    assert numbers.shape == (500, 1, 1)
    assert numbers.dtype == np.float32
    assert numbers.min() >= 2
    assert numbers.max() <= 5
    assert numbers.mean() == pytest.approx(3.5, abs=0.2)
