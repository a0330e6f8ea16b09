"""Pictures about a measurement: reliability, risk and coverage, junk accepted, photographed digits that are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from convert.measure.counting import find_right
from runtime.atomic import atomic_file

if TYPE_CHECKING:  # those load TensorFlow, which pages about measurements do without
    from convert.measure.material import Digits
    from convert.measure.witness import Shown, Witness

COLOURS = {
    "softmax": "#4477aa",
    "max-logit": "#228833",
    "energy": "#66ccee",
    "background": "#ee6677",
    "published": "#aa3377",
}
BEFORE, AFTER = "#bbbbbb", "#4477aa"
SHEET_COLUMNS = 10
SHEET_LIMIT = 100


def draw_pictures(folder: Path, document: Mapping[str, Any], shown: "Shown", said: "Witness") -> None:
    """Write every picture of a measurement into `folder`."""
    save_figure(draw_reliability(document, said.name), folder / "reliability.png")
    save_figure(draw_risk_coverage(document), folder / "risk-coverage.png")
    if document["junk"]:
        save_figure(draw_junk(document, said.name), folder / "junk.png")
    if shown.elsewhere.photographs:
        save_figure(draw_wrong(shown.elsewhere.photographs[0], said), folder / "photographs-wrong.png")


def save_figure(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG to `path`, whole or not at all."""
    FigureCanvasAgg(figure)
    with atomic_file(path) as temporary, mpl.rc_context({"savefig.bbox": "tight"}):
        figure.savefig(temporary, format="png", metadata={"Software": None})


def draw_reliability(document: Mapping[str, Any], name: str) -> Figure:
    """Accuracy against confidence, before and after the temperature, for each lot of digits (Guo et al., 2017)."""
    figures = document["calibration"][name]
    lots = [key for key in figures if key not in ("temperature", "rejection")]
    figure = Figure(figsize=(4 * len(lots), 3.6), dpi=110, layout="constrained")
    for axes, lot in zip(np.ravel(figure.subplots(1, len(lots))), lots, strict=True):
        axes.plot([0, 1], [0, 1], color="0.8", linewidth=1, zorder=0)
        for key, colour in (("before", BEFORE), ("after", AFTER)):
            bins = np.array(figures[lot][key]["bins"])
            error = figures[lot][key]["expected_calibration_error"]
            axes.scatter(bins[:, 1], bins[:, 2], 8 + 30 * np.log10(bins[:, 0]), color=colour, alpha=0.8)
            axes.plot(bins[:, 1], bins[:, 2], color=colour, label=f"{key}: error {error:.2%}")
        axes.set(title=lot, xlabel="confidence", ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.02))
        axes.legend(frameon=False, loc="lower right", title=f"temperature {figures['temperature']:g}")
    return figure


def draw_risk_coverage(document: Mapping[str, Any]) -> Figure:
    """What share of the accepted is wrong, against what share is accepted, for each method."""
    curves = {name: found for name, found in document["risk_coverage"].items() if name != "coverage"}
    figure = Figure(figsize=(4.4 * len(curves), 3.6), dpi=110, layout="constrained")
    for axes, (name, methods) in zip(np.ravel(figure.subplots(1, len(curves))), curves.items(), strict=True):
        for method, risks in methods.items():
            axes.plot(document["risk_coverage"]["coverage"], risks, label=method, color=COLOURS[method])
        axes.set(title=name, xlabel="share accepted", ylabel="share of the accepted that is wrong")
        axes.set_ylim(bottom=0)
        _percent(axes)
        axes.legend(frameon=False)
    return figure


def draw_junk(document: Mapping[str, Any], name: str) -> Figure:
    """The share of each kind of junk that each method accepts where it keeps 99 % of the digits."""
    methods = document["rejection"][name]
    kinds = {lot: list(found) for lot, found in methods[0]["by_kind"].items()}
    rows: list[tuple[str, str | None]] = [(lot, None) for lot in document["junk"]]
    rows += [(lot, kind) for lot in kinds for kind in kinds[lot]]
    figure = Figure(figsize=(7, 1.2 + 0.38 * len(rows)), dpi=110, layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(rows))
    for index, found in enumerate(methods):
        shares = [found["by_kind"][lot][kind] if kind else found["accepted"][lot] for lot, kind in rows]
        height = 0.8 / len(methods)
        axes.barh(
            places + (index + 0.5) * height - 0.4, shares, height, color=COLOURS[found["method"]], label=found["method"]
        )
    axes.set_yticks(places, [f"{lot}: {kind}" if kind else f"all {lot}" for lot, kind in rows])
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(title="junk accepted at 99 % of the digits kept")
    figure.legend(loc="outside lower center", ncols=len(methods), frameon=False)
    return figure


def draw_wrong(lot: "Digits", said: "Witness") -> Figure:
    """The digits of a lot that a file gets wrong; of more than fit, the first ones."""
    rows = said.about(lot).probabilities
    wrong = np.flatnonzero(~find_right(rows, lot.labels))[:SHEET_LIMIT]
    lines = max(1, -(-len(wrong) // SHEET_COLUMNS))
    figure = Figure(figsize=(SHEET_COLUMNS * 0.9, lines * 1.2 + 0.5), dpi=110, layout="constrained")
    figure.suptitle(f"{lot.name}: {len(wrong)} wrong of {len(lot)}, label and answer")
    for place, axes in enumerate(np.ravel(figure.subplots(lines, SHEET_COLUMNS))):
        axes.axis("off")
        if place < len(wrong):
            index = wrong[place]
            best = int(rows[index, :10].argmax())
            axes.imshow(lot.images[index], cmap="gray_r", vmin=0, vmax=255)
            axes.set_title(f"{lot.labels[index]} as {best} ({rows[index, best]:.0%})", fontsize=7)
    return figure


def _percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.grid(alpha=0.3)
