"""Editions: painted once for each moment, sent once to each watcher, gone when too old."""

import json
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.serve import press as module
from camera_demo.serve.board import Subject
from camera_demo.serve.edition import LARGEST, Edition
from camera_demo.serve.painting import WIDEST, live_picture
from camera_demo.serve.studio import Shelf, Studio, open_studio
from camera_demo.shot import Shot
from camera_demo.watchdog import Limits
from runtime.records import Frame, Reading


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    subject = Subject("synthetic", "tiny", "0" * 64, "litert", Limits(stale=100.0))
    return open_studio(subject, Shelf(tmp_path, 25.0, [], print))


def picture_of(data: bytes) -> Frame:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))


def document_of(edition: Edition | None) -> dict[str, Any]:
    assert edition is not None
    return dict(json.loads(edition.document))


def test_a_moment_gives_one_edition(studio: Studio, moment_of: Callable[..., Moment]) -> None:
    press = studio.press()
    studio.hear(moment_of("12?\n3"))

    first = press.make()

    assert first is not None
    assert picture_of(first.picture).shape == (240, 320, 3)
    assert picture_of(first.sheet).shape == (28, 4 * 28)
    assert [glyph["digit"] for glyph in document_of(first)["glyphs"]] == [1, 2, None, 3]
    assert press.make() is None
    studio.hear(moment_of("45"))
    second = press.make()
    assert second is not None
    assert (second.moment, document_of(second)["event"]["text"]) == (first.moment + 1, "45")


def test_after_a_while_the_same_is_told_again_and_not_painted(
    studio: Studio, moment_of: Callable[..., Moment], monkeypatch: pytest.MonkeyPatch
) -> None:
    press = studio.press()
    studio.hear(moment_of("12"))
    first = press.make()
    monkeypatch.setattr(module, "HEARTBEAT", 0.0)
    monkeypatch.setattr(module, "live_picture", lambda _moment: pytest.fail("it was painted again"))

    second = press.make()

    assert first is not None
    assert second is not None
    assert second.picture is first.picture
    assert second.moment == first.moment


@pytest.mark.parametrize("age", [0.0, 200.0])
def test_what_is_too_old_is_not_painted(age: float, studio: Studio, moment_of: Callable[..., Moment]) -> None:
    studio.hear(moment_of("12", age=age))
    edition = studio.press().make()

    assert edition is not None
    assert bool(edition.picture) is bool(edition.sheet) is (age == 0)


def test_before_the_first_frame_there_is_nothing_to_see(studio: Studio) -> None:
    edition = studio.press().make()

    assert edition is not None
    assert (edition.arrived, edition.picture, document_of(edition)["event"]["text"]) == (None, b"", None)
    assert struct.unpack_from(">I", edition.message(time.monotonic(), 0.0, -1)) == (LARGEST,)


def test_a_message_is_put_together_for_each_watcher() -> None:
    edition = Edition(made=9.0, moment=7, arrived=8.5, document=b"{}", sheet=b"sheet", picture=b"picture")

    assert edition.message(10.0, 9.75, seen=6) == struct.pack(">IIII", 1500, 250, 2, 5) + b"{}sheetpicture"
    assert edition.message(10.0, 9.75, seen=7) == struct.pack(">IIII", 1500, 250, 2, 0) + b"{}"
    assert edition.message(8.0, 9.0, seen=7)[:8] == bytes(8)  # clocks that were read out of order


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1080, 1920), (540, WIDEST)), ((480, 640), (480, 640)), ((20, 5000), (4, WIDEST)), ((1, 5000), (1, WIDEST))],
)
def test_a_large_frame_is_sent_smaller(size: tuple[int, int], expected: tuple[int, int]) -> None:
    shot = Shot(np.full((*size, 3), 90, np.uint8), 0, 0.0, 0.0, 0.0)
    moment = Moment(shot, Reading(()), stable=False, reason=Reason.NO_DIGITS, rate=0.0)

    assert picture_of(live_picture(moment)).shape == (*expected, 3)
    assert picture_of(live_picture(replace(moment, shot=replace(shot, image=shot.image[..., 0])))).shape[:2] == expected
