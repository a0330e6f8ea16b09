"""`digits train`: trains a model of the zoo and writes a run folder."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from runtime.arguments import Parser, positive, seed_number
from runtime.errors import UsageError
from runtime.manifest import Manifest
from runtime.terminal import print_json, talk
from train.framework import load_framework
from train.zoo import FAMILIES, is_described

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


def _epochs(text: str) -> int:
    """A whole number from 1 to MOST_EPOCHS."""
    number = positive(text)
    if number > MOST_EPOCHS:
        raise argparse.ArgumentTypeError(f"expected at most {MOST_EPOCHS} epochs, got {text}")
    return number


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
    "epochs": Knob(_epochs, "passes over the training images"),
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


def main(argv: Sequence[str]) -> int:
    """Run `digits train`; the path of the run folder goes to stdout, or with --json its summary."""
    options = _parser().parse_args(argv)
    if options.list:
        load_framework()
        from train.zoo_list import write_list  # noqa: PLC0415 - it loads TensorFlow, which takes seconds

        print(write_list())
        return 0
    if options.model not in FAMILIES and not is_described(options.model or ""):
        asked = f"there is no model {options.model!r}" if options.model else "--model is missing"
        raise UsageError(f"{asked}; one of {', '.join(FAMILIES)} (see digits train --list)")
    folder = options.out or Path("runs") / (options.name or Path(options.model).stem)
    written = _train(folder, options)
    if options.json:
        print_json({"run": str(folder), "parameters": written.parameters, **written.training})
    else:
        print(folder)
    return 0


def _train(folder: Path, options: argparse.Namespace) -> Manifest:
    """Train as the options say; an interruption says how to go on."""
    load_framework()
    from train.session import Order, train  # noqa: PLC0415 - it loads TensorFlow, which takes seconds

    changes = {name: getattr(options, name) for name in KNOBS if getattr(options, name) is not None}
    order = Order(
        options.model, options.preset, changes, options.data, options.limit, options.export, tuple(options.teacher)
    )
    try:
        written = train(folder, order, resume=options.resume, overwrite=options.overwrite)
    except KeyboardInterrupt:
        talk().print("the finished epochs are kept: the same command with --resume goes on after them")
        raise
    _report(folder, written)
    return written


def _report(folder: Path, written: Manifest) -> None:
    figures = written.training
    errors, samples = figures["test_errors"], figures["test_samples"]
    words = f"{errors} errors on {samples:,} test images ({figures['test_accuracy']:.2%})"
    talk().print(f"{folder}: {written.parameters:,} parameters, {words}", soft_wrap=True, markup=False)


def _parser() -> Parser:
    parser = Parser("train", "Train a model of the zoo and write a run folder.")
    parser.add_argument(
        "--list", action="store_true", help="print the zoo: parameters, presets, published and measured figures"
    )
    parser.add_argument("--model", metavar="NAME", help=f"one of {', '.join(FAMILIES)}; or a .json of digits tune")
    parser.add_argument("--preset", help="the recipe: published (most models), standard or quick (edge)")
    parser.add_argument(
        "--data",
        metavar="DATA",
        help="a folder of IDX files, 'synthetic' (drawn by the project itself), or 'auto' (MNIST, or drawn where it "
        "cannot be had); without it MNIST from the folder DIGITS_DATA, the cache or the web",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="DIR", help="the run folder (runs/NAME)")
    where.add_argument("--name", help="the run's name under runs/ (the model's)")
    parser.add_argument("--limit", type=positive, metavar="N", help="learn from the first N training images alone")
    parser.add_argument("--export", type=_exports, default=(), metavar="LIST", help=f"also write {','.join(EXPORTS)}")
    parser.add_argument("--resume", action="store_true", help="go on after the last finished epoch, if there is one")
    parser.add_argument("--overwrite", action="store_true", help="replace a run of this name")
    parser.add_argument("--json", action="store_true", help="print the run's summary as JSON")
    parser.add_argument(
        "--teacher",
        type=Path,
        nargs="+",
        default=(),
        metavar="BUNDLE",
        help="converted runs or bundles to learn the answers of",
    )
    knobs = parser.add_argument_group("the recipe", "values that take the place of the preset's")
    for name, knob in KNOBS.items():
        flag = f"--{name.replace('_', '-')}"
        knobs.add_argument(flag, type=knob.parse, choices=CHOICES.get(name), help=knob.help)
    return parser


def _exports(text: str) -> tuple[str, ...]:
    """A list of export formats, separated by commas."""
    names = tuple(name for name in text.split(",") if name)
    for name in names:
        if name not in EXPORTS:
            raise argparse.ArgumentTypeError(f"expected some of {','.join(EXPORTS)}, got {name!r}")
    return names
