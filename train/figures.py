"""Pictures about a training: its course, its confusions, its mistakes and what it learnt from."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from runtime.atomic import atomic_file
from runtime.records import DIGITS
from train.checkpoint import Epoch

LEARNING, VALIDATION, WRONG = "#4477aa", "#ee6677", "#cc3311"
SHEET_COLUMNS = 12
SHEET_LIMIT = 120  # images on one sheet


def save_figure(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG to `path`, whole or not at all."""
    FigureCanvasAgg(figure)
    with atomic_file(path) as temporary, mpl.rc_context({"savefig.bbox": "tight"}):
        figure.savefig(temporary, format="png", metadata={"Software": None})


def draw_history(history: Sequence[Epoch], chosen: int) -> Figure:
    """Loss and accuracy epoch by epoch; the epoch that ships, `chosen`, is marked."""
    figure = Figure(figsize=(9, 3.4), dpi=110, layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        _draw_course(axes, history, name, "training (as met, varied)", LEARNING)
        _draw_course(axes, history, f"validation_{name}", "validation", VALIDATION)
        axes.axvline(chosen, color="0.7", linestyle=":", zorder=0)
        axes.set(xlabel="epoch", title=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    loss.set_ylim(bottom=0)
    loss.legend(frameon=False)
    return figure


def _draw_course(axes: Axes, history: Sequence[Epoch], key: str, label: str, colour: str) -> None:
    if all(key in figures for figures in history):
        epochs = [figures["epoch"] for figures in history]
        axes.plot(epochs, [figures[key] for figures in history], marker="o", markersize=3, label=label, color=colour)


def draw_confusion(counts: NDArray[np.int64]) -> Figure:
    """The confusion matrix (10, 10): rows are labels, columns answers; only mistakes are coloured."""
    figure = Figure(figsize=(5.2, 5), dpi=110, layout="constrained")
    axes = figure.subplots()
    mistakes = counts - np.diag(np.diag(counts))
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(1, int(mistakes.max()) * 1.5))
    for row in range(DIGITS):
        for column in range(DIGITS):
            colour = "0.5" if row == column else "black"
            if counts[row, column]:
                axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=8, color=colour)
    axes.set(xticks=range(DIGITS), yticks=range(DIGITS), xlabel="the network's answer", ylabel="label")
    axes.set_title(f"{mistakes.sum()} wrong of {counts.sum()}")
    return figure


def draw_sheet(images: NDArray[np.uint8], captions: Sequence[str], title: str, colour: str = "black") -> Figure:
    """Images (N, 28, 28) in rows, ink dark on white, each with its caption; of more than fit, the first ones."""
    shown = min(len(images), SHEET_LIMIT)
    rows = max(1, -(-shown // SHEET_COLUMNS))
    figure = Figure(figsize=(SHEET_COLUMNS * 0.85, rows * 1.05 + 0.5), dpi=110, layout="constrained")
    figure.suptitle(title if shown == len(images) else f"{title} (the first {shown})")
    for index, axes in enumerate(np.ravel(figure.subplots(rows, SHEET_COLUMNS))):
        axes.axis("off")
        if index < shown:
            axes.imshow(images[index], cmap="gray_r", vmin=0, vmax=255)
            axes.set_title(captions[index], fontsize=9, color=colour, pad=2)
    return figure


def draw_wrong(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], said: NDArray[np.int64], confidence: NDArray[np.float32]
) -> Figure:
    """The wrong answers: what the network said and how sure it was, and what the label says."""
    captions = [
        f"said {answer} ({sure:.0%})\nlabel {label}"
        for answer, sure, label in zip(said, confidence, labels, strict=True)
    ]
    return draw_sheet(images, captions, f"{len(labels)} wrong answers, the most confident first", WRONG)
