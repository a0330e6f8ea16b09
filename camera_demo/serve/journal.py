"""The journal: the last readings that settled, each with a small picture."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from camera_demo.changes import Changes
from camera_demo.loop import Moment

LENGTH = 24  # readings that are kept


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One reading that settled."""

    number: int  # from 1, always rising
    time: str  # RFC 3339, when the frame arrived
    text: str
    confidence: float  # of the least certain digit, 0-1
    picture: bytes  # JPEG


class Journal:
    """Notes a moment where something new has settled; `paint` makes its picture."""

    def __init__(self, paint: Callable[[Moment], bytes]) -> None:
        self._paint = paint
        self._changes = Changes()
        self._entries: deque[Entry] = deque(maxlen=LENGTH)
        self._written = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The last readings, oldest first."""
        return tuple(self._entries.copy())

    @property
    def newest(self) -> int:
        """The number of the last entry, 0 where there is none."""
        return self._written

    def hear(self, moment: Moment) -> None:
        """Note `moment` if it tells something new."""
        if not self._changes.is_new(moment) or not moment.stable or moment.reason is not None:
            return
        taken = datetime.fromtimestamp(moment.shot.taken, UTC).isoformat(timespec="milliseconds")
        confidence = round(moment.reading.confidence, 4)
        text, time = moment.reading.text, taken.replace("+00:00", "Z")
        self._entries.append(Entry(self._written + 1, time, text, confidence, self._paint(moment)))
        self._written += 1
