"""Where frames come from: real video files, folders and patterns of pictures, HTTP streams, and what is not there."""

import http.server
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera_demo import camera
from camera_demo.capture import CaptureSource
from camera_demo.link import Link, without_password
from camera_demo.shot import Shot
from camera_demo.silence import silence_libraries
from camera_demo.sources import Source, open_source
from camera_demo.stream import open_stream
from camera_demo.wish import Wish
from runtime.errors import MissingSource, UsageError
from runtime.records import Frame

FRAMES = 12
RATE = 20.0


@pytest.fixture(autouse=True)
def _silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_FFMPEG_LOGLEVEL", "-8")
    silence_libraries()


def tone(number: int) -> Frame:
    """A frame that says its number by its brightness, also after lossy coding."""
    return np.full((48, 64, 3), 20 * (number % FRAMES), np.uint8)


def number_of(frame: Frame) -> int:
    return round(float(frame.mean()) / 20)


def write_clip(path: Path, codec: str, frames: int = FRAMES) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), RATE, (64, 48))
    assert writer.isOpened()
    for number in range(frames):
        writer.write(tone(number))
    writer.release()
    return path


def write_jpegs(path: Path) -> Path:
    """A bare sequence of JPEG pictures, which has no time stamps at all."""
    path.write_bytes(b"".join(cv2.imencode(".jpg", tone(number))[1].tobytes() for number in range(FRAMES)))
    return path


def refuse(line: str) -> None:
    raise AssertionError(line)


CLIPS: dict[str, Callable[[Path], Path]] = {
    "mp4": lambda folder: write_clip(folder / "clip.mp4", "mp4v"),
    "avi": lambda folder: write_clip(folder / "clip.avi", "MJPG"),
    "mkv": lambda folder: write_clip(folder / "clip.mkv", "mp4v"),
}


@pytest.mark.parametrize("kind", CLIPS)
def test_a_clip_gives_every_frame_at_its_time(kind: str, tmp_path: Path) -> None:
    source = open_source(str(CLIPS[kind](tmp_path)), say=refuse)
    shots = list(source)

    assert [number_of(shot.image) for shot in shots] == list(range(FRAMES))
    assert [shot.number for shot in shots] == list(range(FRAMES))
    assert [shot.seconds for shot in shots] == pytest.approx([n / RATE for n in range(FRAMES)], abs=0.002)
    assert (source.live, source.rate) == (False, RATE)
    assert all(abs(shot.taken - time.time()) < 60 and shot.arrived <= time.monotonic() for shot in shots)
    source.close()


def test_a_clip_plays_at_the_rate_asked_for(tmp_path: Path) -> None:
    source = open_source(str(CLIPS["mp4"](tmp_path)), Wish(rate=0.5))

    assert [shot.seconds for shot in source] == [2.0 * n for n in range(FRAMES)]
    assert source.rate == 0.5


def test_frames_without_time_stamps_still_have_a_rising_clock(tmp_path: Path) -> None:
    shots = list(open_source(str(write_jpegs(tmp_path / "clip.mjpeg"))))

    assert len(shots) == FRAMES
    assert all(after.seconds > before.seconds for before, after in pairwise(shots))


