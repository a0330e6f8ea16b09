"""The Raspberry Pi's own camera, through picamera2."""

import importlib
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from camera_demo.shot import Shot
from runtime.errors import MissingDependency, MissingSource
from runtime.plain import counted

SIZE = (640, 480)  # width, height in pixels
RATE = 30.0  # frames per second
BUFFERS = 3  # frames in the camera's memory: one that is filled, one that is read, one between them
NAME = "picamera"
PATIENCE = 5.0  # seconds to wait for a frame; versions of picamera2 that know no limit wait for ever


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
                image = self.camera.capture_array("main", wait=max(PATIENCE, 3 / self.rate))
            except Exception as error:  # libcamera raises what it likes
                what = f"it stopped after {counted(number, 'frame')} ({str(error) or type(error).__name__})"
                raise MissingSource(f"{self.name}: {what}; check the cable") from error
            taken, arrived = time.time(), time.monotonic()
            begin = begin or arrived
            yield Shot(image, number, arrived - begin, taken, arrived)
            number += 1

    def close(self) -> None:
        """Let go of the camera; MissingSource where it does not let go of us."""
        try:
            try:
                self.camera.stop()
            finally:
                self.camera.close()
        except Exception as error:
            raise MissingSource(f"{self.name}: it cannot be closed ({error})") from error


def open_picamera(number: int, size: tuple[int, int] | None, rate: float | None) -> PiCamera:
    """Open the Pi's camera `number` with frames of `size` (width, height) at `rate` a second.

    Raises MissingDependency without picamera2, MissingSource where there is no such camera or it does not start.
    """
    name = f"{NAME}:{number}"
    camera = _open(number, name)
    rate = rate or RATE
    # picamera2's RGB888 lies in memory as OpenCV's BGR; queue=False: no frame from before it was asked for.
    stream = {"size": size or SIZE, "format": "RGB888"}
    wishes: dict[str, Any] = {"controls": {"FrameRate": rate}, "buffer_count": BUFFERS, "queue": False}
    try:
        camera.configure(camera.create_video_configuration(main=stream, **wishes))
        camera.start()
    except Exception as error:  # another program uses it, or it does not know the size
        with suppress(Exception):
            camera.close()
        remedy = "does another program use it, and does it know the size?"
        raise MissingSource(f"{name}: it does not start ({error}); {remedy}") from error
    return PiCamera(camera, name, rate)


def _open(number: int, name: str) -> Any:  # noqa: ANN401 - picamera2 has no types
    try:
        picamera2 = importlib.import_module("picamera2")
    except ImportError as error:
        remedy = "run: sudo apt install python3-picamera2, and make the environment with --system-site-packages"
        raise MissingDependency(f"{name}: picamera2 is not installed; {remedy}") from error
    try:
        return picamera2.Picamera2(number)
    except Exception as error:  # libcamera raises what it likes
        raise MissingSource(f"{name}: no such camera ({error}); see rpicam-hello --list-cameras") from error
