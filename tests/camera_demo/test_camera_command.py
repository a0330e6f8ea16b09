"""`digits camera` from the command line: clips and streams in, events and recordings out, ends in good order."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera_demo.command import sentence
from camera_demo.loop import Summary
from camera_demo.newest import Counts
from runtime.cli import main
from runtime.manifest import fingerprint
from train.handwriting.clip import ClipSettings, draw_clip
from train.handwriting.page import PageSettings

TINY = Path(__file__).parents[1] / "models"
FRAMES = 8
RATE = 20.0
QUIET = ("camera", "--headless", "--bundle", str(TINY))
HEADLESS = (*QUIET, "--every-frame")
QUIET_MODULE, HEADLESS_MODULE = (("camera_demo", *words[1:]) for words in (QUIET, HEADLESS))
PAGE = PageSettings(size=(320, 240), text=("0522", "174"))


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray[Any, Any]]:
    """The frames of a clip of a drawn page, between two black ones."""
    black = np.zeros((240, 320, 3), np.uint8)
    return [black, *(frame.picture for frame in draw_clip(ClipSettings(PAGE, frames=FRAMES), seed=3)), black]


@pytest.fixture(scope="module")
def clip(pictures: list[np.ndarray[Any, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "page.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (320, 240))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def frames_of(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.read()[0]:
        count += 1
    return count


def test_a_clip_gives_events_and_a_recording(clip: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out, log = tmp_path / "out.mp4", tmp_path / "events.jsonl"

    code = main([*HEADLESS, "--source", str(clip), "--record", str(out), "--events", str(log)])

    captured = capfd.readouterr()
    events = events_of(log.read_text(encoding="utf-8"))
    assert code == 0
    assert [event["frame"] for event in events] == list(range(FRAMES + 2))
    assert [event["reason"] for event in (events[0], events[-1])] == ["black frame"] * 2
    assert [event["text"] for event in (events[0], events[-1])] == [""] * 2
    assert sum(bool(event["text"]) for event in events) >= FRAMES - 1
    assert all(event["bundle"] == {"name": "tiny", "sha256": fingerprint(TINY)} for event in events)
    assert all(event["age_milliseconds"] >= 0 for event in events)
    assert frames_of(out) == FRAMES + 2
    assert captured.out == ""
    first, last = captured.err.splitlines()
    assert first.startswith(f"{clip}: tiny ")
    assert last.startswith(f"{FRAMES + 2} frames in ")


def test_a_drawn_page_is_read_steadily(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tiny network is not right about every digit, but the lines and their digits are found."""
    main([*HEADLESS, "--source", str(clip), "--events", "-"])

    middle = events_of(capsys.readouterr().out)[2:-2]
    assert all([len(line["digits"]) for line in event["lines"]] == [4, 3] for event in middle)


def test_without_every_frame_only_changes_are_told(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*QUIET, "--source", str(clip), "--events", "-"])

    events = events_of(capsys.readouterr().out)
    assert [event["frame"] for event in (events[0], events[-1])] == [0, FRAMES + 1]
    assert [event["reason"] for event in (events[0], events[-1])] == ["black frame"] * 2
    assert len(events) <= 4


def test_a_clip_in_real_time_may_skip_frames_and_says_so(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([*HEADLESS, "--source", str(clip), "--events", "-", "--real-time", "--stale-after", "600"])

    captured = capsys.readouterr()
    numbers = [event["frame"] for event in events_of(captured.out)]
    skipped = FRAMES + 2 - len(set(numbers))
    assert code == 0
    assert numbers == sorted(numbers)
    assert numbers[-1] == FRAMES + 1
    assert skipped == 0 or f"{skipped} of {FRAMES + 2} overtaken by newer ones" in captured.err


def test_what_is_older_than_allowed_is_never_published(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*HEADLESS, "--source", str(clip), "--events", "-", "--real-time", "--stale-after", "0.000001"])

    events = events_of(capsys.readouterr().out)
    assert events
    assert {event["text"] for event in events} == {""}
    assert {event["reason"] for event in events} <= {"stale frame", "black frame", "repeated frame"}


def test_the_drawn_camera_needs_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--source", "synthetic", "--size", "320x240", "--frames", "3", "--events", "-"]

    assert main([*HEADLESS, *words]) == 0

    events = events_of(capsys.readouterr().out)
    assert len({event["frame"] for event in events}) == 3