def test_a_truncated_clip_gives_what_is_left_of_it(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", "MJPG", frames=200)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])

    shots = list(open_source(str(path)))

    assert 0 < len(shots) < 200


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Pictures 1, 2, 10 and 11, of which 10 is damaged, among files that are no pictures."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in (1, 2, 10, 11):
        cv2.imwrite(str(folder / f"page{number}.png"), tone(number))
    (folder / "page10.png").write_bytes((folder / "page10.png").read_bytes()[:40])
    (folder / "notes.txt").write_text("nothing")
    (folder / ".page3.png").write_bytes(b"half")
    return folder


@pytest.mark.parametrize(
    ("name", "numbers", "skipped"),
    [
        ("", [1, 2, 11], 1),
        ("page%d.png", [1, 2, 11], 1),
        ("page%02d.png", [11], 1),
        ("page*.png", [1, 2, 11], 1),
        ("page[12].png", [1, 2], 0),
        ("page2.png", [2], 0),
    ],
    ids=["folder", "numbers", "two-figure numbers", "asterisk", "brackets", "one picture"],
)
def test_pictures_in_natural_order(pictures: Path, name: str, numbers: list[int], skipped: int) -> None:
    said: list[str] = []
    shots = list(open_source(str(pictures / name), say=said.append))

    assert [number_of(shot.image) for shot in shots] == numbers
    assert [shot.number for shot in shots] == list(range(len(numbers)))
    assert len(said) == skipped
    assert all("page10.png" in line and "\n" not in line for line in said)


@pytest.mark.parametrize(
    ("name", "asked", "seconds"),
    [("page*.png", None, 1.0), ("page%d.png", None, 1 / 25), ("", 4.0, 0.25)],
    ids=["pictures to look at", "frames of a clip", "as asked"],
)
def test_pictures_have_a_rate(pictures: Path, name: str, asked: float | None, seconds: float) -> None:
    shots = list(open_source(str(pictures / name), Wish(rate=asked), say=lambda _line: None))

    assert shots[1].seconds == pytest.approx(seconds)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "take [1].mp4", "mp4v")

    assert len(list(open_source(str(path)))) == FRAMES


def junk(path: Path, data: bytes = b"junk" * 500) -> str:
    path.write_bytes(data)
    return str(path)


ABSENT: dict[str, tuple[Callable[[Path], str], str]] = {
    "camera number": (lambda _: "63", "there is no /dev/video63"),
    "camera path": (lambda _: "/dev/video63", "there is no /dev/video63"),
    "camera name": (lambda _: "/dev/v4l/by-id/usb-none-index0", "there is no /dev/v4l/by-id/usb-none-index0"),
    "file": (lambda folder: str(folder / "clip.mp4"), "no such file"),
    "junk": (lambda folder: junk(folder / "junk.mp4"), "not a video"),
    "empty file": (lambda folder: junk(folder / "empty.mp4", b""), "not a video"),
    "junk picture": (lambda folder: junk(folder / "junk.png"), "not one picture of 1 can be read"),
    "absent picture": (lambda folder: str(folder / "a.png"), "no picture has such a name"),
    "empty folder": (str, "holds no pictures"),
    "a number no camera has": (lambda _: "9" * 20, "there is no such file; name a camera"),
    "pattern": (lambda folder: str(folder / "%04d.png"), "no picture has such a name"),
    "pattern in no folder": (lambda folder: str(folder / "no" / "*.png"), "no picture has such a name"),
    "refused http": (lambda _: "http://me:secret@127.0.0.1:9/video", "no video came from there"),
    "refused rtsp": (lambda _: "rtsp://me:secret@127.0.0.1:9/video", "no video came from there"),
}


