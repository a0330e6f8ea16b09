"""The flags of `digits train`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from runtime.arguments import Parser, positive, seed_number, up_to
from train.zoo import FAMILIES

EXPORTS = ("saved_model", "h5")
MOST_EPOCHS = 100_000  # TensorFlow counts steps in numbers of its own, which have an end


class Knob(NamedTuple):
    """One value of a recipe that a flag may change."""

    parse: Callable[[str], Any]
    help: str


def _share(text: str) -> float:
    """A number from 0 to 1, without 1."""
    return _number(text, 0, 1, "0 up to, and without, 1")


def _strength(text: str) -> float:
    """A number from 0 to 1."""
    return _number(text, 0, 1.000001, "0 to 1")


def _amount(text: str) -> float:
    """A number of at least 0."""
    return _number(text, 0, float("inf"), "at least 0")


def _count(text: str) -> int:
    """A whole number of at least 0."""
    return int(text) if text == "0" else positive(text)


def _number(text: str, low: float, high: float, words: str) -> float:
    """`text` as a number from `low` up to, and without, `high`."""
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number < high:
        raise argparse.ArgumentTypeError(f"expected a number of {words}, got {text!r}")
    return number


KNOBS = {
    "epochs": Knob(up_to(MOST_EPOCHS), "passes over the training images"),
    "batch_size": Knob(positive, "images per step"),
    "optimiser": Knob(str, "adam or sgd (Nesterov momentum .9)"),
    "learning_rate": Knob(_amount, "the highest learning rate"),
    "schedule": Knob(str, "constant or cosine"),
    "warm_up_epochs": Knob(_amount, "epochs over which the rate rises from 0"),
    "weight_decay": Knob(_amount, "decay of the kernels per step and unit of rate"),
    "label_smoothing": Knob(_share, "probability spread over the wrong digits"),
    "validation_share": Knob(_share, "share of the training images held back to select the epoch that ships"),
    "augmentation": Knob(_strength, "how strongly the images are varied, 0 to 1"),
    "gentle_epochs": Knob(_count, "last epochs with a third of the variation"),
    "background": Knob(_amount, "images of what is no digit, for each of a digit; 0: no such answer"),
    "european": Knob(_amount, "drawn digits in European styles, for each digit of the data set"),
    "settling": Knob(_strength, "share of the epochs, the last ones, with a fifth of background and European digits"),
    "distillation": Knob(_strength, "how much of what is learnt are the teacher's answers, 0 to 1"),
    "seed": Knob(seed_number, "of weights, order, dropout and variation"),
}
"""The recipe's values by name; the flag has hyphens."""

CHOICES = {"optimiser": ("adam", "sgd"), "schedule": ("constant", "cosine")}


def parser() -> Parser:
    """The parser for the command line."""
    made = Parser("train", "Train a model of the zoo and write a run folder.")
    _add_what(made)
    _add_where(made)
    _add_recipe(made)
    return made


def _add_what(made: Parser) -> None:
    """What is trained, and on which digits."""
    add = made.add_argument
    add("--list", action="store_true", help="print the zoo: parameters, presets, published and measured figures")
    add("--model", metavar="NAME", help=f"one of {', '.join(FAMILIES)}; or a .json of digits tune")
    add("--preset", help="the recipe: published (most models), standard, best or quick (edge)")
    add("--like", type=Path, metavar="RUN", help="take model and recipe of an earlier run, where nothing else is said")
    data = (
        "a folder of IDX files, 'synthetic' (drawn by the project itself), or 'auto' (MNIST, or drawn where it cannot "
        "be had); without it MNIST from the folder DIGITS_DATA, the cache or the web"
    )
    add("--data", metavar="DATA", help=data)
    add("--limit", type=positive, metavar="N", help="learn from the first N training images alone")
    teachers = "converted runs or bundles to learn the answers of"
    add("--teacher", type=Path, nargs="+", default=(), metavar="BUNDLE", help=teachers)


def _add_where(made: Parser) -> None:
    """Where the run goes, and what becomes of what stands there."""
    where = made.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="DIR", help="the run folder (runs/NAME)")
    where.add_argument("--name", help="the run's name under runs/ (the model's)")
    add = made.add_argument
    add("--export", type=_exports, default=(), metavar="LIST", help=f"also write {','.join(EXPORTS)}")
    add("--resume", action="store_true", help="go on after the last finished epoch, if there is one")
    add("--overwrite", action="store_true", help="replace a run of this name")
    add("--json", action="store_true", help="print the run's summary as JSON")


def _add_recipe(made: Parser) -> None:
    """The values of the recipe."""
    knobs = made.add_argument_group("the recipe", "values that take the place of the preset's")
    for name, knob in KNOBS.items():
        flag = f"--{name.replace('_', '-')}"
        knobs.add_argument(flag, type=knob.parse, choices=CHOICES.get(name), help=knob.help)


def _exports(text: str) -> tuple[str, ...]:
    """A list of export formats, separated by commas."""
    names = tuple(name for name in text.split(",") if name)
    for name in names:
        if name not in EXPORTS:
            raise argparse.ArgumentTypeError(f"expected some of {','.join(EXPORTS)}, got {name!r}")
    return names
