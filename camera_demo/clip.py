"""Video files."""

from pathlib import Path

import cv2

from camera_demo.capture import CaptureSource
from runtime.errors import MissingSource


def open_clip(path: Path, rate: float | None) -> CaptureSource:
    """Open a video file, to be played at `rate` frames per second or, without it, as its time stamps say.

    Raises MissingSource where there is no such file or it holds no video.
    """
    if not path.exists():
        raise MissingSource(f"{path}: there is no such file; name a camera (0), video, folder, pattern or address")
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise MissingSource(f"{path}: not a video that can be read; is it whole, and does another player show it?")
    return CaptureSource(capture, str(path), live=False, complaint=_complaint, prescribed=rate)


def _complaint(frames: int, _waited: float) -> str | None:
    return None if frames else "not one frame of it can be decoded; does another player show it?"
