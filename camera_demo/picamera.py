"""The Raspberry Pi's own camera, through picamera2."""

import importlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from camera_demo.shot import Shot
from runtime.errors import MissingDependency, MissingSource

SIZE = (640, 480)  # width, height in pixels
RATE = 30.0  # frames per second
BUFFERS = 3  # frames in the camera's memory: one that is filled, one that is read, one between them
NAME = "picamera"


@dataclass(frozen=True, slots=True, eq=False)
class PiCamera:
    """An open camera of a Raspberry Pi."""

    camera: Any  # picamera2.Picamera2, started
    name: str
    rate: float
    live: bool = True

    def __iter__(self) -> Iterator[Shot]:
        """Frames as they come; MissingSource where the camera fails."""
        begin, number = 0.0, 0
        while True:
            try:
                image = self.camera.capture_array("main")
            except Exception as error:  # libcamera raises what it likes
                raise MissingSource(f"{self.name}: it stopped after {number} frames ({error})") from error
            taken, arrived = time.time(), time.monotonic()
            begin = begin or arrived
            yield Shot(image, number, arrived - begin, taken, arrived)
            number += 1

    def close(self) -> None:
        """Let go of the camera."""
        self.camera.stop()
        self.camera.close()


def open_picamera(number: int, size: tuple[int, int] | None, rate: float | None) -> PiCamera:
    """Open the Pi's camera `number` with frames of `size` (width, height) at `rate` a second.

    Raises MissingDependency without picamera2, MissingSource where there is no such camera.
    """
    name = f"{NAME}:{number}"
    camera = _open(number, name)
    rate = rate or RATE
    # picamera2's RGB888 lies in memory as OpenCV's BGR; queue=False: no frame from before it was asked for.
    stream = {"size": size or SIZE, "format": "RGB888"}
    camera.configure(
        camera.create_video_configuration(main=stream, controls={"FrameRate": rate}, buffer_count=BUFFERS, queue=False)
    )
    camera.start()
    return PiCamera(camera, name, rate)


def _open(number: int, name: str) -> Any:  # noqa: ANN401 - picamera2 has no types
    try:
        picamera2 = importlib.import_module("picamera2")
    except ImportError as error:
        remedy = "run: sudo apt install python3-picamera2, and make the environment with --system-site-packages"
        raise MissingDependency(f"{name}: picamera2 is not installed; {remedy}") from error
    try:
        return picamera2.Picamera2(number)
    except (IndexError, RuntimeError) as error:
        raise MissingSource(f"{name}: no such camera ({error}); see rpicam-hello --list-cameras") from error
