"""The zoo in the terminal: what every model costs, how it is trained, and how its measured figure stands beside it."""

from pathlib import Path

from runtime import manifest
from runtime.bundle import SHIPPED
from train.run_folder import count_folded_parameters
from train.zoo import FAMILIES, find
from train.zoo.recipe import Architecture

TITLES = ("model", "parameters", "presets (epochs × batch)", "published", "measured")
ELSEWHERE = "see docs/models.md"


def write_list(bundles: Path = SHIPPED.parent) -> str:
    """The zoo as a table; measured are the models that ship in `bundles`, and the page of the models has the others."""
    measured = _measure(bundles)
    rows = [TITLES, *((name, *_describe(find(name)), measured.get(name, ELSEWHERE)) for name in FAMILIES)]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(_pad, TITLES, row, sizes)).rstrip() for row in rows)


def _describe(model: Architecture) -> tuple[str, str, str]:
    """Parameters with batch normalisation folded, the presets in short, and the published figure."""
    classes = model.recipes[model.default_preset].classes
    presets = ", ".join(f"{preset} ({r.epochs} × {r.batch_size})" for preset, r in model.recipes.items())
    return f"{count_folded_parameters(model.build(classes)):,}", presets, model.published


def _measure(bundles: Path) -> dict[str, str]:
    """The accuracy on MNIST's test images of every model that ships, by its name in the zoo."""
    runs = [manifest.load(path.parent).training for path in bundles.glob(f"*/{manifest.FILE_NAME}")]
    return {str(run["model"]): f"{100 * run['test_accuracy']:.2f} %" for run in runs if run.get("data") == "mnist"}


def _pad(title: str, cell: str, size: int) -> str:
    return cell.rjust(size) if title == "parameters" else cell.ljust(size)
