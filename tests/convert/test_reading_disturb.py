"""Disturbances: what they do to the picture, and that the truth goes along."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from convert.reading.disturb import CLEAN, DISTURBANCES
from convert.reading.score import overlap
from convert.reading.truth import Truth, WrittenDigit
from runtime.records import Box

BLOT = Box(60, 40, 30, 50)
SHAPES = [(120, 200), (120, 200, 3)]


def picture(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A dark ellipse on light paper."""
    frame = np.full(shape, 200, np.uint8)
    centre = (BLOT.left + BLOT.width // 2, BLOT.top + BLOT.height // 2)
    cv2.ellipse(frame, centre, (BLOT.width // 2, BLOT.height // 2), 0, 0, 360, (40,) * 3, cv2.FILLED)
    return frame


def truth() -> Truth:
    return Truth(Path("a.png"), "photo", ((1,),), (WrittenDigit(BLOT, 1),), (BLOT,))


@pytest.mark.parametrize("shape", SHAPES, ids=["grey", "colour"])
@pytest.mark.parametrize("name", DISTURBANCES)
def test_the_truth_goes_along_with_the_ink(name: str, shape: tuple[int, ...]) -> None:
    frame = picture(shape)
    before = frame.copy()

    disturbed, moved = DISTURBANCES[name](frame, truth())

    assert disturbed.dtype == np.uint8
    assert disturbed.ndim == frame.ndim
    assert np.array_equal(frame, before)
    assert moved.digits is not None
    grey = disturbed if disturbed.ndim == 2 else disturbed[:, :, 0]
    ink = grey > 130 if name == "inverted" else grey < 70 if "light" in name or "shadow" in name else grey < 130
    found = Box(*cv2.boundingRect(ink.astype(np.uint8)))
    assert overlap(found, moved.digits[0].box) > 0.75
    assert moved.ignored == (moved.digits[0].box,)


def test_clean_pictures_stay_as_they_are() -> None:
    frame = picture(SHAPES[0])

    assert DISTURBANCES[CLEAN](frame, truth()) == (frame, truth())


@pytest.mark.parametrize("name", DISTURBANCES)
def test_disturbances_are_the_same_every_time(name: str) -> None:
    first, second = (DISTURBANCES[name](picture(SHAPES[1]), truth())[0] for _ in range(2))

    assert np.array_equal(first, second)


def test_light_and_shadow() -> None:
    frame = np.full((100, 100), 200, np.uint8)

    shaded = DISTURBANCES["shadow band"](frame, truth())[0]

    assert DISTURBANCES["light × 0.5"](frame, truth())[0].max() == 100
    assert DISTURBANCES["light × 1.5"](frame, truth())[0].min() == 255
    assert set(np.unique(shaded)) == {100, 200}
    assert 0.2 < (shaded == 100).mean() < 0.4
