"""Lines over time: what a line says counts once it has said so for long enough, and then does not flicker. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from camera_demo.track import Track
from camera_demo.tracker import PATIENCE, Tracks
from runtime.records import Line, Reading

LIKELY = 0.5  # probability of its best digit from which an uncertain glyph is more likely a digit than not
LOOKS = 3  # frames in which a line must say the same, with all its digits in sight and the sheet still
SECONDS = 0.4  # and for how long: a hand or a reflection has then moved on
STILL = 6.0  # digit heights a second; faster, strokes smear and nothing new is believed
HOLD = 1.0  # seconds; for so long a line stays valid while a digit of it is covered or misread
DOUBT = 1.0  # seconds; a digit seen for a moment beside a line may well belong to it: wait for so long


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A line as one frame shows it, its digits fused over the frames before."""

    line: Line  # never empty
    members: frozenset[int]  # the names of its digits, all confirmed
    passing: frozenset[int]  # the names of digits in it that have not been seen often enough yet


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A line of writing followed over frames."""

    begun: float = 0.0  # seconds; when it was first seen
    members: frozenset[int] = frozenset()  # the names of its digits, those out of sight included
    line: Line | None = None  # as last read in agreement with what has settled; None: nothing has
    refreshed: float = 0.0  # seconds; when that was
    candidate: str = ""  # what it says lately, if that is something else
    agreed: int = 0  # frames in which it said so
    since: float = 0.0  # seconds; since when
    doubts: tuple[tuple[int, float], ...] = ()  # digits seen in it for a moment: name and seconds of the last sighting

    def valid(self, seconds: float) -> bool:
        """Whether what has settled may still be published."""
        return self.line is not None and seconds - self.refreshed <= HOLD


def sights(reading: Reading, tracks: Tracks) -> list[Sight]:
    """The lines of a frame's reading that hold confirmed digits, in reading order."""
    known = tracks.by_number
    names = iter(tracks.sighted)
    found = []
    for line in reading.lines:
        here = [known[name] for _, name in zip(line.digits, names, strict=False) if name is not None and name in known]
        sure = [track for track in here if track.confirmed]
        passing = frozenset(t.number for t in here if not t.confirmed and t.digit is not None)
        if sure:
            members = frozenset(track.number for track in sure)
            found.append(Sight(Line(tuple(track.read for track in sure)), members, passing))
    return found


def settle_all(rows: Sequence[Row], seen: Sequence[Sight], tracks: Tracks) -> tuple[Row, ...]:
    """The rows after a frame: each line goes on with the row that it shares most digits with, or begins one."""
    left, settled = list(rows), []
    for sight in seen:
        shared = [len(row.members & sight.members) for row in left]
        row = left.pop(shared.index(max(shared))) if max(shared, default=0) > 0 else Row(begun=tracks.seconds)
        settled.append(settle(row, sight, tracks))
    alive = {track.number for track in tracks.tracks}
    waiting = [row for row in left if row.members & alive and row.valid(tracks.seconds)]
    return _in_order(rows, settled, [row for row in waiting if not _replaced(row, settled)])


def _replaced(row: Row, settled: Sequence[Row]) -> bool:
    """Whether a line that is out of sight has given way to others that came since it was last read.

    Where no line that is known is in sight any more, the page has been turned, and it is enough that they are there.
    """
    turned = all(other.line is None or other.begun > row.refreshed for other in settled)
    newer = [other for other in settled if other.begun > row.refreshed and (other.candidate or other.line)]
    return any(turned or other.line is not None for other in newer)


def settle(row: Row, sight: Sight, tracks: Tracks) -> Row:
    """The row of a line after a frame in which some of its digits were seen."""
    now, text = tracks.seconds, sight.line.text
    row = replace(row, doubts=_doubts(row, sight, tracks))
    if row.line is not None and text == row.line.text and not obstacle(Row(), sight, tracks):
        # All of it is in sight and can be read: whatever else was taken for a part of it was none.
        return replace(row, members=sight.members, line=sight.line, refreshed=now, candidate="", agreed=0)
    if obstacle(row, sight, tracks) or not text:
        return replace(row, members=row.members | sight.members)
    row = replace(row, members=sight.members)
    if text != row.candidate:
        row = replace(row, candidate=text, agreed=0, since=now)
    row = replace(row, agreed=row.agreed + (tracks.speed <= STILL))
    if row.agreed < LOOKS or now - row.since < SECONDS or row.doubts:
        return row
    return replace(row, line=sight.line, refreshed=now, candidate="", agreed=0)


def obstacle(row: Row, sight: Sight | None, tracks: Tracks) -> bool:
    """Whether a digit of the row is out of sight or cannot be read, so that the others would make another number."""
    known = tracks.by_number
    members = row.members | (sight.members if sight else frozenset())
    return any(_unread(known[name], tracks.seconds) for name in members if name in known)


def _unread(track: Track, seconds: float) -> bool:
    """Whether there is a digit that cannot be read now: covered, doubtful, or certain only a short while ago."""
    if track.missed > 0:
        return track.stood is not None
    if track.digit is not None:
        return False
    lately = track.stood is not None and seconds - track.stood <= PATIENCE
    return lately or track.fused.confidence >= LIKELY


def _doubts(row: Row, sight: Sight, tracks: Tracks) -> tuple[tuple[int, float], ...]:
    """The digits seen for a moment lately that have not become members."""
    now = tracks.seconds
    seen = dict(row.doubts) | dict.fromkeys(sight.passing, now)
    return tuple((name, when) for name, when in seen.items() if now - when <= DOUBT and name not in sight.members)


def _in_order(before: Sequence[Row], settled: Sequence[Row], waiting: Sequence[Row]) -> tuple[Row, ...]:
    """The rows in reading order, each that is out of sight after the one that it followed before."""
    rows = list(settled)
    for row in waiting:
        above = before[: before.index(row)]
        places = [place for place, other in enumerate(rows) if any(other.members & older.members for older in above)]
        rows.insert(max(places, default=-1) + 1, row)
    return tuple(rows)
