"""Clips: the truth of every frame, slow motion, and digits that stay in the frame."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from train.handwriting.clip import ClipSettings, draw_clip
from train.handwriting.page import PageSettings, draw_page
from train.handwriting.paper import Camera, Paper

PAGE = PageSettings(size=(320, 180), lines=2, digits=(2, 4))
SETTINGS = ClipSettings(PAGE, frames=20)


def test_frames_are_pictures_with_truth() -> None:
    frames = list(draw_clip(SETTINGS, 1))
    assert len(frames) == 20
    for frame in frames:
        assert frame.picture.shape == (180, 320, 3)
        assert frame.picture.dtype == np.uint8
        assert frame.text == "\n".join(line.text for line in frame.lines)


def test_pages_are_those_of_the_seed_and_the_next_ones() -> None:
    texts = [frame.text for frame in draw_clip(ClipSettings(PAGE, frames=3, pages=3), 9)]
    assert texts == [draw_page(PAGE, seed).text for seed in (9, 10, 11)]


@pytest.mark.parametrize("seed", range(4))
def test_there_is_no_ink_beside_the_boxes(seed: int) -> None:
    page = replace(PAGE, paper=Paper(texture=0), camera=Camera(gradient=0, noise=0))
    for frame in draw_clip(ClipSettings(page, frames=40, sway=0.1), seed):
        grey = cv2.cvtColor(frame.picture, cv2.COLOR_BGR2GRAY)
        for box in (digit.box for line in frame.lines for digit in line.digits):
            grey[max(0, box.top - 4) : box.bottom + 4, max(0, box.left - 4) : box.right + 4] = 255
        assert grey.min() > 180, "the camera mirrored or repeated ink"


def test_a_sheet_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="pixels"):
        ClipSettings(replace(PAGE, size=(6000, 6000)))


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (list(draw_clip(replace(SETTINGS, frames=3), seed)) for seed in (2, 2, 3))
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].picture, other[0].picture)


@pytest.mark.parametrize("sway", [0.0, 0.03, 0.5])
def test_boxes_stay_in_the_frame_and_hold_the_ink(sway: float) -> None:
    for frame in draw_clip(replace(SETTINGS, sway=sway, zoom=0.3, turn=8), 4):
        grey = cv2.cvtColor(frame.picture, cv2.COLOR_BGR2GRAY)
        boxes = [digit.box for line in frame.lines for digit in line.digits]
        assert all(b.left >= 0 and b.top >= 0 and b.right <= 320 and b.bottom <= 180 for b in boxes)
        for box in boxes:
            inside = grey[box.top : box.bottom, box.left : box.right]
            assert inside.min() < 130, "there is ink in the box"


def test_the_camera_moves_slowly() -> None:
    frames = list(draw_clip(replace(SETTINGS, frames=60), 5))
    places = np.array([frame.lines[0].digits[0].box.centre for frame in frames])
    assert np.hypot(*np.diff(places, axis=0).T).max() < 4
    assert np.ptp(places, axis=0).max() > 3


def test_pages_follow_each_other_for_equally_long() -> None:
    texts = [frame.text for frame in draw_clip(replace(SETTINGS, pages=4), 1)]
    assert [texts.index(text) for text in dict.fromkeys(texts)] == [0, 5, 10, 15]


@pytest.mark.parametrize(("frames", "pages"), [(0, 1), (5, 6), (5, 0)])
def test_settings_that_make_no_clip(frames: int, pages: int) -> None:
    with pytest.raises(ValueError, match="pages"):
        ClipSettings(PAGE, frames=frames, pages=pages)
