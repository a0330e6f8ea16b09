"""Networks of the edge family that a file describes: their layers and widths, and what their recipe changes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.atomic import write_json
from runtime.errors import InputError
from train.zoo import edge
from train.zoo.edge import FAMILY, Widths, edge_model
from train.zoo.recipe import Architecture

SCHEMA = "digits.architecture/1"
SIZES = ("large", "middle", "small")
MOST_LAYERS, MOST_FILTERS = 16, 1024  # of one size; of one layer
SIDES, STRIDES = (1, 3, 5, 7, 9), (1, 2)
CHANGES = {
    "learning_rate": (1e-6, 10.0),
    "weight_decay": (0.0, 1.0),
    "label_smoothing": (0.0, 0.99),
    "augmentation": (0.0, 1.0),
    "background": (0.0, 10.0),
}
"""The values of a recipe that a file may change, and from where to where."""
SIZE_LIMIT = 2**16  # bytes; a description has some hundred


def write_architecture(path: Path, base: str, widths: Widths, changes: Mapping[str, float]) -> None:
    """Describe the network with `widths`, trained by the recipes of the model `base` with `changes`."""
    layers = {name: list(getattr(widths, name)) for name in SIZES}
    stem = {"side": widths.side, "stride": widths.stride}
    write_json(path, {"schema": SCHEMA, "base": base, "stem": stem, **layers, "recipe": dict(changes)})


def read_architecture(path: Path) -> Architecture:
    """The network that `path` describes, under the file's name; InputError where it cannot be read or built."""
    document = _read(path)
    base, stem = _take(path, document, "base", str), _take(path, document, "stem", dict)
    if base not in FAMILY:
        raise InputError(f"{path}: expected a base of {', '.join(FAMILY)}, got {base!r}")
    side, stride = _one_of(path, stem, "side", SIDES), _one_of(path, stem, "stride", STRIDES)
    large, middle, small = (_filters(path, document, name) for name in SIZES)
    changes = _changes(path, document.get("recipe", {}))
    recipes = next(model for model in edge.MODELS if model.name == base).recipes
    return edge_model(
        path.stem,
        Widths(large, middle, small, side, stride),
        {preset: replace(recipe, **changes) for preset, recipe in recipes.items()},
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(SIZE_LIMIT))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise InputError(f"{path}: cannot be read as a network's description ({reason})") from error
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise InputError(f"{path}: expected schema {SCHEMA!r}, got {found!r}; digits tune writes such files")
    return dict(document)


def _take(path: Path, document: Mapping[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401 - as JSON has it
    value = document.get(name)
    if not isinstance(value, kind):
        raise InputError(f"{path}: expected {name!r} as {kind.__name__}, got {value!r}")
    return value


def _one_of(path: Path, document: Mapping[str, Any], name: str, allowed: tuple[int, ...]) -> int:
    value = document.get(name)
    if isinstance(value, bool) or value not in allowed:
        raise InputError(f"{path}: expected the stem's {name!r} to be one of {allowed}, got {value!r}")
    return int(value)


def _filters(path: Path, document: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """The filters of the layers of one size."""
    value = _take(path, document, name, list)
    sane = all(type(width) is int and 1 <= width <= MOST_FILTERS for width in value)
    if not sane or not 1 <= len(value) <= MOST_LAYERS:
        expected = f"1 to {MOST_LAYERS} numbers of filters from 1 to {MOST_FILTERS}"
        raise InputError(f"{path}: expected {name!r} as {expected}, got {value!r}")
    return tuple(value)


def _changes(path: Path, recipe: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON has it
    if not isinstance(recipe, dict) or set(recipe) - set(CHANGES):
        raise InputError(f"{path}: expected 'recipe' with values of {', '.join(CHANGES)}, got {recipe!r}")
    for name, value in recipe.items():
        low, high = CHANGES[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InputError(f"{path}: expected {name!r} from {low:g} to {high:g}, got {value!r}")
    return dict(recipe)
