"""What a search leaves behind: its results as JSON and as a picture, and the winner as a network to train."""

from pathlib import Path

from runtime.atomic import write_json
from train.figures import save_figure
from train.tune.candidate import RECIPE
from train.tune.figure import draw_search
from train.tune.order import PICTURE, RESULTS, WINNER
from train.tune.results import Tuning, write_document
from train.zoo.described import write_architecture


def write_outcome(folder: Path, tuning: Tuning) -> None:
    """Write everything that was found into the search's folder; without a finished trial there is no winner."""
    write_json(folder / RESULTS, write_document(tuning))
    save_figure(draw_search(tuning), folder / PICTURE)
    if tuning.best:
        widths, recipe = tuning.best.candidate.widths, tuning.best.candidate.recipe
        changes = {name: getattr(recipe, name) for name in RECIPE}
        write_architecture(folder / WINNER, tuning.settings["model"], widths, changes)