@pytest.mark.parametrize("kind", ABSENT)
def test_what_is_not_there_is_one_line(kind: str, tmp_path: Path) -> None:
    make, message = ABSENT[kind]

    with pytest.raises(MissingSource, match=message) as caught:
        list(open_source(make(tmp_path), say=lambda _line: None))

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("text", "wish", "message"),
    [
        ("clip.mp4", Wish(size=(640, 480)), "--size is asked of a camera"),
        ("clip.mp4", Wish(pixel_format="MJPG"), "--pixel-format is asked of a camera"),
        ("synthetic", Wish(pixel_format="MJPG"), "--pixel-format is asked of a camera"),
        ("ftp://host/clip.mp4", Wish(), "expected a stream's address"),
        ("http:///nowhere", Wish(), "expected a stream's address"),
        ("http://[::1", Wish(), "expected a stream's address"),
        ("ftp://me:secret@host", Wish(), "^ftp://host: expected"),
        ("", Wish(), "got nothing"),
    ],
    ids=["size", "format", "drawn format", "another scheme", "no host", "broken brackets", "a password", "nothing"],
)
def test_what_makes_no_sense_is_refused(text: str, wish: Wish, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_source(text, wish)


def test_what_a_camera_does_not_give_is_said(tmp_path: Path) -> None:
    """A clip stands in for a camera: it takes no wishes, as many drivers do."""
    capture = cv2.VideoCapture(str(CLIPS["mp4"](tmp_path)))

    assert camera.ask(capture, Wish((640, 480), 30.0, "MJPG")) == [
        "asked for the pixel format MJPG, it gives another",
        "asked for 640x480, it gives 64x48",
        "asked for 30 frames a second, it gives 20",
    ]
    assert camera.ask(capture, Wish((64, 48), RATE)) == camera.ask(capture, Wish()) == []


def test_a_device_that_is_no_camera_says_so(tmp_path: Path) -> None:
    (tmp_path / "video3").write_bytes(b"")

    assert "is not a camera" in camera.why_not(tmp_path / "video3")
    assert str(tmp_path / "video3") in camera.why_not(tmp_path / "video4")


def test_a_camera_that_stops_is_an_error(tmp_path: Path) -> None:
    """A capture that ends stands in for a camera that is unplugged: OpenCV reports both alike."""
    capture = cv2.VideoCapture(str(CLIPS["mp4"](tmp_path)))
    source: Source = CaptureSource(capture, "camera 0", live=True, complaint=camera.stopped)
    seen: list[Shot] = []

    with pytest.raises(MissingSource, match=f"camera 0: it stopped after {FRAMES} frames"):
        seen.extend(source)


class Sender(http.server.BaseHTTPRequestHandler):
    """Sends so many JPEG frames as a camera on the network does, then hangs up or falls silent."""

    frames = FRAMES
    silent_seconds = 0.0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(self.frames):
            data = cv2.imencode(".jpg", tone(number))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data + b"\r\n")
            self.wfile.flush()
            time.sleep(0.01)
        self.server.hang_up.wait(self.silent_seconds)  # type: ignore[attr-defined]

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def sender(frames: int = FRAMES, silent_seconds: float = 0.0) -> Iterator[str]:
    handler = type("Sender", (Sender,), {"frames": frames, "silent_seconds": silent_seconds})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.hang_up = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/video"
        server.hang_up.set()  # type: ignore[attr-defined]
        server.shutdown()


def test_an_mjpeg_stream_gives_its_frames() -> None:
    with sender() as address:
        source = open_source(address)
        shots = list(source)
        source.close()

    numbers = [number_of(shot.image) for shot in shots]
    assert source.live
    assert numbers == list(range(FRAMES))
    assert all(after.seconds > before.seconds for before, after in pairwise(shots))


def test_a_stream_that_falls_silent_ends_with_a_line() -> None:
    with sender(silent_seconds=30) as address:
        source = open_stream(Link(address, stall_seconds=0.5))
        seen = 0
        with pytest.raises(MissingSource, match=r"no frame for 0.5 seconds after \d+ frames"):
            for _ in source:
                seen += 1
        source.close()

    assert seen > 0


def test_a_stream_that_never_begins_is_missing() -> None:
    with sender(frames=0, silent_seconds=30) as address, pytest.raises(MissingSource, match="no video came"):
        open_stream(Link(address, open_seconds=0.5, stall_seconds=0.5))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:secret@camera.lan:554/1?a=b", "rtsp://camera.lan:554/1?a=b"),
        ("http://camera.lan/video", "http://camera.lan/video"),
        ("http://me@camera.lan", "http://camera.lan"),
    ],
    ids=["password", "nothing to hide", "user only"],
)
def test_messages_hold_no_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_library_messages_stay_as_the_person_set_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_FFMPEG_LOGLEVEL", "32")

    silence_libraries()

    assert os.environ["OPENCV_FFMPEG_LOGLEVEL"] == "32"
