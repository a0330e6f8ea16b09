"""From readings of single frames to what may be published: followed, fused, settled. Pure but for its memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from camera_demo.condition import silence_reason
from camera_demo.reasons import SOFT, Reason
from camera_demo.settle import STILL, Row, obstacle, settle_all, sights
from camera_demo.tracker import Tracks, follow
from runtime.records import Line, Reading

NOTHING = Reading(())
RESTLESS = 2.0  # digits seen for a moment in the last second, for each that has settled
GATHER = 1.0  # seconds; the first lines of a page are published together, but do not wait longer for each other


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that settled and cannot be true."""

    text: str
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is known after a frame."""

    reading: Reading  # what may be shown as read: settled lines, or this frame's own while nothing has settled
    stable: bool  # the reading has settled
    reason: Reason | None  # why nothing is to be read in this frame; None where there is a text
    seen: float | None  # seconds on the source's clock of the oldest look that a stable reading rests on
    held: bool = False  # a passing fault: `reading` is what was known before
    refused: tuple[Refusal, ...] = ()  # what has settled and is not published


class Follower:
    """Follows the digits of one source from frame to frame."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None
        self._tracks = Tracks()
        self._rows: tuple[Row, ...] = ()
        self._open = False  # something settled is being published
        self._waiting: float | None = None  # seconds; since when settled lines wait for others

    def see(self, reading: Reading, seconds: float, size: tuple[int, int]) -> Scene:
        """The scene after a frame of `size` (width, height) that could be read; `seconds` on the source's clock."""
        if size != self._size:  # places in pixels mean something else now
            self._size, self._tracks, self._rows = size, Tracks(seconds=seconds), ()
        self._tracks = follow(self._tracks, tuple(reading.digits), seconds, size)
        self._rows = settle_all(self._rows, sights(reading, self._tracks), self._tracks)
        scene = self._settled(seconds)
        return scene or self._searching(reading)

    def miss(self, reason: Reason, seconds: float) -> Scene:
        """The scene after a frame with a fault, or without one."""
        known = self._settled(seconds) if reason in SOFT else None
        if known is not None:
            return Scene(known.reading, True, reason, known.seen, held=True)
        self._open, self._waiting = False, None
        return Scene(NOTHING, False, reason, None)

    def _settled(self, seconds: float) -> Scene | None:
        """The scene where something has settled and may be published."""
        valid = [row for row in self._rows if row.valid(seconds)]
        pending = any(row.candidate for row in self._rows if row.line is None)
        self._waiting = None if not valid else seconds if self._waiting is None else self._waiting
        waited = self._waiting is not None and seconds - self._waiting > GATHER
        ready = (waited or not pending) and not self._restless(valid)
        self._open = bool(valid) and (self._open or ready)
        if not self._open:
            return None
        lines: list[Line] = [row.line for row in valid if row.line is not None]
        return Scene(Reading(tuple(lines)), True, None, min(row.refreshed for row in valid))

    def _restless(self, rows: Sequence[Row]) -> bool:
        """Whether so many digits flit by that those that stay are hardly all there is to read."""
        settled = sum(len(row.members) for row in rows)
        return len(self._tracks.flitted) > RESTLESS * settled

    def _searching(self, reading: Reading) -> Scene:
        """The scene while nothing has settled."""
        if self._tracks.speed > STILL:
            return Scene(NOTHING, False, Reason.MOVING, None)
        if any(row.line is not None and obstacle(row, None, self._tracks) for row in self._rows):
            return Scene(NOTHING, False, Reason.HIDDEN, None)
        return Scene(reading, False, silence_reason(reading), None)
