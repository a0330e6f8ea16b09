"""Photographed digits: exactly what `normalise` gives, of all kinds, and still the digit that was written."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.preprocess import BODY_SIDE, normalise
from train.augment.photograph import BINARY, SEEING, SIGHTS, WRITING, take_photographs
from train.handwriting.dataset import draw_digits

IMAGES, LABELS = draw_digits(200, seed=12)


def photographs(seed: int = 1, strength: float = 1.0) -> NDArray[np.uint8]:
    return take_photographs(IMAGES, np.random.default_rng(seed), strength)


def test_same_seed_same_images_originals_kept() -> None:
    before = IMAGES.copy()

    np.testing.assert_array_equal(photographs(), photographs())
    np.testing.assert_array_equal(IMAGES, before)
    assert (photographs() != photographs(2)).any(axis=(1, 2)).all()


def test_glyphs_come_as_the_reader_feeds_them() -> None:
    """Full ink, a longer side of 20 pixels, and their centre of mass in the middle wherever the field lets it."""
    for image in photographs():
        left, top, width, height = cv2.boundingRect(image)
        assert image.max() == 255
        assert max(width, height) == BODY_SIDE
        again = cv2.boundingRect(normalise(image))
        assert max(abs(left - again[0]), abs(top - again[1])) <= 1


def test_images_of_all_places_and_pens_differ() -> None:
    ink = photographs().mean(axis=(1, 2)) / IMAGES.mean(axis=(1, 2))
    levels = [len(np.unique(image)) for image in photographs()]

    assert np.std(ink) > 0.2
    assert max(levels) > 3 * min(levels)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_images_and_none_pass(count: int) -> None:
    assert take_photographs(IMAGES[:count], np.random.default_rng(1), 1.0).shape == (count, 28, 28)


def test_images_without_ink_stay_without() -> None:
    """But for pieces of ruled lines, which lie anywhere."""
    empty = np.zeros((400, 28, 28), np.uint8)

    assert take_photographs(empty, np.random.default_rng(1), 1.0).any(axis=(1, 2)).mean() < 0.1


def test_digits_stay_like_themselves() -> None:
    """The nearest of the originals, seen a little blurred, is mostly the same digit's."""
    soft = np.stack([cv2.GaussianBlur(image, (0, 0), 2).ravel() for image in IMAGES]).astype(float)
    seen = np.stack([cv2.GaussianBlur(image, (0, 0), 2).ravel() for image in photographs(strength=0.5)]).astype(float)
    unit = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (seen, soft)]
    alike = unit[0] @ unit[1].T

    assert (LABELS[alike.argmax(axis=1)] == LABELS).mean() > 0.85


def test_shares_are_shares() -> None:
    assert sum(sight.share for sight in SIGHTS) == pytest.approx(1)
    assert all(0 < effect.share <= 1 for effect in WRITING + SEEING)
    assert 0 < BINARY < 1


def test_every_size_divides_by_its_shrinking_and_suits_a_jpeg() -> None:
    assert all(sight.side % (2 * sight.shrink) == 0 for sight in SIGHTS)
