"""What somebody asks for who brings a model: which model, which pictures, and what neither of them tells."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import UsageError

SUFFIX = ".keras"
PLACE = Path("runs")


@dataclass(frozen=True, slots=True)
class Range:
    """What a model takes for a black and for a white pixel."""

    low: float
    high: float

    def __str__(self) -> str:
        """As the command line takes it, such as "0..255"."""
        return f"{self.low:g}..{self.high:g}"


OURS = Range(0.0, 1.0)
"""What the models of runs take."""


@dataclass(frozen=True, slots=True)
class Order:
    """A model to make a run of."""

    model: Path  # a `.keras` file
    data: Path  # a folder of IDX files or an `.npz` file
    out: Path | None = None  # the run's folder; None: runs/ and the model's name
    taken: Range | None = None  # None: to be found out
    classes: tuple[str, ...] | None = None  # their names; None: numbers from 0

    @property
    def run(self) -> Path:
        """The folder that the run is written to."""
        return self.out or PLACE / self.model.stem


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that belong to a model from elsewhere."""
    data = "labelled pictures for a .keras file: a folder of IDX files or an .npz with images and labels"
    taken = "what a .keras file takes for black and white, such as 0..255 (default: found out)"
    names = "names of its classes, comma-separated, or the word digits (default: numbers from 0)"
    add = parser.add_argument
    add("--data", type=Path, metavar="FOLDER|FILE", help=data)
    add("--out", type=Path, metavar="RUN", help=f"the run to make of a .keras file (default: {PLACE}/ and its name)")
    add("--input-range", type=input_range, metavar="LOW..HIGH", help=taken)
    add("--classes", type=class_names, metavar="NAMES", help=names)


def read_order(options: argparse.Namespace) -> Order | None:
    """The order for a model from elsewhere; None where the options name a run.

    Raises UsageError where flags are missing, or belong to the other of the two.
    """
    given = {"--data": options.data, "--out": options.out, "--input-range": options.input_range}
    given["--classes"] = options.classes
    if options.run.suffix != SUFFIX or options.run.is_dir():
        wrong = [flag for flag, value in given.items() if value is not None]
        if wrong:
            raise UsageError(f"{', '.join(wrong)}: belongs to a {SUFFIX} file; {options.run} is taken for a run folder")
        return None
    if options.data is None:
        raise UsageError(f"{options.run}: needs labelled pictures; name a folder of IDX files or an .npz with --data")
    return Order(options.run, options.data, options.out, options.input_range, options.classes)


def input_range(text: str) -> Range:
    """LOW..HIGH, such as "0..255"."""
    try:
        low, high = (float(number) for number in text.split(".."))
    except ValueError:
        low = high = math.nan
    if not math.isfinite(low - high) or low == high:
        raise argparse.ArgumentTypeError(f"expected LOW..HIGH such as 0..255, got {text!r}")
    return Range(low, high)


def class_names(text: str) -> tuple[str, ...]:
    """Names in a comma-separated list; whether they fit the model is for the manifest to say."""
    return tuple(name.strip() for name in text.split(","))
