"""The page about the zoo: measured figures beside the published ones, from the manifests of the runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runtime.intervals import wilson_interval
from runtime.manifest import Manifest
from train.zoo.recipe import Architecture

HEAD = """# The zoo: measured beside published

Written by `digits zoo RUNS`, from the manifests of the runs. Every model was trained once, on MNIST's 60,000 training
images and with the seed of its recipe, and measured on the 10,000 test images; no seed, epoch or setting was chosen by
the test images. The interval is Wilson's at 95 %: how far the figure may move with other test images of the same kind.
Another seed moves it, too. Seconds are wall clock of the training loop on the machine that trained it.
"""

FOOT = """
With `--export saved_model,h5` a run also holds the model as a TensorFlow SavedModel and as an HDF5 file. Any value of a
recipe can be changed by a flag (`digits train --help`); `digits train --list` prints the zoo.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the zoo with the run that trained it by its own recipe."""

    model: Architecture
    preset: str
    run: Manifest | None  # None: not trained yet

    @property
    def command(self) -> str:
        """What trains it again."""
        return f"digits train --model {self.model.name} --preset {self.preset}"

    def trained(self, run: Manifest) -> bool:
        """Whether this command made a run; the recipe's own seed may be named in it."""
        seed = self.model.recipes[self.preset].seed
        return run.training.get("command") in (self.command, f"{self.command} --seed {seed}")


def collect(models: Iterable[Architecture], runs: Sequence[Manifest]) -> tuple[Row, ...]:
    """A row for every preset of every model; runs with changed recipes, fewer images or other data do not count."""
    rows = []
    for model in models:
        for preset in model.recipes:
            row = Row(model, preset, None)
            fitting = (run for run in runs if row.trained(run))
            rows.append(Row(model, preset, next(fitting, None)))
    return tuple(rows)


def write_page(rows: Sequence[Row]) -> str:
    """The page in Markdown."""
    titles = ("model", "parameters", "published", "measured", "95 % interval", "errors", "epochs", "seconds", "seed")
    lines = ["| " + " | ".join(titles) + " |", "|---" * 2 + "|---:" * (len(titles) - 2) + "|"]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    table = "\n".join(lines)
    layers = "\n".join(f"- `{name}`: {words}" for name, words in {r.model.name: r.model.layers for r in rows}.items())
    commands = "\n".join(row.command for row in rows)
    remarks = "\n".join(f"- {_title(row)}: {_verdict(row)}" for row in rows if row.run)
    return (
        f"{HEAD}\n{table}\n\n## What they are\n\n{layers}\n\n## Beside the published figures\n\n{remarks}\n\n"
        f"## To train them again\n\n```\n{commands}\n```\n{FOOT}"
    )


def _title(row: Row) -> str:
    return f"`{row.model.name}`" + (f" ({row.preset})" if len(row.model.recipes) > 1 else "")


def _cells(row: Row) -> list[str]:
    """The table's cells of one row."""
    if row.run is None:
        return [_title(row), "", row.model.published, "not trained yet", *[""] * 5]
    figures = row.run.training
    low, high = wilson_interval(figures["test_samples"] - figures["test_errors"], figures["test_samples"])
    return [
        _title(row),
        f"{row.run.parameters:,}",
        row.model.published,
        f"**{figures['test_accuracy']:.2%}**",
        f"{low:.2%} – {high:.2%}",
        f"{figures['test_errors']}",
        f"{figures['epochs']}",
        f"{figures['seconds']:.0f}",
        f"{figures['seed']}",
    ]


def _verdict(row: Row) -> str:
    """How the measured figure stands to the published one, in words."""
    if row.run is None or row.model.published_accuracy is None:
        return "there is no published figure to compare with"
    figures, published = row.run.training, row.model.published_accuracy
    gap = figures["test_accuracy"] - published
    if round(gap, 6) >= 0:
        return f"{100 * gap:.2f} points above" if round(gap, 6) else "exactly the same"
    low, high = wilson_interval(figures["test_samples"] - figures["test_errors"], figures["test_samples"])
    chance = "within" if low <= published <= high else "more than"
    return f"{-100 * gap:.2f} points below, {chance} what chance explains"
