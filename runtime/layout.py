"""Reading order: glyphs into lines, from top to bottom, each from left to right, also where the page is turned."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.records import Box, Glyph

REACH = 6.0  # glyph heights: a wider blank than this does not pull a line's slope along
OVERLAP = 0.35  # of the smaller height that two neighbours on a line share
TALLER = 3.0  # times: a glyph this much taller than its neighbour does not stand on the same line
TURNS = np.radians(np.arange(-40, 41, 2))  # turns of the page that are tried; beyond, columns look like lines
NEAREST = 6  # neighbours of each glyph that say how the page is turned
NEAR = 3.0  # glyph heights: how fast their say fades with distance
LEVEL = 0.35  # glyph heights: neighbours farther off a line are not on it
UPRIGHT = 0.15  # how much more must speak for a turn of one radian than for none

Numbers = NDArray[np.float64]


class Place(NamedTuple):
    """Where a glyph stands when the page is turned upright."""

    x: float  # pixels, of its middle
    y: float
    height: float
    glyph: Glyph


def group_lines(glyphs: Sequence[Glyph], doubtful: Sequence[Glyph] = ()) -> list[list[Glyph]]:
    """The lines in reading order; each glyph joins the line whose last glyph it overlaps most, seen along the line.

    The page is turned upright first. Going from left to right and comparing each glyph with the end of a line only lets
    lines slant and bend. The `doubtful` glyphs join the lines of the others where they stand on them, but have no say
    in where lines run.
    """
    turn = page_turn([glyph.box for glyph in glyphs or doubtful])
    lines = _lines(_upright(glyphs, turn))
    strays = [place for place in _upright(doubtful, turn) if not _joins(place, lines)]
    lines += _lines(strays)
    return [[place.glyph for place in line] for line in sorted(lines, key=_height_on_page)]


def _lines(places: Sequence[Place]) -> list[list[Place]]:
    """The places in lines, each from left to right."""
    lines: list[list[Place]] = []
    for place in sorted(places, key=lambda place: place.x):
        fits = [_fit(line, place) for line in lines]
        best = max(fits, default=0.0)
        if best < OVERLAP:
            lines.append([place])
        else:
            lines[fits.index(best)].append(place)
    return lines


def _joins(place: Place, lines: Sequence[list[Place]]) -> bool:
    """Put a place where it stands on one of the lines, if it stands on any."""
    spots = [bisect_left([other.x for other in line], place.x) for line in lines]
    fits = [_fit(line[:spot] or line[:1], place) for line, spot in zip(lines, spots, strict=True)]
    best = max(fits, default=0.0)
    if best < OVERLAP:
        return False
    index = fits.index(best)
    lines[index].insert(spots[index], place)
    return True


def page_turn(boxes: Sequence[Box]) -> float:
    """The angle, radians, clockwise positive, by which the lines that the boxes stand on are turned.

    It is the turn at which most neighbours stand level with each other.
    """
    if len(boxes) < 3:
        return 0.0  # of two, one may as well stand below the other
    across, down, weights = _neighbours(np.array(boxes, np.float64))
    off = np.abs(down[:, None] * np.cos(TURNS) - across[:, None] * np.sin(TURNS))
    votes = (weights[:, None] * np.maximum(0, 1 - off / LEVEL)).sum(axis=0) * (1 - UPRIGHT * np.abs(TURNS))
    return float(TURNS[np.argmax(votes)])


def _neighbours(boxes: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """From each glyph to its nearest ones of similar height: how far across, how far down, in heights, and a weight."""
    middles, heights = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 3]
    usual = np.sqrt(heights[:, None] * heights)
    apart = (middles[None] - middles[:, None]) / usual[..., None]
    distance = np.hypot(apart[..., 0], apart[..., 1])
    ratio = heights[:, None] / heights
    distance[(ratio > TALLER) | (ratio * TALLER < 1)] = np.inf
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :NEAREST]
    rows = np.arange(len(boxes))[:, None]
    chosen = apart[rows, nearest].reshape(-1, 2)
    return chosen[:, 0], chosen[:, 1], np.exp(-distance[rows, nearest].ravel() / NEAR)


def _upright(glyphs: Sequence[Glyph], turn: float) -> list[Place]:
    """The glyphs' places on the page turned back by as much as it is turned, radians."""
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    places = []
    for glyph in glyphs:
        x, y = glyph.box.centre
        places.append(Place(x * cosine + y * sine, y * cosine - x * sine, glyph.box.height, glyph))
    return places


def _fit(line: Sequence[Place], place: Place) -> float:
    """How much of the smaller height a glyph shares with the end of a line, moved along the line's slope."""
    last = line[-1]
    smaller, larger = sorted((last.height, place.height))
    if larger > TALLER * smaller:
        return 0.0
    expected = last.y + _slope(line) * min(place.x - last.x, REACH * last.height)
    top = max(expected - last.height / 2, place.y - place.height / 2)
    bottom = min(expected + last.height / 2, place.y + place.height / 2)
    return (bottom - top) / smaller


def _slope(line: Sequence[Place]) -> float:
    """The slope of a line's last glyphs, 0 where there are too few to tell."""
    first, last = line[max(0, len(line) - 4)], line[-1]
    across = last.x - first.x
    return (last.y - first.y) / across if across > 2 * last.height else 0.0


def _height_on_page(line: Sequence[Place]) -> float:
    """Where a line stands on the page: the mean height of its glyphs' centres."""
    return sum(place.y for place in line) / len(line)
