"""A side of the contrast is left alone only where nothing on it could have been read."""

import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.records import Frame
from runtime.segment import SETTINGS, find
from runtime.segment.sides import two_sides
from train.handwriting.page import draw_page
from train.handwriting.presets import PRESETS

Grey = NDArray[np.uint8]
BOTH = dataclasses.replace(SETTINGS, faint_side=0.0)


def sheet(level: int = 200) -> Grey:
    return np.full((480, 640), level, np.uint8)


def write(page: Grey, corner: tuple[int, int], ink: int, pen: int) -> Grey:
    """A 4 of straight strokes."""
    left, top = corner
    points = [(30, 0), (0, 50), (55, 50), (40, 50), (40, 20), (40, 80)]
    moved = np.array([(left + x, top + y) for x, y in points], np.int32)
    cv2.polylines(page, [moved], isClosed=False, color=ink, thickness=pen)
    return page


def looked_at(page: Grey) -> tuple[bool, bool]:
    """Whether dark ink is looked for, and light ink."""
    dark, light = (bool(side.contrast.any()) for side in two_sides(page, SETTINGS))
    return dark, light


@pytest.mark.parametrize("name", ["squared", "shadow", "board"])
@pytest.mark.parametrize("inverted", [False, True], ids=["dark ink", "light ink"])
def test_what_is_left_alone_holds_no_digits(name: str, inverted: bool) -> None:
    picture = draw_page(PRESETS[name], 2).picture
    frame: Frame = np.asarray(255 - picture if inverted else picture, np.uint8)

    assert boxes(frame, SETTINGS) == boxes(frame, BOTH)


def boxes(frame: Frame, settings: object) -> list[tuple[int, ...]]:
    found = find(frame, settings)  # type: ignore[arg-type]
    return sorted(tuple(candidate.box) for candidate in found.digits)


@pytest.mark.parametrize("pen", [1, 4, 14], ids="pen {}".format)
def test_ink_on_plain_paper_is_looked_for_on_its_own_side(pen: int) -> None:
    page = write(sheet(), (250, 180), 60, pen)

    assert looked_at(page) == (True, False)
    assert looked_at(255 - page) == (False, True)


def test_ink_and_chalk_in_one_frame_are_both_looked_for() -> None:
    page = sheet()
    page[:, 320:] = 50
    write(page, (100, 180), 60, 5)
    write(page, (430, 180), 190, 5)

    assert looked_at(page) == (True, True)


@pytest.mark.parametrize("pen", [1, 2])
def test_thin_pale_writing_is_seen_beside_a_gleam(pen: int) -> None:
    """In the small frame a stroke of a pixel fades, while a broad gleam does not."""
    page = sheet()
    for left in range(60, 600, 70):
        write(page, (left, 80), 140, pen)
    cv2.ellipse(page, (320, 400), (60, 12), 0, 0, 360, 250, cv2.FILLED)

    assert looked_at(page)[0]


def test_texture_is_looked_at_on_both_sides() -> None:
    page = np.random.default_rng(3).integers(90, 220, (480, 640)).astype(np.uint8)

    assert looked_at(page) == (True, True)


def test_where_nothing_is_nothing_stands_out() -> None:
    assert looked_at(sheet()) == (False, False)


def test_a_bare_side_has_no_ink_and_no_candidates() -> None:
    dark, light = find(write(sheet(), (250, 180), 60, 5)).sides

    assert dark.candidates
    assert not light.ink.any()
    assert not light.dropped
    assert not light.candidates
    assert light.ink.shape == dark.ink.shape
