"""Frames come to the size that they are worked on without gaining or losing light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.segment.scale import grey_frame, patch, scaled, working_frame

SIDES = st.integers(1, 300)


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 255))
@settings(deadline=None, max_examples=60)
def test_even_light_stays_even_at_any_size(height: int, width: int, rows: int, columns: int, level: int) -> None:
    grey = scaled(np.full((height, width), level, np.uint8), (rows, columns))

    assert grey.shape == (rows, columns)
    assert (grey == level).all()


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.33, 1.7, 2.0, 3.1, 4.17, 9.0], ids=str)
def test_light_and_shade_stay_where_they_are(factor: float) -> None:
    y, x = np.mgrid[0:360, 0:480]
    picture = (128 + 60 * np.sin(x / 40) + 50 * np.cos(y / 30)).astype(np.uint8)
    shape = round(360 / factor), round(480 / factor)
    small = scaled(picture, shape)

    assert abs(float(small.mean()) - float(picture.mean())) < 1
    rows, columns = (np.arange(360) * shape[0] // 360)[:, None], np.arange(480) * shape[1] // 480
    assert np.abs(small[rows, columns].astype(int) - picture).max() <= 4 + 3 * factor


def test_a_frame_of_the_size_asked_for_is_left_as_it_is() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (48, 64)).astype(np.uint8)

    assert working_frame(grey, 64)[0] is grey
    assert grey_frame(grey) is grey


@pytest.mark.parametrize("side", [40, 80, 200, 640])
def test_colour_and_grey_come_to_the_same(side: int) -> None:
    grey = np.random.default_rng(1).integers(0, 256, (240, 320)).astype(np.uint8)
    colour = np.repeat(grey[:, :, None], 3, axis=2)

    assert np.array_equal(working_frame(colour, side)[0], working_frame(grey, side)[0])


def test_texture_averages_out_in_large_pictures() -> None:
    grey = np.where(np.indices((1200, 1600)).sum(axis=0) % 2, 100, 200).astype(np.uint8)

    assert np.ptp(scaled(grey, (240, 320))) <= 1


def test_patches_are_made_once_and_cannot_change() -> None:
    assert patch(3) is patch(3)
    assert patch(5, 2).shape == (2, 5)
    with pytest.raises(ValueError, match="read-only"):
        patch(3)[0, 0] = 0
