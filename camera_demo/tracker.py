"""Digits followed from frame to frame: the same ink keeps its name while the sheet or the camera moves. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camera_demo.motion import Motion, Places, covers, guess_shift, measure, overlaps, squares
from camera_demo.track import Place, Track, begin, look_of, place_of, places_of
from runtime.records import ReadDigit

OVERLAP = 0.25  # intersection over union, of squares; less is another digit
COVERED = 0.5  # of the smaller box; two digits do not stand on the same spot
ALIKE = 0.55  # cosine of two glyphs: 99 of 100 pairs of the same ink have more, 90 of 100 of different digits less
THE_SAME = 0.8  # cosine; 95 of 100 pairs of the same ink have more, hardly any of different digits
FLEETING = 2  # frames; what is not confirmed and missed so often was an artefact
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
    sighted: tuple[int | None, ...] = ()  # for each digit of the frame, in reading order, the name of its track

    @property
    def by_number(self) -> dict[int, Track]:
        """The tracks by their names."""
        return {track.number: track for track in self.tracks}


def follow(before: Tracks, digits: Sequence[ReadDigit], seconds: float, size: tuple[int, int]) -> Tracks:
    """The tracks after a frame with these digits; `size` is the frame's width and height in pixels."""
    now = np.array([place_of(digit) for digit in digits], np.float64).reshape(-1, 4)
    expected = _expect(before, seconds)
    looks = [look_of(digit.glyph) for digit in digits]
    alike = likeness([track.look for track in before.tracks], looks)
    alike *= agreement([track.digit for track in before.tracks], [d.prediction.digit for d in digits], alike)
    alike = np.where(alike >= ALIKE, alike, 0.0)
    # Where nothing has been in sight for a while, it may be another sheet, and a jump may explain it wrongly.
    recent = max((track.seen for track in before.tracks), default=-np.inf) >= seconds - COAST
    jump = guess_shift(expected, now, alike) if recent else np.zeros(2)
    pairs = match(expected + np.array([*jump, 0, 0]), now, alike)
    places = places_of(before.tracks)
    motion = measure(places[[i for i, _ in pairs]], now[[j for _, j in pairs]])
    moved = motion.apply(places) if pairs else expected
    partner = dict(pairs)
    old = tuple(
        track.sight(digits[partner[i]], looks[partner[i]], seconds) if i in partner else track.miss(_as_place(moved[i]))
        for i, track in enumerate(before.tracks)
    )
    known = {j: before.tracks[i].number for i, j in pairs}
    fresh = [j for j in range(len(digits)) if j not in known][: max(0, MOST - len(pairs))]
    names = known | {j: before.following + place for place, j in enumerate(fresh)}
    new = tuple(begin(names[j], digits[j], looks[j], seconds) for j in fresh)
    kept = _keep((*old, *new), seconds, size)
    after = replace(before, tracks=kept, seconds=seconds, following=before.following + len(new))
    after = replace(after, sighted=tuple(names.get(j) for j in range(len(digits))))
    return _with_velocity(after, motion, seconds - before.seconds) if pairs else _slowing(after)


def likeness(first: Sequence[NDArray[np.float32]], second: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """How alike glyphs look, float64 (N, M), 0–1: the cosines of what `look_of` gave."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    # Not a matrix product: its library would wake all processors for this little.
    return np.asarray(np.einsum("ik,jk->ij", np.stack(first), np.stack(second)), np.float64)


def agreement(
    first: Sequence[int | None], second: Sequence[int | None], alike: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the digits say about glyphs that look so much alike, float64 (N, M): half where two certain ones differ.

    Where glyphs look the same the network has changed its mind about the same ink, and nothing is held against them.
    """
    a, b = (np.array([-1 if digit is None else digit for digit in digits], np.int64) for digits in (first, second))
    differ = (a[:, None] != b) & (a[:, None] >= 0) & (b >= 0) & (alike < THE_SAME)
    return np.where(differ, 0.5, 1.0)


def match(expected: Places, now: Places, alike: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (track, digit) that are the same ink, best first, each used once; those of likeness 0 never are."""
    if not len(expected) or not len(now):
        return []
    score = overlaps(squares(expected), squares(now))
    score = np.where(score >= OVERLAP, score * alike, 0.0)
    pairs: list[tuple[int, int]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for flat in np.argsort(-score, axis=None, kind="stable"):
        i, j = divmod(int(flat), score.shape[1])
        if score[i, j] <= 0:
            break
        if i not in taken[0] and j not in taken[1]:
            pairs.append((i, j))
            taken[0].add(i)
            taken[1].add(j)
    return pairs


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


def _keep(tracks: tuple[Track, ...], seconds: float, size: tuple[int, int]) -> tuple[Track, ...]:
    """The tracks that are worth following on, at most MOST, those in sight first."""
    seen = tuple(track for track in tracks if track.missed == 0)
    taken = places_of([track for track in seen if track.confirmed])
    unseen = [track for track in tracks if track.missed > 0 and _lasts(track, seconds, size, bool(seen))]
    shares = covers(places_of(unseen), taken).max(axis=1, initial=0.0)
    left = [track for track, share in zip(unseen, shares, strict=True) if share < COVERED]
    return (*seen, *sorted(left, key=lambda track: -track.seen))[:MOST]


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
