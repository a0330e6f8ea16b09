"""The pictures of the page about the models, drawn from the same records."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter
from model_records import FAMILY, Record, by_model, choose, spread
from published import PUBLISHED, Published

from convert.measure.figures import draw_junk, draw_reliability, draw_risk_coverage, save_figure
from convert.measure.record import SHIPS

OURS, ZOO, OTHERS = "#aa3377", "#4477aa", "#bbbbbb"
TICKS = (10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400)


def draw_figures(records: Sequence[Record], default: str, folder: Path) -> None:
    """Write the pictures into `folder`; those of one model for the seed of `default` that ships, if there is one."""
    models = by_model(records)
    save_figure(draw_pareto(models), folder / "models-pareto.png")
    if default in models:
        document = choose(models[default]).document
        save_figure(draw_reliability(document, SHIPS), folder / "models-reliability.png")
        save_figure(draw_risk_coverage(document), folder / "models-risk-coverage.png")
        save_figure(draw_junk(document, SHIPS), folder / "models-junk.png")


def draw_pareto(models: Mapping[str, Sequence[Record]]) -> Figure:
    """Errors on MNIST's test images against parameters, and against the bytes of the int8 file."""
    figure = Figure(figsize=(11, 5), dpi=110, layout="constrained")
    by_parameters, by_bytes = figure.subplots(1, 2, sharey=True)
    for other in PUBLISHED:
        _draw_other(by_parameters, other, other.parameters)
        _draw_other(by_bytes, other, other.size)
    for name, records in models.items():
        file = choose(records).file() or {}
        _draw_model(by_parameters, name, records, records[0].document["parameters"])
        _draw_model(by_bytes, name, records, file.get("bytes"))
    by_parameters.set(xlabel="parameters", ylabel="errors of 10,000 test images")
    by_bytes.set(xlabel="bytes of the int8 file (published: of the weights, where told)")
    for axes in (by_parameters, by_bytes):
        axes.set(xscale="log", yscale="log")
        axes.yaxis.set_major_locator(FixedLocator(TICKS))
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.yaxis.set_minor_locator(NullLocator())
        axes.margins(x=0.15)
        axes.grid(alpha=0.3)
    return figure


def _draw_other(axes: Axes, other: Published, size: int | None) -> None:
    """A published model, where the source tells its size."""
    if size is None:
        return
    axes.scatter(size, other.errors, 20, color=OTHERS)
    axes.annotate(_short(other.name), (size, other.errors), (4, 3), textcoords="offset points", fontsize=6, color="0.4")


def _draw_model(axes: Axes, name: str, records: Sequence[Record], size: int | None) -> None:
    """One of ours: the mean over its seeds and their standard deviation."""
    if size is None:
        return
    mean, deviation = spread([float(record.errors() or 0) for record in records])
    colour = OURS if name in FAMILY else ZOO
    axes.errorbar(size, mean, deviation, fmt="o", color=colour, capsize=3)
    axes.annotate(name, (size, mean), (5, -10), textcoords="offset points", fontsize=8, color=colour)


def _short(name: str) -> str:
    """The name up to what only explains it."""
    return name.partition(",")[0].partition(" (")[0]
