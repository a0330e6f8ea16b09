"""The results of a search as a table for people."""

from train.tune.results import Row, Tuning
from train.zoo.edge import Widths

TITLES = ("trial", "loss", "errors", "varied", "junk", "parameters", "M MAC", "epochs", "s", "layers", "recipe")
LEFT = ("layers", "recipe")  # columns of words
LEGEND = """loss: mean cross-entropy over the validation digits, the same varied, and background; * has the lowest.
errors, varied: wrong of {digits:,} validation digits, as they are and varied.
junk: share of the background taken for a digit where 99 % of the digits are kept.
layers: stem | 14×14 | 7×7 | 3×3. recipe: highest rate, weight decay, label smoothing, variation, background per digit.
All trials have one seed; another seed would move every loss a little."""


def write_table(tuning: Tuning) -> str:
    """The trials from the best to the worst, and what the columns mean."""
    ranked = sorted(tuning.rows, key=lambda row: row.figures.loss)
    lines = [TITLES, *(_cells(row, best=row is tuning.best) for row in ranked)]
    sizes = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ("  ".join(map(_pad, TITLES, line, sizes)).rstrip() for line in lines)
    return "\n".join([*rows, "", LEGEND.format(digits=tuning.digits)])


def describe_layers(widths: Widths) -> str:
    """The layers by size, such as `20@5/2 | 24 24 | 28 28 | 20`; the stem has a kernel's side and a stride."""
    stem, *large = widths.large
    sizes = (large, widths.middle, widths.small)
    return " | ".join([f"{stem}@{widths.side}/{widths.stride}", *(" ".join(map(str, size)) for size in sizes)])


def _pad(title: str, cell: str, size: int) -> str:
    return cell.ljust(size) if title in LEFT else cell.rjust(size)


def _cells(row: Row, *, best: bool) -> tuple[str, ...]:
    candidate, figures = row.candidate, row.figures
    recipe = candidate.recipe
    values = (recipe.learning_rate, recipe.weight_decay, recipe.label_smoothing, recipe.augmentation, recipe.background)
    return (
        f"{row.trial}{'*' if best else ' '}",
        f"{figures.loss:.4f}",
        *("diverged" if count is None else str(count) for count in (figures.errors, figures.varied_errors)),
        "" if figures.accepted is None else f"{figures.accepted:.1%}",
        f"{candidate.parameters:,}",
        f"{candidate.multiply_adds / 1e6:.2f}",
        str(recipe.epochs),
        "" if figures.seconds is None else f"{figures.seconds:.0f}",
        describe_layers(candidate.widths),
        " ".join(f"{value:g}" for value in values),
    )
