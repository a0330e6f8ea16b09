"""A window with the live picture, and the keys that steer it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import cv2

from camera_demo.loop import Moment
from runtime.errors import InputError, MissingDependency
from runtime.pictures import save_picture
from runtime.records import Frame

TITLE = "digits"
KEYS = "q or Esc quits, space pauses, s saves the frame, o shows or hides the overlay"
LARGEST = (1600, 900)  # pixels; a window begins no larger than this
GLANCE = 10  # milliseconds that the window gets for its own work at a time
PROBE = "import cv2; cv2.namedWindow('digits', cv2.WINDOW_NORMAL)"
PROBE_SECONDS = 30  # a slow card of a small computer needs some seconds to load OpenCV


class Window:
    """Shows the pictures and turns keys into what the loop asks of a desk."""

    def __init__(self, stop: threading.Event, save_folder: Path, say: Callable[[str], None]) -> None:
        self._stop = stop
        self._save_folder = save_folder
        self._say = say
        self._paused = False
        self._overlay = True
        self._frame: Frame | None = None  # the one on show, as it came from the source
        self._picture: Frame | None = None  # the same with what was read
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)

    def show(self, picture: Frame, moment: Moment) -> None:
        """Put a picture into the window."""
        if self._frame is None:
            scale = min(1.0, LARGEST[0] / picture.shape[1], LARGEST[1] / picture.shape[0])
            cv2.resizeWindow(TITLE, round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        self._frame, self._picture = moment.shot.image, picture
        self._draw()

    def wait(self, seconds: float) -> bool:
        """Handle keys while `seconds` pass and as long as the person pauses; False when the person wants to end."""
        end = time.monotonic() + seconds
        while True:
            left = round(1000 * (end - time.monotonic()))  # milliseconds
            self._press(cv2.waitKey(GLANCE if self._paused else max(1, min(GLANCE, left))))
            if self._stop.is_set() or not self._is_open():
                return False
            if not self._paused and time.monotonic() >= end:
                return True

    def close(self) -> None:
        """Close the window."""
        cv2.destroyAllWindows()

    @staticmethod
    def _is_open() -> bool:
        """Whether the window is still there; some toolkits answer with an error when it is not."""
        try:
            return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            return False

    def _press(self, code: int) -> None:
        """Do what the key asks for; -1 is no key."""
        key = chr(code & 0xFF).lower() if code >= 0 else ""
        if key in ("q", "\x1b"):
            self._stop.set()
        elif key == " ":
            self._paused = not self._paused
        elif key == "o":
            self._overlay = not self._overlay
            self._draw()
        elif key == "s" and self._frame is not None:
            self._save(self._frame)

    def _draw(self) -> None:
        """Show the frame, with or without what was read."""
        picture = self._picture if self._overlay else self._frame
        if picture is not None:
            cv2.imshow(TITLE, picture)

    def _save(self, frame: Frame) -> None:
        """Save the frame under the present time; a failure is said and is no reason to end."""
        moment = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")[:-3]
        path = self._save_folder / f"digits-{moment}.png"
        try:
            save_picture(path, frame)
        except InputError as error:
            self._say(str(error))
        else:
            self._say(f"saved {path}")


def check_display() -> None:
    """Raise MissingDependency where no window can be opened.

    A toolkit without a display ends the whole process, so another process tries it first.
    """
    remedy = "add --headless (with --record or --events) to run without a window"
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise MissingDependency(f"there is no display here (DISPLAY is not set); {remedy}")
    try:
        subprocess.run([sys.executable, "-c", PROBE], capture_output=True, timeout=PROBE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "this screen"
        raise MissingDependency(f"no window can be opened on {display}; {remedy}") from error
