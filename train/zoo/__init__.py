"""The zoo: every model's name and the module that holds it, imported only when it is asked for."""

import importlib
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


def find(name: str) -> Architecture:
    """The model called `name`; UsageError where there is none. Loads Keras: call `load_framework` first."""
    if name not in FAMILIES:
        raise UsageError(f"there is no model {name!r}; one of {', '.join(FAMILIES)}")
    models = cast(tuple[Architecture, ...], importlib.import_module(FAMILIES[name]).MODELS)
    return next(model for model in models if model.name == name)


def choose_recipe(architecture: Architecture, preset: str | None) -> tuple[str, Recipe]:
    """The preset asked for (None: the default one) and its recipe; UsageError where the model has none of that name."""
    chosen = preset or architecture.default_preset
    if chosen not in architecture.recipes:
        known = ", ".join(architecture.recipes)
        raise UsageError(f"{architecture.name} has no preset {chosen!r}; one of {known}")
    return chosen, architecture.recipes[chosen]
