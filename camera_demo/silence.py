"""Quiet for OpenCV, FFmpeg and Qt, which write to stderr what only their authors can use."""

import os

import cv2

SILENT = 0  # of OpenCV's log levels


def silence_libraries() -> None:
    """Switch off the libraries' own messages; call it before the first capture, writer or window.

    Whatever goes wrong is reported by this program in words of its own. A value that the person has set stays.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # FFmpeg's AV_LOG_QUIET; read at the first capture
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")  # the wheel's Qt misses its fonts, aloud
    if "OPENCV_LOG_LEVEL" not in os.environ:
        # OpenCV 4 has the function in one place, OpenCV 5 in another.
        owner = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging
        owner.setLogLevel(SILENT)
