"""What `digits convert` tells of new files and of recipes: as tables for people and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from convert.recipe import Recipe

if TYPE_CHECKING:
    from convert.pipeline import ConvertedFile


def conversion_table(converted: "Sequence[ConvertedFile]") -> Table:
    """The new files for people; sizes are compared with the weights in float32, as Keras holds them."""
    table = Table("file", "bytes", "of float32", "operators", "digits changed on")
    for column in table.columns[1:4]:
        column.justify = "right"
    for entry in converted:
        flips = ", ".join(f"{engine}: {count}" for engine, count in entry.flips.items())
        operators = sum(entry.operators.values())
        table.add_row(entry.file.path, f"{entry.file.size:,}", f"{entry.size_ratio:.0%}", str(operators), flips)
    return table


def conversion_document(run: Path, converted: "Sequence[ConvertedFile]") -> dict[str, Any]:
    """The new files as JSON, schema digits.conversion/1."""
    files = [
        {
            "path": entry.file.path,
            "size": entry.file.size,
            "sha256": entry.file.sha256,
            "size_ratio": round(entry.size_ratio, 4),
            "operators": entry.operators,
            "flips": entry.flips,
            "calibration": asdict(entry.file.calibration) if entry.file.calibration else None,
            "conversion": entry.file.conversion,
        }
        for entry in converted
    ]
    return {"schema": "digits.conversion/1", "run": str(run), "files": files}


def recipe_table(recipes: Sequence[Recipe], standard: Sequence[str]) -> Table:
    """One row a recipe; those that are followed unasked are marked."""
    table = Table("recipe", "unasked", "ranges by", "what it is")
    table.columns[0].no_wrap = True
    for recipe in recipes:
        ranges = recipe.calibration.method if recipe.calibration else ""
        table.add_row(recipe.path, "yes" if recipe.path in standard else "", ranges, recipe.help)
    return table


def recipe_document(recipes: Sequence[Recipe]) -> dict[str, Any]:
    """The recipes as JSON, schema digits.recipes/1."""
    return {"schema": "digits.recipes/1", "recipes": [recipe.to_document() for recipe in recipes]}
