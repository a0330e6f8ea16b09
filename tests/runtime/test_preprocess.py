"""The canonical glyph: laws that hold for any ink, and the exact pixels that pin the version."""

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from runtime import preprocess
from runtime.preprocess import normalise, to_input

SIDES = st.integers(1, 60)
INK = st.tuples(SIDES, SIDES).flatmap(lambda shape: arrays(np.uint8, shape))


def drawn_seven(scale: int) -> NDArray[np.uint8]:
    """A 7 of straight strokes, ink 255 on 0, 30·scale pixels wide."""
    ink = np.zeros((40 * scale, 30 * scale), np.uint8)
    corners = np.array([(4, 6), (25, 6), (12, 35)], np.int32) * scale
    cv2.polylines(ink, [corners.reshape(-1, 1, 2)], isClosed=False, color=255, thickness=3 * scale)
    return ink


@given(INK)
def test_glyph_is_28_square_and_its_body_fits_20(ink: NDArray[np.uint8]) -> None:
    glyph = normalise(ink)
    rows, columns = np.nonzero(glyph)

    assert glyph.shape == (28, 28)
    assert glyph.dtype == np.uint8
    assert rows.size == 0 or max(np.ptp(rows), np.ptp(columns)) < 20


@given(INK, st.integers(0, 9), st.integers(0, 9))
def test_ground_around_the_ink_does_not_matter(ink: NDArray[np.uint8], before: int, after: int) -> None:
    padded = np.pad(ink, ((before, after), (after, before)))

    assert np.array_equal(normalise(ink), normalise(padded))


@given(INK)
def test_ink_reaches_full_strength(ink: NDArray[np.uint8]) -> None:
    assert normalise(ink).max() == (255 if ink.max() >= preprocess.INK_FLOOR else 0)


@given(st.integers(2, 12))
def test_size_of_the_writing_does_not_matter(scale: int) -> None:
    difference = normalise(drawn_seven(scale)).astype(int) - normalise(drawn_seven(scale + 1))

    assert np.abs(difference).mean() < 8


@pytest.mark.parametrize("scale", [1, 3, 10], ids=["small", "medium", "large"])
def test_centre_of_mass_is_in_the_middle(scale: int) -> None:
    glyph = normalise(drawn_seven(scale)).astype(float)
    middle = [(glyph.sum(axis=axis) * np.arange(28)).sum() / glyph.sum() for axis in (0, 1)]

    assert middle == pytest.approx([13.5, 13.5], abs=1.0)


def test_empty_ink_gives_an_empty_glyph() -> None:
    assert not normalise(np.zeros((9, 5), np.uint8)).any()
    assert not normalise(np.zeros((0, 5), np.uint8)).any()


@pytest.mark.parametrize(
    "ink",
    [np.zeros((3, 3), np.float32), np.zeros((3, 3, 3), np.uint8), np.zeros(3, np.uint8)],
    ids=["float", "colour", "row"],
)
def test_other_kinds_of_ink_are_refused(ink: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        normalise(ink)


def test_pixels_are_pinned_to_the_version() -> None:
    """A change here needs a new `preprocess.VERSION`: models were trained and verified with these pixels."""
    pixels = b"".join(normalise(drawn_seven(scale)).tobytes() for scale in (1, 2, 5, 11))

    assert preprocess.VERSION == 1
    assert hashlib.sha256(pixels).hexdigest() == "4a757eba864887d9c8809276668a001326f215933b891aa3251d0605a2124289"


def test_input_is_a_float_batch_from_0_to_1() -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[1] = 255
    batch = to_input(images)

    assert batch.shape == (3, 28, 28, 1)
    assert batch.dtype == np.float32
    assert [image.max() for image in batch] == [0.0, 1.0, 0.0]
    assert to_input(images[0]).shape == (1, 28, 28, 1)
    assert to_input(images[:0]).shape == (0, 28, 28, 1)


@pytest.mark.parametrize(
    ("shape", "batch"),
    [((5, 20, 30), (5, 20, 30, 1)), ((5, 32, 32, 3), (5, 32, 32, 3)), ((5, 28, 28, 1), (5, 28, 28, 1))],
    ids=["another size", "coloured", "with its channel"],
)
def test_pictures_of_other_models_become_batches_too(shape: tuple[int, ...], batch: tuple[int, ...]) -> None:
    images = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    given = to_input(images)

    assert given.shape == batch
    np.testing.assert_array_equal(np.rint(given * 255).reshape(shape), images)


@pytest.mark.parametrize(
    "images", [np.zeros(28, np.uint8), np.zeros((1, 1, 28, 28, 1), np.uint8), np.zeros((28, 28))], ids=str
)
def test_what_is_no_picture_is_refused(images: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \(N, H, W\)"):
        to_input(images)
