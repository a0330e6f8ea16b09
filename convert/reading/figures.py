"""The pictures of the page about reading: scores by kind and origin, and what disturbances cost."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from convert.reading.goals import DIGITS, LOSSES
from convert.reading.summary import Row
from runtime.atomic import atomic_file

OURS, PLAIN, ASKED = "#4477aa", "#bbbbbb", "#228833"
ROW = 0.28  # inches a bar takes


def draw_figures(document: Row, folder: Path) -> None:
    """Write every picture of a summary into `folder`."""
    save(draw_scores(document), folder / "reading-scores.png")
    save(draw_losses(document), folder / "reading-losses.png")


def save(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG to `path`, whole or not at all."""
    FigureCanvasAgg(figure)
    with atomic_file(path) as temporary, mpl.rc_context({"savefig.bbox": "tight"}):
        figure.savefig(temporary, format="png", metadata={"Software": None})


def draw_scores(document: Row) -> Figure:
    """F1 of each kind and each origin, with intervals and the number of digits."""
    rows = [*document["kinds"], *document["origins"]]
    figure = _figure(len(rows))
    axes = figure.subplots()
    names = [f"{row['name']} ({row['digits']})" for row in rows]
    _draw_bars(axes, names, rows, "f1", OURS)
    axes.axvline(DIGITS.least, color=ASKED, linewidth=1)
    axes.axhline(len(document["kinds"]) - 0.5, color="0.7", linewidth=1)
    axes.set(xlim=(0, 1.01), xlabel="F1 (digits written); green: what is asked of all together")
    return figure


def draw_losses(document: Row) -> Figure:
    """What each disturbance costs, beside what it costs the plain reader."""
    clean, *rows = document["disturbances"]
    figure = _figure(len(rows) + 1)
    axes = figure.subplots()
    _draw_bars(axes, [row["name"] for row in rows], rows, "loss", OURS)
    theirs = [(p, clean["plain_f1"] - row["plain_f1"]) for p, row in enumerate(rows) if row["plain_f1"] is not None]
    axes.scatter([loss for _, loss in theirs], [place for place, _ in theirs], 14, color=PLAIN, zorder=3)
    axes.axvline(next(iter(LOSSES.values())).least, color=ASKED, linewidth=1)
    axes.set(xlabel="loss of F1 against the clean pictures; grey: the plain reader; green: the most that is allowed")
    return figure


def _figure(bars: int) -> Figure:
    return Figure(figsize=(8, 1 + ROW * max(1, bars)), dpi=110, layout="constrained")


def _draw_bars(axes: Axes, names: Sequence[str], rows: Sequence[Row], key: str, colour: str) -> None:
    """One bar a row from top to bottom, with a line for its interval where there is one."""
    for place, row in enumerate(rows):
        axes.barh(place, row[key] or 0.0, color=colour, height=0.7)
        if row[f"{key}_interval95"]:
            axes.plot(row[f"{key}_interval95"], (place, place), color="0.2", linewidth=1)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
