"""Cameras on this machine: webcams by number or by device path."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2

from camera_demo.capture import CaptureSource
from camera_demo.wish import Wish
from runtime.errors import MissingSource
from runtime.plain import counted

SAME_RATE = 0.01  # of the rate asked for; drivers tell 29.97 for 30
PATIENCE = 3  # seconds; a device that gives no frame for so long has failed (OpenCV's own limit is 10)


def open_camera(text: str, wish: Wish, say: Callable[[str], None]) -> CaptureSource:
    """Open camera number `text`, or the camera at that path, and ask it for what `wish` says.

    `say` gets a line where the camera gives something else. Raises MissingSource where there is no such camera, it may
    not be used, or somebody else uses it.
    """
    device = Path(text if text.startswith("/") else f"/dev/video{int(text)}")
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(PATIENCE))
    interface = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
    capture = cv2.VideoCapture(int(text) if text.isdecimal() else str(device.resolve()), interface)
    if not capture.isOpened():
        raise MissingSource(f"camera {text}: {why_not(device)}")
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an older frame than the newest is of no use
    for line in ask(capture, wish):
        say(f"camera {text}: {line}")
    return CaptureSource(capture, f"camera {text}", live=True, complaint=stopped)


def ask(capture: cv2.VideoCapture, wish: Wish) -> list[str]:
    """Ask an open camera for format, size and rate, in the order that drivers want; what it gives instead, in words."""
    refused = []
    if wish.pixel_format is not None:
        code = cv2.VideoWriter.fourcc(*wish.pixel_format)
        capture.set(cv2.CAP_PROP_FOURCC, code)
        if int(capture.get(cv2.CAP_PROP_FOURCC)) != code:
            refused.append(f"asked for the pixel format {wish.pixel_format}, it gives another")
    if wish.size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, wish.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, wish.size[1])
    if wish.rate is not None:
        capture.set(cv2.CAP_PROP_FPS, wish.rate)
    given = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    if wish.size is not None and given != wish.size:
        refused.append(f"asked for {wish.size[0]}x{wish.size[1]}, it gives {given[0]}x{given[1]}")
    rate = float(capture.get(cv2.CAP_PROP_FPS))  # 0 where the driver does not tell
    if wish.rate is not None and rate > 0 and abs(rate - wish.rate) > SAME_RATE * wish.rate:
        refused.append(f"asked for {wish.rate:g} frames a second, it gives {rate:g}")
    return refused


def why_not(device: Path) -> str:
    """Why a camera cannot be opened, with the remedy."""
    if sys.platform != "linux":
        return "cannot be opened; is it plugged in, and may this program use it?"
    if not device.exists():
        names = "*" if "v4l" in device.parts else "video*"
        others = ", ".join(sorted(str(path) for path in device.parent.glob(names))) or "no camera at all"
        return f"there is no {device} (found: {others}); plug it in, or name another --source"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"this user may not open {device}; run: sudo usermod -aG video $USER, then log in anew"
    return f"{device} gives no pictures; another program may be using it, or it is not a camera"


def stopped(frames: int, _waited: float) -> str:
    """What is wrong with a camera's end: cameras do not end."""
    return f"it stopped after {counted(frames, 'frame')}; check the plug and the power"
