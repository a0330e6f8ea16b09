"""Cameras on this machine: webcams by number or by device path."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2

from camera_demo.capture import CaptureSource
from runtime.errors import MissingSource


def open_camera(
    text: str, size: tuple[int, int] | None, rate: float | None, say: Callable[[str], None]
) -> CaptureSource:
    """Open camera number `text`, or the camera at that path, and ask it for a size and a frame rate.

    `say` gets a line where the camera does not give the size asked for. Raises MissingSource where there is no such
    camera, it may not be used, or somebody else uses it.
    """
    device = Path(text if text.startswith("/") else f"/dev/video{int(text)}")
    interface = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
    capture = cv2.VideoCapture(int(text) if text.isdecimal() else text, interface)
    if not capture.isOpened():
        raise MissingSource(f"camera {text}: {why_not(device)}")
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an older frame than the newest is of no use
    if size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    if rate is not None:
        capture.set(cv2.CAP_PROP_FPS, rate)
    given = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    if size is not None and given != size:
        say(f"camera {text}: asked for {size[0]}x{size[1]}, it gives {given[0]}x{given[1]}")
    return CaptureSource(capture, f"camera {text}", live=True, complaint=stopped)


def why_not(device: Path) -> str:
    """Why a camera cannot be opened, with the remedy."""
    if sys.platform != "linux":
        return "cannot be opened; is it plugged in, and may this program use it?"
    if not device.exists():
        others = ", ".join(sorted(str(path) for path in device.parent.glob("video*"))) or "no camera at all"
        return f"there is no {device} (found: {others}); plug it in, or name another --source"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"this user may not open {device}; run: sudo usermod -aG video $USER, then log in anew"
    return f"{device} gives no pictures; another program may be using it, or it is not a camera"


def stopped(frames: int, _waited: float) -> str:
    """What is wrong with a camera's end: cameras do not end."""
    return f"it stopped after {frames} frames; check the plug and the power"
