"""The window on a real screen: an X server in memory, real key presses, and what then stands on the screen."""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera_demo.overlay import GROUND
from train.handwriting.page import PageSettings, draw_page

TINY = Path(__file__).parents[1] / "models"
SCREEN = (1024, 768)
CLIENT_MESSAGE = 33  # of X.h
PATIENCE = 30  # seconds
MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}: apt-get install xvfb xdotool"),
]


class ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib.h, as long as an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 12),
    )


@dataclass(frozen=True)
class Screen:
    """An X server that keeps its picture in a file."""

    display: str
    memory: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.display}

    def look(self) -> np.ndarray[Any, Any]:
        """What stands on the screen, uint8 (H, W, 3) BGR (the format is X's own window dump)."""
        data = self.memory.read_bytes()
        header = struct.unpack(">25I", data[:100])
        start, line, height, width = header[0] + 12 * header[19], header[12], header[5], header[4]
        pixels = np.frombuffer(data, np.uint8, line * height, start).reshape(height, line // 4, 4)
        return pixels[:, :width, :3].copy()

    def tool(self, *words: str) -> str:
        """What xdotool says."""
        command = ["xdotool", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout.strip()

    def window(self) -> str:
        """The number of our window, "" while there is none."""
        return self.tool("search", "--name", "^digits$").partition("\n")[0]

    def press(self, key: str) -> None:
        self.tool("windowfocus", self.window())
        self.tool("key", "--delay", "50", key)

    def map_again(self) -> None:
        """Hide and show our window: with no window manager, Qt misses the first Expose of one window in ten."""
        time.sleep(1)
        self.tool("windowunmap", self.window())
        self.tool("windowmap", self.window())

    def ask_to_close(self, window: int) -> None:
        """What a window manager does when its cross is clicked: a WM_DELETE_WINDOW message (ICCCM 4.2.8.1)."""
        library = ctypes.CDLL("libX11.so.6")
        library.XOpenDisplay.restype = ctypes.c_void_p
        library.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(library.XOpenDisplay(self.display.encode()))
        atoms = [library.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
        message = ClientMessage(CLIENT_MESSAGE, 0, 1, display, window, atoms[0], 32, (atoms[1], 0, 0, 0, 0))
        library.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
        library.XCloseDisplay(display)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    folder = tmp_path_factory.mktemp("screen")
    reading, writing = os.pipe()
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    # Without -noreset the server begins anew, and for a moment refuses clients, whenever the last one has left.
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-fbdir", str(folder), "-noreset"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        yield Screen(f":{number}", folder / "Xvfb_screen0")
        server.terminate()


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of a page that lies still."""
    path = tmp_path_factory.mktemp("clips") / "page.avi"
    picture = draw_page(PageSettings(size=(640, 480), text=("0522", "174")), seed=3).picture
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (640, 480))
    for _ in range(600):
        writer.write(picture)
    writer.release()
    return path


@dataclass(frozen=True)
class Session:
    """`digits camera` with its window open."""

    process: "subprocess.Popen[str]"
    screen: Screen
    folder: Path

    def events(self) -> int:
        path = self.folder / "events.jsonl"
        return path.read_text(encoding="utf-8").count("\n") if path.exists() else 0

    def overlay(self) -> bool:
        """Whether the strip with the glyphs stands on the screen."""
        return int((self.screen.look() == np.array(GROUND, np.uint8)).all(axis=2).sum()) > 5000

    def painted(self) -> bool:
        """Whether the picture stands on the screen; if not, the window is asked once more to draw it."""
        if not self.overlay():
            self.screen.map_again()
        return self.overlay()

    def end(self) -> str:
        """What the program said in the end; it must end well by itself."""
        _, err = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return err


@pytest.fixture
def session(screen: Screen, clip: Path, tmp_path: Path) -> Iterator[Session]:
    words = ["--bundle", str(TINY), "--source", str(clip), "--events", "events.jsonl", "--save-folder", "kept"]
    words += ["--every-frame"]
    command = [sys.executable, "-m", "camera_demo", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=tmp_path, env=screen.environment, **pipes)  # type: ignore[call-overload]
    opened = Session(process, screen, tmp_path)
    try:
        wait_until(lambda: process.poll() is not None or opened.events() > 3, "the first frames")
        assert process.poll() is None, process.communicate()[1]
        wait_until(opened.painted, "a picture on the screen")
        yield opened
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("key", ["q", "Escape", "shift+q"])
def test_a_key_quits(key: str, session: Session) -> None:
    session.screen.press(key)

    lines = session.end().splitlines()
    assert len(lines) == 2
    assert "frames in" in lines[-1]


def test_closing_the_window_quits(session: Session) -> None:
    session.screen.ask_to_close(int(session.screen.window()))

    assert "frames in" in session.end()


def test_space_pauses_and_goes_on(session: Session) -> None:
    session.screen.press("space")
    time.sleep(0.5)
    before = session.events()
    time.sleep(1)
    paused = session.events()
    session.screen.press("space")
    wait_until(lambda: session.events() > paused + 5, "going on after the pause")
    session.screen.press("q")
    session.end()

    assert paused == before


def test_o_hides_and_shows_what_was_read_even_in_a_pause(session: Session) -> None:
    session.screen.press("o")
    wait_until(lambda: not session.overlay(), "the overlay to go")
    session.screen.press("space")
    session.screen.press("o")
    wait_until(session.overlay, "the overlay to come back")
    session.screen.press("q")
    session.end()


def test_s_saves_the_frame_as_it_came(session: Session, clip: Path) -> None:
    kept = session.folder / "kept"
    session.screen.press("s")
    wait_until(lambda: kept.exists() and list(kept.glob("digits-*.png")), "the saved frame")
    session.screen.press("q")
    err = session.end()

    (path,) = kept.iterdir()
    assert f"saved {Path('kept') / path.name}" in err
    saved, expected = cv2.imread(str(path)), cv2.VideoCapture(str(clip)).read()[1]
    assert saved is not None
    assert expected is not None
    assert saved.shape == expected.shape
    assert cv2.absdiff(saved, expected).max() < 32  # the clip's frames differ a little, boxes would differ much


def test_a_frame_that_cannot_be_saved_is_said_and_the_show_goes_on(session: Session) -> None:
    (session.folder / "kept").write_text("in the way")
    session.screen.press("s")
    seen = session.events()
    wait_until(lambda: session.events() > seen + 5, "going on")
    session.screen.press("q")

    assert "kept" in session.end()


def test_a_clip_plays_in_real_time(session: Session) -> None:
    start, first = time.monotonic(), session.events()
    time.sleep(2)
    rate = (session.events() - first) / (time.monotonic() - start)
    session.screen.press("q")
    session.end()

    assert rate < 12  # of the clip's 10 frames per second; a busy machine may show fewer
