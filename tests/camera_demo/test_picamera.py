"""The Pi's camera: its package is asked for only there, and gets what is asked; a stand-in takes the device's place."""

# ruff: noqa: ANN401 - picamera2 has no types

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from camera_demo.sources import open_source
from camera_demo.wish import Wish
from runtime.errors import MissingDependency, MissingSource


class Device:
    """Takes the calls that picamera2's Picamera2 takes, and keeps them; gives three frames, then fails."""

    broken = ""  # the call that fails

    def __init__(self, number: int) -> None:
        if number > 1:
            raise IndexError("list index out of range")
        self.calls: list[Any] = []
        self.left = 3

    def create_video_configuration(self, **wishes: Any) -> dict[str, Any]:
        return wishes

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> None:
            self.calls.append((name, *arguments))
            if name == self.broken:
                raise RuntimeError("camera in use")

        return call

    def capture_array(self, stream: str, wait: float) -> np.ndarray[Any, Any]:
        assert (stream, wait) == ("main", 5.0)
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("camera frontend has timed out")
        return np.full((480, 640, 3), self.left, np.uint8)


@pytest.fixture
def _package(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("picamera2")
    package.Picamera2 = Device  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", package)


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)

    with pytest.raises(MissingDependency, match="apt install python3-picamera2"):
        open_source("picamera")


@pytest.mark.usefixtures("_package")
def test_wishes_are_passed_on_and_frames_come_until_it_fails() -> None:
    source: Any = open_source("picamera:1", Wish((1280, 720), 15.0))
    seen = []
    with pytest.raises(MissingSource, match=r"picamera:1: it stopped after 3 frames \(camera frontend has timed out\)"):
        seen.extend(source)

    (configure, wishes), (start,) = source.camera.calls
    assert (configure, start) == ("configure", "start")
    assert wishes["main"] == {"size": (1280, 720), "format": "RGB888"}
    assert wishes["controls"] == {"FrameRate": 15.0}
    assert (source.live, source.rate) == (True, 15.0)


@pytest.mark.usefixtures("_package")
def test_frames_are_numbered_and_the_camera_is_let_go() -> None:
    source: Any = open_source("picamera")
    shots = [shot for _, shot in zip(range(3), source, strict=False)]
    source.close()

    assert [(shot.number, int(shot.image[0, 0, 0])) for shot in shots] == [(0, 2), (1, 1), (2, 0)]
    assert [call[0] for call in source.camera.calls] == ["configure", "start", "stop", "close"]


@pytest.mark.usefixtures("_package")
@pytest.mark.parametrize("call", ["configure", "start"])
def test_a_camera_that_does_not_start_is_one_line(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "broken", call)

    with pytest.raises(MissingSource, match=r"picamera:0: it does not start \(camera in use\); does another program"):
        open_source("picamera")


@pytest.mark.usefixtures("_package")
def test_a_camera_that_does_not_stop_is_closed_all_the_same_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "broken", "stop")
    source: Any = open_source("picamera")

    with pytest.raises(MissingSource, match=r"picamera:0: it cannot be closed \(camera in use\)"):
        source.close()
    assert [call[0] for call in source.camera.calls[-2:]] == ["stop", "close"]


@pytest.mark.usefixtures("_package")
def test_a_camera_that_is_not_there_is_one_line() -> None:
    with pytest.raises(MissingSource, match="picamera:7: no such camera"):
        open_source("picamera:7")
