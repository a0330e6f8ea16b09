"""Resizing that is the same on every CPU: laws, pinned pixels, and OpenCV's own on the CPU that it follows."""

import hashlib
import platform

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.resize import AT_ONCE, enlarge, shrink

SIDES = st.integers(1, 70)
SMALL = st.integers(1, 20)
LIKE_X86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="OpenCV's pixels on x86 are meant")


def noise(height: int, width: int, seed: int = 1) -> NDArray[np.uint8]:
    """A picture of random greys."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


@LIKE_X86
@settings(max_examples=300)
@given(SIDES, SIDES, st.data())
def test_shrinking_is_opencv_s_area_method(height: int, width: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    picture = noise(height, width, seed=height * width)

    assert np.array_equal(shrink(picture, *size), cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


@LIKE_X86
@settings(max_examples=300)
@given(SMALL, SMALL, st.data())
def test_enlarging_is_opencv_s_linear_method(height: int, width: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(width, 60)), data.draw(st.integers(height, 60))
    picture = noise(height, width, seed=height * width)

    assert np.array_equal(enlarge(picture, *size), cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR))


@LIKE_X86
@pytest.mark.parametrize("factor", [1, 2, 3, 16, AT_ONCE + 1, 50], ids=str)
@pytest.mark.parametrize("rest", [0, 7], ids=["whole", "with a rest"])
def test_large_pictures_shrink_as_in_opencv(factor: int, rest: int) -> None:
    picture = noise(20 * factor + rest, 9 * factor + rest)

    assert np.array_equal(shrink(picture, 9, 20), cv2.resize(picture, (9, 20), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize(
    ("picture", "size", "sha256"),
    [
        (noise(57, 48), (17, 20), "da4669985f5d5020"),
        (noise(40, 30), (15, 20), "d1f716e33b36dfdb"),
        (noise(60, 30), (10, 20), "04d59fa5e5df7042"),
        (noise(15, 12), (16, 20), "8e80d938d6e48a95"),
        (noise(3, 20), (20, 3), "7756a7c11fa829a8"),
    ],
    ids=["shrunk", "halved", "by a third", "enlarged", "kept"],
)
def test_pixels_are_the_same_everywhere(picture: NDArray[np.uint8], size: tuple[int, int], sha256: str) -> None:
    resized = (shrink if picture.shape[0] > size[1] else enlarge)(picture, *size)

    assert hashlib.sha256(resized.tobytes()).hexdigest()[:16] == sha256


@given(SIDES, SIDES, st.integers(0, 255), st.data())
def test_one_grey_stays_that_grey_when_shrunk(height: int, width: int, grey: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    resized = shrink(np.full((height, width), grey, np.uint8), *size)

    assert resized.shape == size[::-1]
    assert resized.dtype == np.uint8
    assert np.ptp(resized) == 0
    assert resized[0, 0] == grey


@given(SMALL, SMALL, st.data())
def test_enlarging_keeps_within_the_greys_of_the_picture(height: int, width: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(width, 60)), data.draw(st.integers(height, 60))
    picture = noise(height, width, seed=height + 100 * width)
    resized = enlarge(picture, *size).astype(int)

    assert resized.shape == size[::-1]
    assert resized.min() >= int(picture.min()) - 1  # OpenCV drops bits, so that a grey may lose one level
    assert resized.max() <= picture.max()


@given(SMALL, SMALL)
def test_the_same_size_is_the_same_picture(height: int, width: int) -> None:
    picture = noise(height, width)

    assert np.array_equal(enlarge(picture, width, height), picture)
    assert np.array_equal(shrink(picture, width, height), picture)
