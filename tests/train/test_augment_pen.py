"""Pens: other widths, edges, pressure and gaps, and still one whole digit."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from train.augment import pen
from train.augment.place import move
from train.augment.stack import Images
from train.handwriting.dataset import draw_digits

GLYPHS = draw_digits(60, seed=3)[0]
LARGE = move(GLYPHS, 56, 0, np.random.default_rng(0), 0)
Effect = Callable[[Images, np.random.Generator], Images]
EFFECTS = (pen.change_width, pen.sharpen, pen.vary_pressure, pen.roughen, pen.break_lines)


def pieces(image: Images) -> int:
    return int(cv2.connectedComponents((image >= 96).astype(np.uint8))[0]) - 1


def holes(image: Images) -> int:
    padded = np.pad(image, 1)
    return int(cv2.connectedComponents((padded < 96).astype(np.uint8), connectivity=4)[0]) - 2


def strokes(*widths: int) -> Images:
    """One standing line of each width, 40 pixels long."""
    images = np.zeros((len(widths), 56, 56), np.uint8)
    for image, width in zip(images, widths, strict=True):
        image[8:48, 20 : 20 + width] = 255
    return images


@pytest.mark.parametrize("vary", EFFECTS)
@pytest.mark.parametrize("side", [28, 36, 53])
def test_same_seed_same_images_originals_kept(vary: Effect, side: int) -> None:
    images = move(GLYPHS[:10], side, 0, np.random.default_rng(0), 0)
    before = images.copy()

    first, second = (vary(images, np.random.default_rng(5)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(images, before)
    assert first.dtype == np.uint8
    assert first.shape == images.shape


@pytest.mark.parametrize("vary", EFFECTS)
def test_nothing_comes_of_nothing(vary: Effect) -> None:
    empty = np.zeros((5, 36, 36), np.uint8)

    assert not vary(empty, np.random.default_rng(1)).any()
    assert vary(empty[:0], np.random.default_rng(1)).shape == (0, 36, 36)


def test_widths_are_measured() -> None:
    np.testing.assert_allclose(pen.line_widths(strokes(3, 5, 8)), [3, 5, 8], rtol=0.15)


def test_pens_of_all_widths_are_used() -> None:
    images = strokes(*[5] * 300)  # 2.5 pixels of 28
    widths = pen.line_widths(pen.change_width(images, np.random.default_rng(2))) / 2

    assert widths.min() < 1.7
    assert widths.max() > 4
    assert np.std(widths) > 0.5


def test_thin_pens_break_nothing_and_broad_ones_close_nothing() -> None:
    images = np.where(LARGE >= 128, np.uint8(255), np.uint8(0))
    for seed in range(5):
        varied = pen.change_width(images, np.random.default_rng(seed))
        broken = [pieces(after) > pieces(before) for before, after in zip(images, varied, strict=True)]
        closed = [holes(after) < holes(before) for before, after in zip(images, varied, strict=True)]
        assert np.mean(broken) < 0.1
        assert np.mean(closed) < 0.1


def test_sharpened_lines_have_steeper_edges() -> None:
    grey = [np.mean((images > 40) & (images < 215)) for images in (LARGE, pen.sharpen(LARGE, np.random.default_rng(1)))]

    assert grey[1] < 0.7 * grey[0]


@pytest.mark.parametrize(("vary", "least"), [(pen.vary_pressure, 0.3), (pen.roughen, 0.5)])
def test_ink_only_fades_and_never_vanishes(vary: Effect, least: float) -> None:
    varied = vary(LARGE, np.random.default_rng(1))
    kept = varied.sum(axis=(1, 2)) / LARGE.sum(axis=(1, 2))

    assert (varied <= LARGE).all()
    assert kept.min() > least
    assert kept.mean() < 0.97


def test_gaps_are_narrow() -> None:
    varied = pen.break_lines(LARGE, np.random.default_rng(1))
    kept = varied.sum(axis=(1, 2)) / LARGE.sum(axis=(1, 2))

    assert set(np.unique(varied[varied != LARGE]).tolist()) <= {0}
    assert (kept < 1).mean() > 0.5
    assert kept.min() > 0.5
    assert np.median(kept) > 0.85
