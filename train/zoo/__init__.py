"""The zoo: every model's name and the module that holds it, imported only when it is asked for."""

import importlib
from pathlib import Path
from typing import cast

from runtime.errors import UsageError
from train.zoo.recipe import Architecture, Recipe

FAMILIES = {
    "dense-512": "train.zoo.dense",
    "dense-128": "train.zoo.dense",
    "dense-1024": "train.zoo.dense",
    "cnn-32-64": "train.zoo.cnn",
    "cnn-wide": "train.zoo.cnn",
    "cnn-32-64-64": "train.zoo.cnn",
    "edge-nano": "train.zoo.edge",
    "edge-small": "train.zoo.edge",
    "edge-base": "train.zoo.edge",
}
"""Names in the order of the table, and the module of each."""

PRESETS = {
    "train.zoo.dense": ("published",),
    "train.zoo.cnn": ("published",),
    "train.zoo.edge": ("standard", "quick", "best"),
}
"""The recipes of each module's models by name, the default first; known before Keras is loaded."""


DESCRIPTION = ".json"  # how the name of a file ends that describes a model


def find(name: str) -> Architecture:
    """The model called `name`, or that the file of this name describes. Loads Keras: call `load_framework` first.

    UsageError where there is none, and InputError where the file cannot be read.
    """
    if is_described(name):
        return cast(Architecture, importlib.import_module("train.zoo.described").read_architecture(Path(name)))
    if name not in FAMILIES:
        raise UsageError(f"there is no model {name!r}; one of {', '.join(FAMILIES)}")
    models = cast(tuple[Architecture, ...], importlib.import_module(FAMILIES[name]).MODELS)
    return next(model for model in models if model.name == name)


def check_names(name: str | None, preset: str | None) -> None:
    """Raise UsageError for a model or a preset that the zoo does not have, before Keras is loaded.

    A description in a file is looked into later, by `find`.
    """
    if name and is_described(name):
        return
    if name not in FAMILIES:
        asked = f"there is no model {name!r}" if name else "--model is missing"
        raise UsageError(f"{asked}; one of {', '.join(FAMILIES)} (see digits train --list)")
    known = PRESETS[FAMILIES[name]]
    if preset and preset not in known:
        raise UsageError(f"{name} has no preset {preset!r}; one of {', '.join(known)}")


def is_described(name: str) -> bool:
    """Whether a model's name is that of a file which describes it."""
    return name.endswith(DESCRIPTION)


def choose_recipe(architecture: Architecture, preset: str | None) -> tuple[str, Recipe]:
    """The preset asked for (None: the default one) and its recipe; UsageError where the model has none of that name."""
    chosen = preset or architecture.default_preset
    if chosen not in architecture.recipes:
        known = ", ".join(architecture.recipes)
        raise UsageError(f"{architecture.name} has no preset {chosen!r}; one of {known}")
    return chosen, architecture.recipes[chosen]
