"""`docs/reading.md`: the whole page, its figures and its JSON, written from the summary of a measurement."""

import json
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from convert.reading.failures import STAGES
from convert.reading.summary import Row
from runtime.atomic import write_text

NONE = "–"
HEADER = "| {} | pictures | digits | F1 | 95 % interval | precision | recall | lines exact | pictures exact |"
RIGHT = "|---|" + "---:|" * 8


def write_page(path: Path, document: Row) -> None:
    """Write the page, and the same figures as JSON beside it."""
    write_text(path, render_page(document))
    write_text(path.with_suffix(".json"), json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def render_page(document: Row) -> str:
    """The page in Markdown."""
    environment = Environment(
        loader=PackageLoader("convert"),
        autoescape=select_autoescape(),  # of Markdown nothing is escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(figure=as_figure, interval=as_interval, signed=as_signed)
    return environment.get_template("reading.md").render(scores=score_table, meanings=STAGES, **document)


def score_table(rows: Sequence[Row], what: str) -> str:
    """One row a group of pictures."""
    return "\n".join([HEADER.format(what), RIGHT, *map(_score_row, rows)])


def as_figure(figure: float | None, places: int = 3) -> str:
    """A figure with so many decimal places; a dash where there is none."""
    return NONE if figure is None else f"{figure:.{places}f}"


def as_signed(figure: float | None) -> str:
    """A difference with its sign; a dash where there is none."""
    return NONE if figure is None else f"{figure:+.3f}"


def as_interval(ends: Sequence[float] | None, places: int = 3) -> str:
    """From the low end to the high one; a dash where there is no interval."""
    return NONE if ends is None else f"{ends[0]:.{places}f} to {ends[1]:.{places}f}"


def _score_row(row: Row) -> str:
    cells = (
        row["name"],
        row["pictures"],
        row["digits"],
        as_figure(row["f1"]),
        as_interval(row["f1_interval95"]),
        as_figure(row["precision"]),
        as_figure(row["recall"]),
        as_figure(row["lines_exact"]),
        as_figure(row["pictures_exact"]),
    )
    return f"| {' | '.join(map(str, cells))} |"
