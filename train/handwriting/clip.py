"""Clips: pages of handwriting under a camera that is held by hand, with known text."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from train.handwriting.page import Page, PageSettings, WrittenDigit, WrittenLine, draw_page, keep_inside

SHEET = 1.3  # sides of the sheet beside those of the frame


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """What is filmed and how; raises ValueError for settings that make no clip."""

    page: PageSettings = field(default_factory=PageSettings)  # its size is the size of the frames
    frames: int = 150
    pages: int = 1  # shown one after the other, for equally long
    sway: float = 0.03  # how far the camera moves, as a share of the frame's width
    turn: float = 1.5  # how far it turns, degrees either way
    zoom: float = 0.05  # how much it comes nearer or goes away, 0–1

    def __post_init__(self) -> None:
        if self.frames < 1 or not 1 <= self.pages <= self.frames:
            raise ValueError(f"clip: expected 1 ≤ pages ≤ frames, got {self.pages} pages and {self.frames} frames")
        _ = self.sheet  # a sheet too large to draw is refused here

    @property
    def sheet(self) -> PageSettings:
        """The sheet that is filmed: larger than the frame, so that the camera sees paper wherever it moves."""
        width, height = (round(side * SHEET) for side in self.page.size)
        still = replace(self.page.camera, noise=0, jpeg=100)
        return replace(self.page, size=(width, height), height=self.page.digit_height, camera=still)


class ClipFrame(NamedTuple):
    """One frame of a clip and the truth about it."""

    picture: NDArray[np.uint8]  # (H, W, 3) BGR
    text: str  # the lines that are written, joined by new lines
    lines: tuple[WrittenLine, ...]  # with boxes that hold the ink, in pixels of this frame


def draw_clip(settings: ClipSettings, seed: int) -> Iterator[ClipFrame]:
    """Give the frames of the clip of `settings` that belongs to `seed`, one after the other.

    Each page lies still while the camera moves slowly; all digits stay in the frame.
    """
    shares = np.array_split(np.arange(settings.frames), settings.pages)
    for number, share in enumerate(shares):
        page = draw_page(settings.sheet, seed + number)
        rng = np.random.default_rng([seed, number])
        for view in _camera_path(settings, rng, len(share)):
            yield _film(page, _hold_inside(view, page, settings.page.size), settings.page, rng)


def _camera_path(settings: ClipSettings, rng: np.random.Generator, count: int) -> Iterator[NDArray[np.float64]]:
    """The transforms (2, 3) from the sheet to `count` frames: slow waves of shift, turn and zoom, and tremor."""
    width, height = settings.page.size
    middle = np.array(settings.sheet.size) / 2
    time = np.arange(count)
    waves = np.array([_wave(time, rng) for _ in range(4)])
    tremor = rng.normal(0, 0.0004 * width, (2, count)) if settings.sway > 0 else np.zeros((2, count))
    for index in range(count):
        right, down, turn, zoom = waves[:, index]
        view = cv2.getRotationMatrix2D(middle.tolist(), settings.turn * turn, 1 + settings.zoom * zoom)
        shift = (
            settings.sway * width * np.array([right, down]) + tremor[:, index] + np.array([width, height]) / 2 - middle
        )
        yield np.column_stack([view[:, :2], view[:, 2] + shift])


def _wave(time: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth motion within ±1 over frames `time`, of periods of some 3 to 10 seconds at 30 frames a second."""
    slow, fast = rng.uniform(180, 300), rng.uniform(80, 140)
    first, second = rng.uniform(0, 2 * np.pi, 2)
    return np.asarray(0.7 * np.sin(2 * np.pi * time / slow + first) + 0.3 * np.sin(2 * np.pi * time / fast + second))


def _hold_inside(view: NDArray[np.float64], page: Page, size: tuple[int, int]) -> NDArray[np.float64]:
    """Shift `view`, and shrink it where it must, so that every digit of `page` lies in the frame of `size`."""
    corners = np.concatenate([_corners(digit.box) for line in page.lines for digit in line.digits])
    seen = corners @ view[:, :2].T + view[:, 2]
    inside = keep_inside(seen.min(axis=0) - 1, seen.max(axis=0) + 1, size)
    return np.asarray((inside @ np.vstack([view, [0, 0, 1]]))[:2])


def _film(page: Page, view: NDArray[np.float64], settings: PageSettings, rng: np.random.Generator) -> ClipFrame:
    """See `page` through `view` with the camera of `settings`."""
    width, height = settings.size
    seen = cv2.warpAffine(page.picture, view, (width, height), borderMode=cv2.BORDER_REPLICATE)
    noisy = seen + np.float32(settings.camera.noise) * rng.standard_normal((height, width, 1), np.float32)
    picture = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    lines = tuple(_move_line(line, view, (width, height)) for line in page.lines)
    return ClipFrame(picture, page.text, lines)


def _move_line(line: WrittenLine, view: NDArray[np.float64], size: tuple[int, int]) -> WrittenLine:
    """Take a line's boxes from the page to the frame: the upright boxes around the moved ones."""
    return WrittenLine(tuple(WrittenDigit(digit.digit, _move(digit.box, view, size)) for digit in line.digits))


def _move(box: Box, view: NDArray[np.float64], size: tuple[int, int]) -> Box:
    """The upright box around a moved box, within the frame of `size` (width, height)."""
    moved = _corners(box) @ view[:, :2].T + view[:, 2]
    left, top = np.clip(np.floor(moved.min(axis=0)).astype(int), 0, np.array(size) - 1).tolist()
    right, bottom = np.clip(np.ceil(moved.max(axis=0)).astype(int), (left + 1, top + 1), size).tolist()
    return Box(left, top, right - left, bottom - top)


def _corners(box: Box) -> NDArray[np.float64]:
    """The four corners (4, 2) of a box."""
    return np.array([(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)], np.float64)