def test_events_on_stdout_are_alone_there(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([*HEADLESS, "--source", str(clip), "--events", "-", "--frames", "3"])

    assert code == 0
    assert [event["frame"] for event in events_of(capsys.readouterr().out)] == [0, 1, 2]


def test_a_folder_with_a_damaged_picture_is_read_to_its_end(
    pictures: list[np.ndarray[Any, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, picture in enumerate(pictures[1:4]):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    (tmp_path / "1.png").write_bytes(b"junk")

    code = main([*HEADLESS, "--source", str(tmp_path), "--events", "-"])

    captured = capsys.readouterr()
    assert code == 0
    assert [event["frame"] for event in events_of(captured.out)] == [0, 1]
    assert [line for line in captured.err.splitlines() if "skipped" in line and "1.png" in line]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--source", "63"], 3, "there is no /dev/video63"),
        (["--source", "/nowhere.mp4"], 3, "/nowhere.mp4: there is no such file"),
        (["--source", "http://127.0.0.1:9/video"], 3, "http://127.0.0.1:9/video: no video came from there"),
        (["--source", "x.mp4", "--size", "640x480"], 2, "--size is asked of a camera"),
        (["--source", "x.mp4", "--pixel-format", "MJPG"], 2, "--pixel-format is asked of a camera"),
        (["--source", "picamera"], 3, "picamera2 is not installed"),
        (["--previous", "3"], 2, "add --counter"),
        (["--frames", "0"], 2, "at least 1"),
        (["--fps", "fast"], 2, "frames per second"),
        (["--fps", "0"], 2, "frames per second"),
        (["--fps", "nan"], 2, "frames per second"),
        (["--backend", "abacus", "--source", "63"], 2, "abacus"),
        (["--bundle", "/nowhere"], 1, "/nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_one_line(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*QUIET, *words]) == code

    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("source", ["63", "junk.mp4", "http://127.0.0.1:9/video"])
def test_the_libraries_say_nothing(source: str, tmp_path: Path) -> None:
    """In a process of its own, since FFmpeg asks only once how much it shall say."""
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 500)
    command = [sys.executable, "-m", *QUIET_MODULE, "--source", source]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("digits: ")


def test_a_recording_of_another_kind_is_refused_before_anything_is_opened(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUIET, "--bundle", "/nowhere", "--source", "/nowhere.mp4", "--record", "out.mov"]) == 2

    (line,) = capfd.readouterr().err.splitlines()
    assert "--record out.mov" in line


def test_a_recording_that_was_cut_off_is_told(clip: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.unfinished-20260101-120000-000.mkv").write_bytes(b"half")

    assert main([*QUIET, "--source", str(clip), "--record", str(tmp_path / "out.mkv"), "--frames", "1"]) == 0
    lines = capfd.readouterr().err.splitlines()
    assert "out.unfinished-20260101-120000-000.mkv: an earlier recording that was cut off" in lines[1]
    assert lines[-1].startswith("1 frame in ")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a display of another kind")
@pytest.mark.parametrize("display", ["", ":4711"], ids=["none", "one that is not there"])
def test_without_a_display_headless_is_proposed(display: str, clip: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"DISPLAY": display} if display else {}
    command = [sys.executable, "-m", "camera_demo", "--bundle", str(TINY), "--source", str(clip)]

    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == 1
    assert "--headless" in result.stderr


class EndlessCamera(http.server.BaseHTTPRequestHandler):
    """Sends its pictures again and again, until the server is told to hang up or to fall silent."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, CameraServer)
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number = 0
        try:
            while not server.silence.wait(0.02):
                data = server.pictures[number % len(server.pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                self.wfile.write(head.encode() + data + b"\r\n")
                number += 1
            server.hang_up.wait(60)
        except OSError:  # the reader has gone
            return

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class CameraServer(http.server.ThreadingHTTPServer):
    """A camera on the network."""

    def __init__(self, pictures: list[bytes], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), EndlessCamera)
        self.pictures = pictures  # as JPEG
        self.silence, self.hang_up = threading.Event(), threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}/"


def jpegs(pictures: list[np.ndarray[Any, Any]]) -> list[bytes]:
    """The pictures between the black ones, no two the same."""
    return [cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures[1:-1]]


@pytest.fixture
def camera(pictures: list[np.ndarray[Any, Any]]) -> Iterator[CameraServer]:
    with CameraServer(jpegs(pictures)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.silence.set()
        server.hang_up.set()
        server.shutdown()


def run_on(camera: CameraServer, folder: Path, log: str = "events.jsonl", more: str = "") -> "subprocess.Popen[str]":
    """`digits camera` in a process of its own, recording; on a busy machine nothing is too old for it."""
    words = ["--source", camera.address, "--record", str(folder / "out.mp4"), "--events", log]
    words += ["--stale-after", "600", *more.split()]
    command = [sys.executable, "-m", *HEADLESS_MODULE, *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_events(log: Path, count: int = 15) -> None:
    end = time.monotonic() + 60
    while not log.exists() or log.read_text(encoding="utf-8").count("\n") < count:
        assert time.monotonic() < end, "no events came"
        time.sleep(0.02)


def wait_for_text(log: Path, text: str) -> None:
    end = time.monotonic() + 60
    while text not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < end, f"in vain: {text}"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: str(number.name))
def test_a_signal_ends_it_in_good_order(number: signal.Signals, camera: CameraServer, tmp_path: Path) -> None:
    process = run_on(camera, tmp_path)
    wait_for_events(tmp_path / "events.jsonl")

    process.send_signal(number)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "Traceback" not in err
    assert "frames in" in err.splitlines()[-1]
    assert frames_of(tmp_path / "out.mp4") >= 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "out.mp4"]
    events = events_of((tmp_path / "events.jsonl").read_text(encoding="utf-8"))
    numbers = [event["frame"] for event in events if event["reason"] != "no frame"]
    assert numbers == sorted(set(numbers))


@pytest.mark.slow
def test_a_stream_that_falls_silent_keeps_the_recording(camera: CameraServer, tmp_path: Path) -> None:
    process = run_on(camera, tmp_path, more="--give-up-after 3")
    wait_for_events(tmp_path / "events.jsonl")

    camera.silence.set()
    camera.pictures = []  # whoever asks again is hung up on
    _, err = process.communicate(timeout=120)

    assert process.returncode == 3
    summary, last = err.splitlines()[-2:]
    assert "frames in" in summary
    assert last.startswith(f"digits: {camera.address}: no frame came for 3 s")
    assert frames_of(tmp_path / "out.mp4") >= 3
    reasons = [event["reason"] for event in events_of((tmp_path / "events.jsonl").read_text(encoding="utf-8"))]
    assert reasons[-1] == "no frame"


@pytest.mark.slow
def test_a_stream_that_comes_back_is_read_again(
    camera: CameraServer, pictures: list[np.ndarray[Any, Any]], tmp_path: Path
) -> None:
    process, log = run_on(camera, tmp_path), tmp_path / "events.jsonl"
    wait_for_events(log)
    port = camera.server_port
    camera.silence.set()
    camera.hang_up.set()
    camera.shutdown()
    camera.server_close()
    wait_for_text(log, '"no frame"')

    with CameraServer(jpegs(pictures), port) as again:
        threading.Thread(target=again.serve_forever, daemon=True).start()
        wait_for_events(log, log.read_text(encoding="utf-8").count("\n") + 5)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        again.silence.set()
        again.hang_up.set()
        again.shutdown()

    assert process.returncode == 0
    assert [line for line in err.splitlines() if "trying to open it again" in line]
    assert [line for line in err.splitlines() if "back after" in line]


def test_a_reader_of_the_events_may_leave(camera: CameraServer, tmp_path: Path) -> None:
    process = run_on(camera, tmp_path, log="-")
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(15):
        assert process.stdout.readline().startswith('{"schema": "digits.event/1"')

    process.stdout.close()

    assert process.wait(timeout=30) == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert frames_of(tmp_path / "out.mp4") >= 3


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (Summary(0, 0, 0.0, "", None), "0 frames in 0.0 s (0.0/s), 0 with a reading"),
        (Summary(50, 40, 2.0, "12\n7", None), "50 frames in 2.0 s (25.0/s), 40 with a reading; last stable: 12 7"),
    ],
    ids=["nothing", "two lines"],
)
def test_the_summary_is_one_line(summary: Summary, text: str) -> None:
    assert sentence(summary) == sentence(summary, Counts(50, 0, 50)) == text


def test_the_summary_counts_what_was_overtaken() -> None:
    assert sentence(Summary(50, 40, 2.0, "", None), Counts(60, 10, 50)).endswith("; 10 of 60 overtaken by newer ones")
