"""Events as the contract has them, one JSON line each, in files that are continued and on stdout."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from camera_demo.events import EventWriter, event
from camera_demo.follower import Refusal
from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.shot import Shot
from runtime.errors import InputError
from runtime.records import Box, Glyph, Line, Prediction, ReadDigit, Reading

BUNDLE = {"name": "tiny", "sha256": "0" * 64}
FIELDS = [
    *("schema", "time", "frame", "age_milliseconds", "text", "lines", "confidence", "stable", "reason", "bundle"),
    *("evidence_milliseconds", "refused", "heartbeat"),
]


def digit(number: int, confidence: float, box: Box) -> ReadDigit:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[number] = confidence
    return ReadDigit(Glyph(box, np.zeros((28, 28), np.uint8)), Prediction(probabilities, 0.5))


def moment(*, empty: bool = False, number: int = 4) -> Moment:
    line = Line((digit(0, 0.75, Box(1, 2, 3, 4)), digit(7, 0.25, Box(5, 2, 3, 4)), digit(5, 0.5, Box(9, 2, 3, 4))))
    shot = Shot(np.zeros((48, 64, 3), np.uint8), number, 0.16, 1_700_000_000.1234, time.monotonic())
    evidence = None if empty else shot.arrived - 0.5
    return Moment(shot, Reading(() if empty else (line,)), not empty, Reason.BLACK if empty else None, 25.0, evidence)


def test_an_event_has_the_contract_s_fields() -> None:
    seen = moment()
    document = event(seen, seen.shot.arrived + 0.01234, BUNDLE)

    assert list(document) == FIELDS
    assert document == {
        "schema": "digits.event/1",
        "time": "2023-11-14T22:13:20.123Z",
        "frame": 4,
        "age_milliseconds": 12.3,
        "text": "05",
        "lines": [
            {
                "text": "05",
                "confidence": 0.5,
                "unread": 1,
                "digits": [
                    {"digit": 0, "confidence": 0.75, "box": [1, 2, 3, 4]},
                    {"digit": None, "confidence": 0.25, "box": [5, 2, 3, 4]},
                    {"digit": 5, "confidence": 0.5, "box": [9, 2, 3, 4]},
                ],
            }
        ],
        "confidence": 0.5,
        "stable": True,
        "reason": None,
        "bundle": BUNDLE,
        "evidence_milliseconds": 512.3,
        "refused": [],
        "heartbeat": False,
    }


def test_a_frame_without_a_reading_says_why() -> None:
    document = event(moment(empty=True), time.monotonic(), BUNDLE)

    assert (document["text"], document["lines"], document["confidence"]) == ("", [], 0.0)
    assert (document["stable"], document["reason"], document["evidence_milliseconds"]) == (False, "black frame", None)


def test_a_heartbeat_tells_that_nothing_has_changed(tmp_path: Path) -> None:
    """Nothing is told while a fault passes, since what is known still stands; then at once."""
    now = [0.0]
    writer = EventWriter(str(tmp_path / "log"), BUNDLE, heartbeat=10.0, clock=lambda: now[0])
    held = replace(moment(), reason=Reason.BLURRED, held=True)
    for seconds, seen in enumerate([*[moment()] * 25, *[held] * 8, moment(), moment(empty=True), *[moment()] * 3]):
        now[0] = float(seconds)
        writer.hear(seen)
    writer.close()

    events = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    assert [event["heartbeat"] for event in events] == [False, True, True, True, False, False]
    assert [event["text"] for event in events] == ["05", "05", "05", "05", "", "05"]


def test_what_is_held_over_a_fault_is_no_reading_of_the_frame() -> None:
    document = event(replace(moment(), reason=Reason.BLURRED, held=True), time.monotonic(), BUNDLE)

    assert (document["text"], document["lines"], document["stable"]) == ("", [], False)
    assert (document["reason"], document["evidence_milliseconds"]) == ("blurred frame", None)


def test_what_was_refused_is_told_with_the_reason() -> None:
    refused = (Refusal("7", Reason.WRONG_LENGTH),)

    document = event(replace(moment(empty=True), refused=refused), time.monotonic(), BUNDLE)

    assert json.loads(json.dumps(document))["refused"] == [{"text": "7", "reason": "wrong length"}]


def test_time_is_rfc_3339_in_utc() -> None:
    written = datetime.fromisoformat(event(moment(), time.monotonic(), BUNDLE)["time"])

    assert written.tzinfo == UTC
    assert abs(written - datetime.fromtimestamp(1_700_000_000.1234, UTC)) < timedelta(milliseconds=1)


def write(target: str, *numbers: int) -> None:
    writer = EventWriter(target, BUNDLE, every_frame=True)
    for number in numbers:
        writer.hear(moment(number=number))
    writer.close()


def frames(path: Path) -> list[int]:
    return [json.loads(line)["frame"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_file_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "new" / "events.jsonl"

    write(str(path), 0, 1)
    write(str(path), 2)

    assert frames(path) == [0, 1, 2]


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventWriter(str(path), BUNDLE)

    for number in range(4):
        writer.hear(moment(number=number))
    writer.hear(moment(number=4, empty=True))
    writer.hear(moment(number=5))
    writer.close()

    assert frames(path) == [0, 4, 5]


def test_a_silence_after_a_frame_is_an_event_when_it_is_new(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventWriter(str(path), BUNDLE, every_frame=True)
    silence = replace(moment(empty=True), reason=Reason.NO_FRAME)

    for heard in (moment(), silence, silence, moment(number=5)):
        writer.hear(heard)
    writer.close()

    assert frames(path) == [4, 4, 5]


def test_a_line_is_there_as_soon_as_it_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventWriter(str(path), BUNDLE)

    writer.hear(moment())

    assert frames(path) == [4]
    writer.close()


@pytest.mark.parametrize("left", ["", '{"frame": 0}\n', '{"frame": 0}'], ids=["empty", "whole", "cut off"])
def test_new_lines_never_join_what_is_left(left: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(left, encoding="utf-8")

    write(str(path), 1)

    assert frames(path) == ([0, 1] if left else [1])


def test_the_age_is_measured_when_the_event_is_written(tmp_path: Path) -> None:
    writer = EventWriter(str(tmp_path / "events.jsonl"), BUNDLE)
    old = moment()
    time.sleep(0.05)

    writer.hear(old)
    writer.close()

    assert json.loads((tmp_path / "events.jsonl").read_text())["age_milliseconds"] >= 50


def test_stdout_gets_lines_and_stays_open(capsys: pytest.CaptureFixture[str]) -> None:
    write("-", 0, 1)
    write("-", 2)

    assert [json.loads(line)["frame"] for line in capsys.readouterr().out.splitlines()] == [0, 1, 2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_one_line() -> None:
    writer = EventWriter("/dev/full", BUNDLE)

    with pytest.raises(InputError, match=r"--events /dev/full: cannot be written \(No space left on device\)"):
        writer.hear(moment())
    writer.close()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match=r"--events .*file/events.jsonl: cannot be written"):
        EventWriter(str(tmp_path / "file" / "events.jsonl"), BUNDLE)
