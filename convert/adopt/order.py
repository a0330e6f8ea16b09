"""What somebody asks for who brings a model: which model, which pictures, and what neither of them tells."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

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


def is_model(path: Path) -> bool:
    """Whether a path names a Keras model and not a run folder."""
    return path.suffix == SUFFIX and not path.is_dir()


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
