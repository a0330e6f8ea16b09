"""Streams from the network: MJPEG over HTTP, and whatever else FFmpeg plays, above all RTSP."""

import os
from collections.abc import Callable
from urllib.parse import urlsplit

import cv2

from camera_demo.capture import CaptureSource
from camera_demo.link import Link
from camera_demo.mjpeg import REMEDY, MjpegSource, NoMjpeg, open_mjpeg
from runtime.errors import MissingSource
from runtime.plain import counted


def open_stream(link: Link, say: Callable[[str], None] = print) -> CaptureSource | MjpegSource:
    """Connect to a stream; `say` hears of damaged pictures.

    Raises MissingSource where nothing answers within the link's time, later where no frame came for too long.
    """
    why = REMEDY
    # FFmpeg would keep the first and the last frames of MJPEG to itself; read here, each is there when it arrives.
    if urlsplit(link.address).scheme in ("http", "https"):
        try:
            return open_mjpeg(link, say)
        except NoMjpeg as error:
            why = str(error)
    return _open_ffmpeg(link, why)


def _open_ffmpeg(link: Link, why: str) -> CaptureSource:
    """A stream that OpenCV's FFmpeg plays; `why` says what to do where it does not."""
    # Some versions of OpenCV ask for UDP, of which firewalls and busy networks lose pictures; a person's choice stays.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    limits = {cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: link.open_seconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC: link.stall_seconds}
    parameters = [number for key, seconds in limits.items() for number in (key, round(1000 * seconds))]
    capture = cv2.VideoCapture(link.address, cv2.CAP_FFMPEG, parameters)
    if not capture.isOpened():
        raise MissingSource(f"{link.name}: no video came from there; {why}")

    def complaint(frames: int, waited: float) -> str | None:
        if waited > 0.9 * link.stall_seconds:
            wait = f"no frame for {link.stall_seconds:g} seconds after {counted(frames, 'frame')}"
            return f"{wait}; check the sender and the network"
        return None if frames else "it ended before the first frame; check that the sender runs"

    return CaptureSource(capture, link.name, live=True, complaint=complaint, prescribed=link.rate)
