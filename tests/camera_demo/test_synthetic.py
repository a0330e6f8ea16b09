"""The drawn camera: frames at its rate, never twice the same, that change as they say."""

import numpy as np
import pytest

from camera_demo.condition import fault
from camera_demo.sources import open_source
from camera_demo.synthetic import MARGIN, NOISE, SHEET_SECONDS, SyntheticCamera, draw_frame, sensor_noise, text_at
from camera_demo.wish import Wish


def test_it_is_a_live_source_like_any_other() -> None:
    source = open_source("synthetic", Wish((320, 240), 100.0))
    shots = [shot for _, shot in zip(range(8), source, strict=False)]
    source.close()

    assert (source.name, source.live, source.rate) == ("synthetic", True, 100.0)
    assert all(shot.image.shape == (240, 320, 3) for shot in shots)
    assert [shot.number for shot in shots] == sorted({shot.number for shot in shots})
    assert all(not np.array_equal(shots[0].image, shot.image) for shot in shots[1:])
    assert all(fault(shot.image) is None for shot in shots)


def test_a_closed_camera_ends() -> None:
    source = SyntheticCamera((64, 48), 100.0)
    shots = []
    for shot in source:
        shots.append(shot)
        source.close()

    assert len(shots) == 1


def test_the_numbers_count_up() -> None:
    assert [text_at(SHEET_SECONDS * n) for n in range(3)] == ["2021\n2019", "2021\n2020", "2021\n2021"]
    assert text_at(SHEET_SECONDS - 0.01) == text_at(0)


@pytest.mark.parametrize("size", [(320, 240), (1280, 720)], ids=str)
def test_the_sheet_moves_and_keeps_its_ink_in_the_picture(size: tuple[int, int]) -> None:
    noise = np.full((size[1] + MARGIN, size[0] + MARGIN), 128, np.uint8)
    middles = []
    for seconds in range(12):
        ink = np.argwhere(draw_frame(float(seconds), size, noise)[:, :, 0] < 100)
        assert ink.min() > 0
        assert (ink.max(axis=0) < (size[1] - 1, size[0] - 1)).all()
        middles.append(ink.mean(axis=0))

    assert np.ptp(middles, axis=0).max() > 0.02 * size[0]


def test_noise_is_that_of_a_sensor() -> None:
    noise = sensor_noise((320, 240))

    assert noise.shape == (240 + MARGIN, 320 + MARGIN)
    assert noise.mean() == pytest.approx(128, abs=1)
    assert noise.std() == pytest.approx(NOISE, rel=0.1)
