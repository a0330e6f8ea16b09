"""Streams from the network: MJPEG over HTTP, and whatever else FFmpeg plays, above all RTSP."""

import re
from urllib.parse import urlsplit

import cv2

from camera_demo.capture import CaptureSource
from camera_demo.mjpeg import MjpegSource, open_mjpeg
from runtime.errors import MissingSource

OPEN_SECONDS = 10.0  # a connection that is not there by then does not come
STALL_SECONDS = 5.0  # a stream without a frame for so long has stalled


def open_stream(
    address: str, rate: float | None, open_seconds: float = OPEN_SECONDS, stall_seconds: float = STALL_SECONDS
) -> CaptureSource | MjpegSource:
    """Connect to a stream; `rate` is what to expect of it in frames per second.

    Raises MissingSource where nothing answers within `open_seconds`, later where no frame came for `stall_seconds`.
    """
    name = without_password(address)
    # FFmpeg would keep the first and the last frames of MJPEG to itself; read here, each is there when it arrives.
    if urlsplit(address).scheme in ("http", "https"):
        mjpeg = open_mjpeg(address, name, rate, open_seconds, stall_seconds)
        if mjpeg is not None:
            return mjpeg
    return _open_ffmpeg(address, name, rate, open_seconds, stall_seconds)


def without_password(address: str) -> str:
    """The address fit for a message: user name and password are left out."""
    return re.sub(r"//[^/?#]*@", "//", address, count=1)


def _open_ffmpeg(
    address: str, name: str, rate: float | None, open_seconds: float, stall_seconds: float
) -> CaptureSource:
    """A stream that OpenCV's FFmpeg plays."""
    limits = {cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: open_seconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC: stall_seconds}
    parameters = [number for key, seconds in limits.items() for number in (key, round(1000 * seconds))]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, parameters)
    if not capture.isOpened():
        raise MissingSource(f"{name}: no video came from there; check the address and that the sender runs")

    def complaint(frames: int, waited: float) -> str | None:
        if waited > 0.9 * stall_seconds:
            return f"no frame for {stall_seconds:g} seconds after {frames} frames; check the sender and the network"
        return None if frames else "it ended before the first frame; check that the sender runs"

    return CaptureSource(capture, name, live=True, complaint=complaint, prescribed=rate)
