"""Reading order: glyphs into lines, lines from top to bottom, each from left to right."""

from collections.abc import Sequence

from runtime.records import Box, Glyph

REACH = 6.0  # glyph heights: a wider blank than this does not pull a line's slope along
OVERLAP = 0.35  # of the smaller height that two neighbours on a line share
TALLER = 3.0  # times: a glyph this much taller than its neighbour does not stand on the same line


def group_lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """The lines in reading order; each glyph joins the line whose last glyph it overlaps most, seen along the line.

    Going from left to right and comparing each glyph with the end of a line only lets lines slant and bend.
    """
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: g.box.centre[0]):
        fits = [_fit(line, glyph.box) for line in lines]
        best = max(fits, default=0.0)
        if best < OVERLAP:
            lines.append([glyph])
        else:
            lines[fits.index(best)].append(glyph)
    return sorted(lines, key=_height_on_page)


def _fit(line: Sequence[Glyph], box: Box) -> float:
    """How much of the smaller height a box shares with the end of a line, moved along the line's slope."""
    last = line[-1].box
    if max(last.height, box.height) > TALLER * min(last.height, box.height):
        return 0.0
    shift = _slope(line) * min(box.centre[0] - last.centre[0], REACH * last.height)
    top, bottom = max(last.top + shift, box.top), min(last.bottom + shift, box.bottom)
    return (bottom - top) / min(last.height, box.height)


def _slope(line: Sequence[Glyph]) -> float:
    """The slope of a line's last glyphs, 0 where there are too few to tell."""
    first, last = line[max(0, len(line) - 4)].box, line[-1].box
    across = last.centre[0] - first.centre[0]
    return (last.centre[1] - first.centre[1]) / across if across > 2 * last.height else 0.0


def _height_on_page(line: Sequence[Glyph]) -> float:
    """Where a line stands on the page: the mean height of its glyphs' centres."""
    return sum(glyph.box.centre[1] for glyph in line) / len(line)
