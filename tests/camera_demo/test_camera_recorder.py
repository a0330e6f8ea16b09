"""Recordings: whole or not there, at the source's own speed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera_demo.loop import Moment
from camera_demo.recorder import LONGEST_STILL, Recorder, fit
from camera_demo.shot import Shot
from camera_demo.unfinished import find_unfinished
from runtime.errors import InputError, UsageError
from runtime.records import Frame, Reading

RATE = 10.0


def moment(seconds: float) -> Moment:
    shot = Shot(np.zeros((48, 64, 3), np.uint8), 0, seconds, time.time(), time.monotonic())
    return Moment(shot, Reading(()), False, None, 25.0)


def tone(value: int, size: tuple[int, int] = (64, 48)) -> Frame:
    return np.full((size[1], size[0], 3), value, np.uint8)


def noise(seed: int) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (240, 320, 3)).astype(np.uint8)


def record(path: Path, frames: list[tuple[float, int]], rate: float = RATE) -> None:
    recorder = Recorder(path, rate)
    for seconds, value in frames:
        recorder.show(tone(value), moment(seconds))
    recorder.close()


def tones(path: Path) -> list[int]:
    """The brightness of each frame of a video, to the next 20."""
    capture = cv2.VideoCapture(str(path))
    found = []
    while (taken := capture.read())[0]:
        found.append(20 * round(float(np.mean(taken[1])) / 20))
    capture.release()
    return found


@pytest.mark.parametrize("name", ["out.mp4", "OUT.MP4", "out.avi", "out.mkv"])
def test_a_recording_plays_what_was_shown(name: str, tmp_path: Path) -> None:
    record(tmp_path / "new" / name, [(n / RATE, 20 * n) for n in range(12)])

    assert tones(tmp_path / "new" / name) == [20 * n for n in range(12)]
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]
    assert cv2.VideoCapture(str(tmp_path / "new" / name)).get(cv2.CAP_PROP_FPS) == pytest.approx(RATE)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0.0, 0.1, 0.2], [20, 40, 60]),
        ([0.0, 0.13, 0.17], [20, 40, 60]),
        ([0.0, 0.3, 0.4], [20, 20, 20, 40, 60]),
        ([0.0, 0.02, 0.1], [20, 60]),
    ],
    ids=["in step", "a little out of step", "a gap is filled", "too many are left out"],
)
def test_frames_stand_where_they_stood_on_the_clock(seconds: list[float], expected: list[int], tmp_path: Path) -> None:
    record(tmp_path / "out.avi", [(second, 20 * (n + 1)) for n, second in enumerate(seconds)])

    assert tones(tmp_path / "out.avi") == expected


def test_a_long_pause_is_cut(tmp_path: Path) -> None:
    record(tmp_path / "out.avi", [(0.0, 20), (3600.0, 40), (3600.1, 60)])

    assert tones(tmp_path / "out.avi") == [20] * round(1 + LONGEST_STILL * RATE) + [40, 60]


def test_pictures_of_other_sizes_are_fitted_into_the_first(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.avi", RATE)
    for number, size in enumerate([(64, 48), (640, 480), (48, 64), (5, 3)]):
        recorder.show(tone(200, size), moment(number / RATE))
    recorder.show(np.full((48, 64), 200, np.uint8), moment(0.4))
    recorder.close()

    assert len(tones(tmp_path / "out.avi")) == 5


@pytest.mark.parametrize(
    ("size", "columns", "rows"),
    [((64, 48), (0, 64), (0, 48)), ((128, 48), (0, 64), (12, 36)), ((10, 48), (27, 37), (0, 48))],
    ids=["same", "wide", "narrow"],
)
def test_fitting_keeps_the_shape(size: tuple[int, int], columns: tuple[int, int], rows: tuple[int, int]) -> None:
    fitted = fit(tone(200, size), (64, 48))

    bright = np.zeros((48, 64), bool)
    bright[rows[0] : rows[1], columns[0] : columns[1]] = True
    assert np.array_equal(fitted[:, :, 0] == 200, bright)


def test_until_it_is_closed_nothing_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"older")
    recorder = Recorder(tmp_path / "out.mp4", RATE)
    recorder.show(tone(60), moment(0))

    assert (tmp_path / "out.mp4").read_bytes() == b"older"

    recorder.close()
    recorder.close()
    assert tones(tmp_path / "out.mp4") == [60]


def test_no_picture_no_file(tmp_path: Path) -> None:
    Recorder(tmp_path / "out.mp4", RATE).close()

    assert list(tmp_path.iterdir()) == []


def test_a_killed_recording_plays_under_a_name_of_its_own(tmp_path: Path) -> None:
    """Noise, so that what the system gathers before it writes is some frames of a hundred."""
    names = ["out.mkv", "out.avi", "out.mp4"]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pathlib, test_camera_recorder as t\n"
        "recorders = [t.Recorder(pathlib.Path(name), 10.0) for name in sys.argv[2:]]\n"
        "for n in range(100):\n"
        "    for recorder in recorders: recorder.show(t.noise(n % 5), t.moment(n / 10))\n"
        "print(n, flush=True); t.time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), *names]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "99\n"
        process.send_signal(signal.SIGKILL)

    left = [find_unfinished(tmp_path / name) for name in names]
    assert [len(paths) for paths in left] == [1, 1, 0]
    assert all(80 <= len(tones(path)) <= 100 for paths in left for path in paths)
    record(tmp_path / "out.mp4", [(0.0, 20)])
    assert sorted(tmp_path.iterdir()) == sorted([*left[0], *left[1], tmp_path / "out.mp4"])  # the rest is swept away


@pytest.mark.parametrize("name", ["out.mov", "out", "out.mp4.part"])
def test_a_name_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.mkv, \.avi, \.mp4"):
        Recorder(tmp_path / name, RATE)


def test_a_size_that_no_codec_takes_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.mp4", RATE)

    with pytest.raises(InputError, match="a video of 9000x20 cannot be written"):
        recorder.show(tone(60, (9000, 20)), moment(0))
    recorder.close()

    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    recorder = Recorder(tmp_path / "file" / "out.mp4", RATE)

    with pytest.raises(InputError, match="cannot be written"):
        recorder.show(tone(60), moment(0))
    recorder.close()
