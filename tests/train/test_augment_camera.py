"""What a camera and the cutting do: softer, coarser, harder, noisier ink, and none where there was none."""

from collections.abc import Callable

import numpy as np
import pytest

from train.augment import camera
from train.augment.place import move
from train.augment.stack import Images
from train.handwriting.dataset import draw_digits

GLYPHS = draw_digits(40, seed=6)[0]
LARGE = move(GLYPHS, 48, 0, np.random.default_rng(0), 0)
Effect = Callable[[Images, np.random.Generator], Images]
EFFECTS = (camera.soften, camera.compress, camera.cut_out, camera.binarise, camera.add_noise)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def with_empty_neighbours(side: int) -> Images:
    """Full images, each beside an empty one."""
    images = np.zeros((6, side, side), np.uint8)
    images[::2] = 255
    return images


@pytest.mark.parametrize("vary", EFFECTS)
@pytest.mark.parametrize("side", [18, 28, 52])
def test_same_seed_same_images_originals_kept(vary: Effect, side: int) -> None:
    images = move(GLYPHS[:10], side, 0, rng(), 0)
    before = images.copy()

    first, second = (vary(images, rng(5)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(images, before)
    assert first.dtype == np.uint8
    assert first.shape == images.shape


@pytest.mark.parametrize("vary", EFFECTS)
@pytest.mark.parametrize("side", [18, 24, 36, 52])
def test_no_image_sees_its_neighbour(vary: Effect, side: int) -> None:
    for seed in range(5):
        assert vary(with_empty_neighbours(side), rng(seed))[1::2].max() <= 4  # a JPEG's black is not quite 0


@pytest.mark.parametrize("vary", EFFECTS)
def test_no_images_stay_none(vary: Effect) -> None:
    assert vary(LARGE[:0], rng()).shape == (0, 48, 48)


def test_blur_spreads_the_ink_and_keeps_its_sum() -> None:
    soft = camera.soften(LARGE, rng())

    np.testing.assert_allclose(soft.sum(axis=(1, 2)), LARGE.sum(axis=(1, 2)), rtol=0.05)
    assert (soft > 0).sum() > 1.1 * (LARGE > 0).sum()
    assert soft.std() < LARGE.std()


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_fewer_pixels_are_the_means_of_many(factor: int) -> None:
    small = camera.shrink(LARGE, factor)
    side = 48 // factor
    means = LARGE.reshape(len(LARGE), side, factor, side, factor).mean(axis=(2, 4))

    assert small.shape == (len(LARGE), side, side)
    assert np.abs(small - means).max() <= 0.5


def test_jpeg_changes_little_and_more_at_low_quality() -> None:
    losses = [np.abs(camera.compress(LARGE, rng(seed)).astype(int) - LARGE).mean() for seed in range(12)]

    assert min(losses) > 0.2
    assert max(losses) < 12
    assert max(losses) > 1.5 * min(losses)


def test_cutting_out_drops_what_is_faint_and_raises_the_rest() -> None:
    images = np.zeros((50, 20, 20), np.uint8)
    images[:, 4:8, 4:16] = 150  # the digit
    images[:, 14, 4:16] = 15  # a tenth of it: too faint to be ink

    varied = camera.cut_out(images, rng())

    assert not varied[:, 13:16].any()
    assert (varied[:, 4:8, 4:16] >= 150).all()
    assert (varied.max(axis=(1, 2)) == 255).mean() > 0.9


def test_the_soft_edge_beside_the_ink_is_kept() -> None:
    images = np.zeros((50, 20, 20), np.uint8)
    images[:, 4:8, 4:16] = 200
    images[:, 8, 4:16] = 12

    assert (camera.cut_out(images, rng())[:, 8, 4:16] >= 12).all()


def test_binary_images_have_two_levels_and_about_the_same_strokes() -> None:
    binary = camera.binarise(LARGE, rng())
    ratio = binary.sum(axis=(1, 2)) / LARGE.sum(axis=(1, 2))

    assert set(np.unique(binary).tolist()) == {0, 255}
    assert ratio.min() > 0.8
    assert ratio.max() < 1.6


def test_noise_stays_in_the_ink() -> None:
    noisy = camera.add_noise(LARGE, rng())

    assert not noisy[LARGE == 0].any()
    assert np.abs(noisy.astype(int) - LARGE)[LARGE > 0].mean() > 3
