"""Readings as JSON lines, one event for each processed frame (schema digits.event/1)."""

import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from camera_demo.loop import Moment
from runtime.errors import InputError
from runtime.read_command import as_line

SCHEMA = "digits.event/1"


class EventWriter:
    """Writes each moment as a line of JSON, out at once; a file that exists is continued."""

    def __init__(self, target: str, bundle: dict[str, str]) -> None:
        self._bundle = bundle  # "name" and "sha256"
        self._target = target
        self._out = sys.stdout if target == "-" else _open(Path(target))

    def hear(self, moment: Moment) -> None:
        """Write one event; InputError where it cannot be written, BrokenPipeError where the reader has left."""
        age = time.monotonic() - moment.shot.arrived
        line = json.dumps(event(moment, age, self._bundle), ensure_ascii=False, allow_nan=False)
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InputError(f"--events {self._target}: cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Close the file; stdout stays open."""
        if self._out is not sys.stdout:
            with suppress(OSError):  # what cannot be written has been said
                self._out.close()


def event(moment: Moment, age: float, bundle: dict[str, str]) -> dict[str, Any]:
    """The document for one processed frame whose picture is `age` seconds old."""
    taken = datetime.fromtimestamp(moment.shot.taken, UTC).isoformat(timespec="milliseconds")
    return {
        "schema": SCHEMA,
        "time": taken.replace("+00:00", "Z"),  # when the frame arrived
        "frame": moment.shot.number,
        "age_milliseconds": round(age * 1000, 1),
        "text": moment.reading.text,
        "lines": [as_line(line) for line in moment.reading.lines],
        "confidence": round(moment.reading.confidence, 4),
        "stable": moment.stable,
        "reason": moment.reason,
        "bundle": bundle,
    }


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
