"""The picture of a search: what its networks cost, and how often they are wrong."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from train.figures import LEARNING, VALIDATION, WRONG
from train.tune.results import Row, Tuning


def draw_search(tuning: Tuning) -> Figure:
    """Wrong validation digits, and the loss, against the parameters; trials that diverged are left out."""
    figure = Figure(figsize=(9, 3.6), dpi=110, layout="constrained")
    rows = [row for row in tuning.rows if row.figures.errors is not None]
    errors, loss = figure.subplots(1, 2)
    _draw(errors, rows, [100 * (row.figures.errors or 0) / tuning.digits for row in rows], tuning.best)
    _draw(loss, rows, [row.figures.loss for row in rows], tuning.best)
    errors.set(title="wrong validation digits, %", ylim=(0, None))
    loss.set(title="loss that the search lowers")
    for axes in (errors, loss):
        axes.axvline(tuning.settings["parameters"], color="0.7", linestyle=":", zorder=0)
        axes.set_xlabel("parameters (dotted: the budget)")
        axes.grid(alpha=0.3)
    loss.legend(frameon=False)
    return figure


def _draw(axes: Axes, rows: list[Row], heights: list[float], best: Row | None) -> None:
    """One point a trial; the first, which is where the search began, and the best are marked."""
    places = [row.candidate.parameters for row in rows]
    axes.scatter(places, heights, s=18, color=LEARNING, label="trials")
    for index, row in enumerate(rows):
        point = (places[index], heights[index])
        if index == 0:
            axes.scatter(*point, s=90, marker="s", facecolors="none", edgecolors=VALIDATION, label="the beginning")
        if row is best:
            axes.scatter(*point, s=130, marker="*", facecolors="none", edgecolors=WRONG, label="the best")
