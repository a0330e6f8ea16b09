"""Recordings that a visitor of the page begins and ends; the reader's thread writes them."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from camera_demo.loop import Moment, Viewer
from camera_demo.recorder import Recorder
from runtime.errors import DigitsError
from runtime.records import Frame

LONGEST = 3600.0  # seconds; one that somebody forgot must not fill the card
LEAST_FREE = 500 * 10**6  # bytes that a recording leaves free
GLANCE = 5.0  # seconds between looks at the disk
FAREWELL = 10.0  # seconds for the last file to be finished


@dataclass(frozen=True, slots=True)
class Recording:
    """How it stands."""

    running: bool = False
    name: str | None = None  # of the file, the present one or the last
    since: float | None = None  # on time.monotonic's clock; None where none is running
    note: str | None = None  # why it ended, if nobody ended it


class Recordings:
    """A viewer that joins `viewers` only while it records, so that nothing is drawn for it otherwise."""

    def __init__(self, folder: Path, rate: float, viewers: list[Viewer], say: Callable[[str], None]) -> None:
        self._folder, self._rate, self._viewers, self._say = folder, rate, viewers, say
        self._wanted = False  # set by any thread; all else belongs to the reader's
        self._recorder: Recorder | None = None
        self._state = Recording()
        self._failure: str | None = None  # of the file
        self._looked = 0.0  # on time.monotonic's clock: at the disk
        self._finishing: list[threading.Thread] = []

    @property
    def state(self) -> Recording:
        """How it stands."""
        return self._state

    def want(self, *, running: bool) -> None:
        """Ask that a recording begins, or ends, with the next frame."""
        self._wanted = running

    def hear(self, _moment: Moment) -> None:
        """Begin or end what somebody has asked for, or what has to end."""
        now = time.monotonic()
        note = (self._failure or self._hindrance(now)) if self._wanted else None
        if note is not None:
            self._wanted, self._failure = False, None
        if self._wanted and self._recorder is None:
            self._begin(now)
        elif not self._wanted and (self._recorder is not None or note is not None):
            self._end(note)

    def show(self, picture: Frame, moment: Moment) -> None:
        """Add a picture; a file that cannot be written ends the recording and nothing else."""
        if self._recorder is None or self._failure is not None:
            return
        try:
            self._recorder.show(picture, moment)
        except DigitsError as error:
            self._failure = str(error)

    def close(self) -> None:
        """Finish what is being written."""
        self._end(None)
        for thread in self._finishing:
            thread.join(FAREWELL)

    def _begin(self, now: float) -> None:
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")[:-3]
        path = self._folder / f"digits-{stamp}.mkv"
        self._recorder = Recorder(path, self._rate)
        self._viewers.append(self)
        self._state = Recording(True, path.name, now)
        self._say(f"recording to {path}")

    def _end(self, note: str | None) -> None:
        """End the recording; its file is finished aside, since that may wait for the disk."""
        recorder, self._recorder = self._recorder, None
        if self in self._viewers:
            self._viewers.remove(self)
        self._state = Recording(name=self._state.name, note=note)
        if recorder is not None:
            self._say(f"recording ended: {note or recorder.path}")
            self._finishing = [thread for thread in self._finishing if thread.is_alive()]
            self._finishing.append(threading.Thread(target=self._finish, args=(recorder,), name="recording"))
            self._finishing[-1].start()

    def _finish(self, recorder: Recorder) -> None:
        try:
            recorder.close()
        except DigitsError as error:
            self._say(str(error))

    def _hindrance(self, now: float) -> str | None:
        """Why no recording may begin or go on."""
        since = self._state.since
        if since is not None and now - since > LONGEST:
            return f"ended after {LONGEST / 60:.0f} minutes"
        if since is not None and now - self._looked < GLANCE:
            return None
        self._looked = now
        free = _free_bytes(self._folder)
        return f"only {free / 10**6:.0f} MB are free on the disk" if free < LEAST_FREE else None


def _free_bytes(folder: Path) -> int:
    """The bytes that are free where `folder` is or will be."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
