"""A camera that is not there: a sheet with numbers drawn by the program, moving as if held by hand."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from camera_demo.shot import Shot
from runtime.records import Frame

SIZE = (640, 480)  # width, height in pixels
RATE = 30.0  # frames per second
FIRST = 2019  # the number on the first sheet; the next ones have the numbers after it
SHEET_SECONDS = 6.0  # each sheet stays
PAPER, INK = 205, 45  # grey levels
SWAY = 0.03  # of the width, either way
TURN = 3.0  # degrees, either way
NOISE = 3.0  # grey levels, standard deviation: no two frames of a sensor are the same
FONT = cv2.FONT_HERSHEY_SIMPLEX
LETTER = 22  # pixels of a digit's height at scale 1
MARGIN = 64  # pixels that the noise is larger than the frame, so that it can be laid differently


@dataclass(slots=True, eq=False)
class SyntheticCamera:
    """Draws its frames as they fall due."""

    size: tuple[int, int] = SIZE
    rate: float = RATE
    name: str = "synthetic"
    live: bool = True
    closed: bool = False

    def __iter__(self) -> Iterator[Shot]:
        """Frames at the camera's rate until it is closed; one that falls due too late is left out."""
        begin, number = time.monotonic(), 0
        noise = sensor_noise(self.size)
        while not self.closed:
            time.sleep(max(0.0, begin + number / self.rate - time.monotonic()))
            arrived = time.monotonic()
            image = draw_frame(number / self.rate, self.size, noise[number % MARGIN :, number * 7 % MARGIN :])
            yield Shot(image, number, arrived - begin, time.time(), arrived)
            number = max(number + 1, int((time.monotonic() - begin) * self.rate))

    def close(self) -> None:
        """Draw no more."""
        self.closed = True


def text_at(seconds: float) -> str:
    """What stands on the sheet at a time: two lines, the second one counting up."""
    return f"{FIRST + 2}\n{FIRST + int(seconds / SHEET_SECONDS)}"


def draw_frame(seconds: float, size: tuple[int, int], noise: Frame) -> Frame:
    """The frame at `seconds`, uint8 (H, W, 3); `noise`, at least as large and about 128 in the mean, is added."""
    width, height = size
    view = cv2.getRotationMatrix2D((width / 2, height / 2), TURN * math.sin(0.5 * seconds), 1.0)
    view[:, 2] += np.array([SWAY * width * math.sin(0.9 * seconds), SWAY * width * math.sin(0.7 * seconds)])
    sheet = cv2.warpAffine(_sheet(text_at(seconds), size), view, size, borderValue=PAPER)
    grey = cv2.addWeighted(sheet, 1.0, noise[:height, :width], 1.0, -128)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))


def sensor_noise(size: tuple[int, int]) -> Frame:
    """Noise about 128 for frames of `size`, uint8, larger by MARGIN either way."""
    shape = (size[1] + MARGIN, size[0] + MARGIN)
    return np.clip(np.random.default_rng(0).normal(128, NOISE, shape), 0, 255).astype(np.uint8)


def _sheet(text: str, size: tuple[int, int]) -> Frame:
    """The sheet as it lies before the camera, grey (H, W)."""
    width, height = size
    sheet = np.full((height, width), PAPER, np.uint8)
    scale = height / 6 / LETTER
    pen = max(2, height // 80)
    for number, line in enumerate(text.splitlines()):
        corner = (width // 4, round(height * (0.42 + 0.28 * number)))
        for place, digit in enumerate(line):
            left = corner[0] + round(place * 1.35 * height / 6)
            cv2.putText(sheet, digit, (left, corner[1]), FONT, scale, INK, pen, cv2.LINE_AA)
    return sheet
