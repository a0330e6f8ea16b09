"""What is written in pictures: a manifest of files with their lines and boxes, checked before it is believed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import InputError
from runtime.records import Box

NOTHING = "negative"
"""The kind of pictures in which no handwritten digit is to be found."""

STRING = "string"
"""The kind of pictures that one line of digits fills, such as the amounts of cheques."""


@dataclass(frozen=True, slots=True)
class WrittenDigit:
    """One digit of the truth."""

    box: Box  # pixels of the picture
    digit: int | None  # None: whoever wrote the truth down was not sure


@dataclass(frozen=True, slots=True)
class Truth:
    """What one picture holds."""

    file: Path  # where the picture is
    kind: str  # such as photo, scan, canvas, string, negative
    lines: tuple[tuple[int | None, ...], ...]  # from top to bottom; None where the truth is unsure
    digits: tuple[WrittenDigit, ...] | None  # None where nobody has drawn boxes
    ignored: tuple[Box, ...] = ()  # what is found here counts neither way
    scattered: bool = False  # no lines to be kept
    distracting: bool = False  # letters or operators stand among the digits: additions do not count
    printed: bool = False  # of a picture without handwriting: printed digits are in it

    @property
    def origin(self) -> str:
        """Where the picture comes from: what stands before the first underscore of its name."""
        return self.file.stem.partition("_")[0]

    @property
    def text(self) -> str:
        """The lines, joined by bars, with `?` where the truth is unsure."""
        return "|".join("".join("?" if digit is None else str(digit) for digit in line) for line in self.lines)


def read_truth(manifest: Path, kinds: Sequence[str]) -> list[Truth]:
    """The truth about the pictures of `kinds` that a JSON manifest names, files relative to the manifest's folder.

    A folder stands for the `manifest.json` in it.
    The manifest is a list of objects: `file`, `kind`, `lines` (texts; `?` after a digit that is unsure) and, where
    known, `boxes` ([left, top, width, height, label]), `ignore` (boxes), `layout` ("rows" or "scattered"),
    `distractors` and `subset`. Raises InputError where it is something else.
    """
    if manifest.is_dir():
        manifest = manifest / "manifest.json"
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        truths = [_as_truth(entry, manifest.parent) for entry in entries if entry["kind"] in kinds]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{manifest}: no manifest of pictures ({error!r}); expected a list of file, kind, lines"
        ) from error
    if not truths:
        raise InputError(f"{manifest}: names no picture of the kinds {', '.join(kinds)}")
    return truths


def _as_truth(entry: Mapping[str, Any], folder: Path) -> Truth:
    boxes = entry.get("boxes")
    return Truth(
        file=folder / entry["file"],
        kind=entry["kind"],
        lines=tuple(_as_line(text) for text in entry.get("lines", [])),
        digits=tuple(WrittenDigit(_as_box(box), _as_digit(str(box[4]))) for box in boxes) if boxes else None,
        ignored=tuple(_as_box(box) for box in entry.get("ignore", [])),
        scattered=entry.get("layout") == "scattered",
        distracting=bool(entry.get("distractors")),
        printed=entry.get("subset") == "printed_digits",
    )


def _as_line(text: str) -> tuple[int | None, ...]:
    """A line's digits; a question mark makes the one before it unsure."""
    digits: list[int | None] = []
    for character in text:
        if character == "?":
            digits[-1] = None
        elif character.isdigit():
            digits.append(int(character))
    return tuple(digits)


def _as_digit(label: str) -> int | None:
    return None if label.endswith("?") else int(label)


def _as_box(numbers: Sequence[float]) -> Box:
    left, top, width, height = (round(number) for number in numbers[:4])
    return Box(left, top, width, height)
