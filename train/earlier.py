"""The recipe of an earlier run, taken for another training: whatever the presets are by now."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime import manifest
from runtime.errors import ModelError
from train.options import CHOICES, KNOBS


def fill_in(options: argparse.Namespace) -> None:
    """Put model, preset and recipe of the run `options.like` where the options say nothing else.

    Raises ModelError where that is no run, or one whose recipe is not told: older versions told its preset alone.
    """
    training = manifest.load(options.like).training
    recipe = training.get("recipe")
    if not isinstance(recipe, dict):
        raise ModelError(f"{options.like}: does not tell its whole recipe; train by --model and --preset")
    for name in ("model", "preset"):
        _fill(options, name, str(training.get(name) or "") or None)
    for name in KNOBS:
        if name in recipe:
            _fill(options, name, _read(options.like, recipe, name))


def _fill(options: argparse.Namespace, name: str, value: object) -> None:
    if getattr(options, name) is None:
        setattr(options, name, value)


def _read(run: Path, recipe: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - what the flag gives
    """A value of a run's recipe, as its flag takes it; ModelError where the flag would refuse it."""
    try:
        value = KNOBS[name].parse(str(recipe[name]))
    except argparse.ArgumentTypeError as error:
        raise ModelError(f"{run}: its recipe's {name}: {error}") from error
    if value not in CHOICES.get(name, (value,)):
        raise ModelError(f"{run}: its recipe's {name}: expected {' or '.join(CHOICES[name])}, got {value!r}")
    return value
