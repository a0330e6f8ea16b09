"""Readings as JSON lines: an event for each change or processed frame, and heartbeats (schema digits.event/1)."""

import json
import math
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from camera_demo.changes import Changes
from camera_demo.follower import NOTHING
from camera_demo.loop import Moment
from runtime.errors import InputError
from runtime.read_command import as_line

SCHEMA = "digits.event/1"


class EventWriter:
    """Writes moments as lines of JSON, out at once; a file that exists is continued."""

    def __init__(
        self,
        target: str,
        bundle: dict[str, str],
        *,
        every_frame: bool = False,
        heartbeat: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every_frame = every_frame  # else only what is new
        self._heartbeat = heartbeat  # seconds; after so long without an event there is one that tells nothing new
        self._clock = clock
        self._wrote = -math.inf  # on that clock: the last event
        self._changes = Changes()
        self._written = -1  # the number of the last frame that has an event
        self._bundle = bundle  # "name" and "sha256"
        self._target = target
        self._out = sys.stdout if target == "-" else _open(Path(target))

    def hear(self, moment: Moment) -> None:
        """Write one event, if there is one.

        Raises InputError where it cannot be written, BrokenPipeError where the reader has left.
        """
        now = self._clock()
        news = self._changes.is_new(moment) or (self._every_frame and moment.shot.number > self._written)
        if not news and not self._is_due(moment, now):
            return
        self._written, self._wrote = moment.shot.number, now
        document = event(moment, now, self._bundle, heartbeat=not news)
        line = json.dumps(document, ensure_ascii=False, allow_nan=False)
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InputError(f"--events {self._target}: cannot be written ({error.strerror})") from error

    def _is_due(self, moment: Moment, now: float) -> bool:
        """Whether it is time for an event though nothing is new."""
        return self._heartbeat is not None and not moment.held and now - self._wrote >= self._heartbeat

    def close(self) -> None:
        """Close the file; stdout stays open."""
        if self._out is not sys.stdout:
            with suppress(OSError):  # what cannot be written has been said
                self._out.close()


def event(moment: Moment, now: float, bundle: dict[str, str], *, heartbeat: bool = False) -> dict[str, Any]:
    """The document for one processed frame, published `now` on time.monotonic's clock.

    A `heartbeat` tells nothing new. Where there is a reason against a text, there is no text, whatever was known.
    """
    taken = datetime.fromtimestamp(moment.shot.taken, UTC).isoformat(timespec="milliseconds")
    reading = moment.reading if moment.reason is None else NOTHING
    stable = moment.stable and moment.reason is None
    return {
        "schema": SCHEMA,
        "time": taken.replace("+00:00", "Z"),  # when the frame arrived
        "frame": moment.shot.number,
        "age_milliseconds": _milliseconds(now - moment.shot.arrived),
        "text": reading.text,
        "lines": [as_line(line) for line in reading.lines],
        "confidence": round(reading.confidence, 4),
        "stable": stable,
        "reason": moment.reason,
        "bundle": bundle,
        "evidence_milliseconds": _milliseconds(now - moment.evidence) if stable and moment.evidence else None,
        "refused": [{"text": refusal.text, "reason": refusal.reason} for refusal in moment.refused],
        "heartbeat": heartbeat,
    }


def _milliseconds(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 1)


def _last_byte(path: Path) -> bytes:
    """The last byte of a file; nothing for an empty one."""
    with path.open("rb") as file:
        file.seek(-min(1, path.stat().st_size), os.SEEK_END)
        return file.read(1)


def _open(path: Path) -> TextIO:
    """Open the file to continue it, on a line of its own even where an earlier run was cut off."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torn = path.is_file() and _last_byte(path) not in (b"", b"\n")
        out = path.open("a", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--events {path}: cannot be written ({error.strerror}); name another file or -") from error
    if torn:
        out.write("\n")
    return out
