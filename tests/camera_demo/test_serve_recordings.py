"""Recordings from the page: begun and ended by the reader's thread, and never the reason that reading ends."""

from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from camera_demo.loop import Moment, Viewer
from camera_demo.serve import recordings as module
from camera_demo.serve.recordings import Recordings

Usage = namedtuple("Usage", "total used free")


class Stage:
    """Does what the loop does with its listeners and viewers."""

    def __init__(self, folder: Path, moment_of: Callable[..., Moment]) -> None:
        self.folder, self.viewers, self.said = folder, list[Viewer](), list[str]()
        self.recordings = Recordings(folder, 25.0, self.viewers, self.said.append)
        self._moment_of, self._frames = moment_of, 0

    def play(self, frames: int = 1) -> None:
        for _ in range(frames):
            moment = self._moment_of("12", seconds=self._frames / 25)
            self._frames += 1
            self.recordings.hear(moment)
            for viewer in self.viewers:
                viewer.show(moment.shot.image, moment)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*"))


@pytest.fixture
def stage(tmp_path: Path, moment_of: Callable[..., Moment]) -> Stage:
    return Stage(tmp_path / "recordings", moment_of)


def frames_of(path: Path) -> int:
    capture, count = cv2.VideoCapture(str(path)), 0
    while capture.read()[0]:
        count += 1
    return count


def test_from_asked_to_asked_the_frames_are_in_the_file(stage: Stage) -> None:
    stage.play(2)
    stage.recordings.want(running=True)
    assert not stage.recordings.state.running  # it begins with the next frame
    stage.play(5)
    assert stage.recordings.state.running
    assert stage.viewers == [stage.recordings]
    stage.recordings.want(running=False)
    stage.play(2)
    stage.recordings.close()

    (file,) = stage.files()
    assert frames_of(file) == 5
    assert (stage.recordings.state.name, stage.recordings.state.running, stage.viewers) == (file.name, False, [])
    assert stage.said == [f"recording to {file}", f"recording ended: {file}"]


def test_two_recordings_are_two_files(stage: Stage) -> None:
    for running in (True, False, True):
        stage.recordings.want(running=running)
        stage.play(2)
    stage.recordings.close()

    assert [frames_of(file) for file in stage.files()] == [2, 2]


def test_closing_finishes_the_file(stage: Stage) -> None:
    stage.recordings.want(running=True)
    stage.play(3)
    stage.recordings.close()
    stage.recordings.close()

    assert [frames_of(file) for file in stage.files()] == [3]


def test_nothing_is_recorded_on_a_full_disk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _folder: Usage(0, 0, 12 * 10**6))
    stage.recordings.want(running=True)
    stage.play(3)

    assert stage.recordings.state.note == "only 12 MB are free on the disk"
    assert (stage.viewers, stage.files()) == ([], [])


@pytest.mark.parametrize("limit", ["LONGEST", "LEAST_FREE"])
def test_it_ends_before_it_fills_the_disk(limit: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.recordings.want(running=True)
    stage.play(3)
    monkeypatch.setattr(module, "GLANCE", -1.0)
    monkeypatch.setattr(module, limit, -1.0 if limit == "LONGEST" else float("inf"))
    stage.play(2)
    stage.recordings.close()

    assert not stage.recordings.state.running
    assert [frames_of(file) for file in stage.files()] == [3]


def test_a_folder_that_cannot_be_written_ends_the_recording_alone(stage: Stage) -> None:
    stage.folder.write_text("a file")
    stage.recordings.want(running=True)
    stage.play(5)

    assert "cannot be written" in str(stage.recordings.state.note)
    assert (stage.recordings.state.running, stage.viewers) == (False, [])
