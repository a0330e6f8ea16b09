"""Digits followed from frame to frame: the same ink keeps its name while the sheet or the camera moves. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camera_demo.association import affinity, match
from camera_demo.motion import Motion, Places, covers, guess_shift, measure
from camera_demo.track import Place, Track, begin, look_of, place_of, places_of
from runtime.records import ReadDigit

COVERED = 0.5  # of the smaller box; two digits do not stand on the same spot
FLEETING = 2  # frames; what is not confirmed and missed so often was an artefact
LATELY = 1.0  # seconds
PATIENCE = 3.0  # seconds; a digit that is gone so long was wiped off, one that comes back sooner was covered
OUT_OF_SIGHT = 30.0  # seconds; a digit that has left the picture with its line still in it is remembered for so long
COAST = 0.5  # seconds; for so long a motion is believed to go on
MOST = 400  # tracks: a page of writing has fewer


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """All digits that are followed after some frame."""

    tracks: tuple[Track, ...] = ()
    seconds: float = 0.0  # of that frame, on the source's clock
    velocity: tuple[float, float] = (0.0, 0.0)  # of the sheet, pixels a second
    speed: float = 0.0  # of the sheet, digit heights a second
    following: int = 0  # the name of the next new track
    flitted: tuple[
        float, ...
    ] = ()  # when, in the last second, certain digits went that had been seen for a moment only
    sighted: tuple[int | None, ...] = ()  # for each digit of the frame, in reading order, the name of its track

    @property
    def by_number(self) -> dict[int, Track]:
        """The tracks by their names."""
        return {track.number: track for track in self.tracks}


def follow(before: Tracks, digits: Sequence[ReadDigit], seconds: float, size: tuple[int, int]) -> Tracks:
    """The tracks after a frame with these digits; `size` is the frame's width and height in pixels."""
    looks = [look_of(digit.glyph) for digit in digits]
    now = np.array([place_of(digit) for digit in digits], np.float64).reshape(-1, 4)
    expected, places = _expect(before, seconds), places_of(before.tracks)
    pairs = _pair(before, expected, now, _affinity(before, digits, looks), seconds)
    motion = measure(places[[i for i, _ in pairs]], now[[j for _, j in pairs]])
    moved, partner = motion.apply(places) if pairs else expected, dict(pairs)
    old = [
        track.sight(digits[partner[i]], looks[partner[i]], seconds) if i in partner else track.miss(_as_place(moved[i]))
        for i, track in enumerate(before.tracks)
    ]
    names = {j: before.tracks[i].number for i, j in pairs}
    fresh = [j for j in range(len(digits)) if j not in names][: max(0, MOST - len(pairs))]
    names |= {j: before.following + place for place, j in enumerate(fresh)}
    new = [begin(names[j], digits[j], looks[j], seconds) for j in fresh]
    kept, sighted = _keep([*old, *new], seconds, size), tuple(names.get(j) for j in range(len(digits)))
    after = replace(before, tracks=kept, seconds=seconds, following=before.following + len(new), sighted=sighted)
    after = replace(after, flitted=_flitted(before.flitted, old, seconds))
    return _with_velocity(after, motion, seconds - before.seconds) if pairs else _slowing(after)


def _affinity(before: Tracks, digits: Sequence[ReadDigit], looks: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """How much speaks for each track and each digit being the same ink."""
    known, read = [track.digit for track in before.tracks], [digit.prediction.digit for digit in digits]
    return affinity([track.look for track in before.tracks], looks, known, read)


def _pair(
    before: Tracks, expected: Places, now: Places, alike: NDArray[np.float64], seconds: float
) -> list[tuple[int, int]]:
    """The pairs (track, digit) that are the same ink."""
    # Where nothing has been in sight for a while, it may be another sheet, and a jump may explain it wrongly.
    recent = max((track.seen for track in before.tracks), default=-np.inf) >= seconds - COAST
    jump = guess_shift(expected, now, alike) if recent else np.zeros(2)
    return match(expected + np.array([*jump, 0, 0]), now, alike)


def _expect(before: Tracks, seconds: float) -> Places:
    """Where the tracks should be now if the sheet moves on as it did."""
    elapsed = min(max(seconds - before.seconds, 0.0), COAST)
    return places_of(before.tracks) + np.array([*before.velocity, 0, 0]) * elapsed


def _with_velocity(after: Tracks, motion: Motion, elapsed: float) -> Tracks:
    """The tracks with the velocity of the last motion."""
    if elapsed <= 0:
        return after
    velocity = (motion.shift[0] / elapsed, motion.shift[1] / elapsed)
    height = float(np.median([max(track.place[2:]) for track in after.tracks if track.missed == 0]))
    return replace(after, velocity=velocity, speed=float(np.hypot(*velocity)) / height)


def _slowing(after: Tracks) -> Tracks:
    """The tracks where nothing says how the sheet moves: it is expected to come to rest."""
    return replace(after, velocity=(after.velocity[0] / 2, after.velocity[1] / 2), speed=after.speed / 2)


def _keep(tracks: Sequence[Track], seconds: float, size: tuple[int, int]) -> tuple[Track, ...]:
    """The tracks that are worth following on, at most MOST, those in sight first."""
    seen = tuple(track for track in tracks if track.missed == 0)
    taken = places_of([track for track in seen if track.confirmed])
    unseen = [track for track in tracks if track.missed > 0 and _lasts(track, seconds, size, bool(seen))]
    shares = covers(places_of(unseen), taken).max(axis=1, initial=0.0)
    left = [track for track, share in zip(unseen, shares, strict=True) if share < COVERED]
    return (*seen, *sorted(left, key=lambda track: -track.seen))[:MOST]


def _flitted(before: tuple[float, ...], old: Sequence[Track], seconds: float) -> tuple[float, ...]:
    """The times at which digits went lately that were certain and never confirmed; at most MOST."""
    gone = sum(track.digit is not None and not track.confirmed and track.missed == FLEETING for track in old)
    return (*(when for when in before if seconds - when <= LATELY), *[seconds] * gone)[-MOST:]


def _lasts(track: Track, seconds: float, size: tuple[int, int], in_company: bool) -> bool:
    """Whether a track that is not in sight is worth keeping."""
    if not track.confirmed:
        return track.missed < FLEETING
    left, top, width, height = track.place
    outside = not (0 <= left + width / 2 < size[0] and 0 <= top + height / 2 < size[1])
    return seconds - track.seen <= (OUT_OF_SIGHT if outside and in_company else PATIENCE)


def _as_place(row: NDArray[np.float64]) -> Place:
    """A row of places as a plain tuple."""
    left, top, width, height = (float(side) for side in row)
    return left, top, width, height
