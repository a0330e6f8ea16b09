"""What is written in pictures: a manifest of files with their lines and boxes, checked before it is believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

from runtime.errors import InputError, UsageError
from runtime.json_file import read_json
from runtime.records import Box

NOTHING = "negative"
"""The kind of pictures in which no handwritten digit is to be found."""

STRING = "string"
"""The kind of pictures that one line of digits fills, such as the amounts of cheques."""

KINDS = ("photo", "scan", "canvas", STRING, NOTHING)
"""The usual kinds of pictures; a manifest may have others."""

WHAT = "manifest of pictures"
MOST_BYTES = 2**25  # of a manifest; a thousand pages of a hundred digits are a tenth of it
FARTHEST = 1_000_000  # pixels; no picture is that wide
LAYOUTS = (None, "rows", "scattered")


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
    `distractors` and `subset`. Raises InputError where it is something else, and UsageError where there can be no
    pictures of one of the kinds.
    """
    if manifest.is_dir():
        manifest = manifest / "manifest.json"
    entries = read_json(manifest, MOST_BYTES, WHAT)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{manifest}: no {WHAT}; expected a list of objects with file, kind, lines")
    _check_kinds(kinds, entries)
    truths = [
        _read_entry(entry, f"{manifest}, picture {number}", manifest.parent)
        for number, entry in enumerate(entries, 1)
        if entry.get("kind") in kinds
    ]
    if not truths:
        raise InputError(f"{manifest}: names no picture of the kinds {', '.join(kinds)}")
    return truths


def _check_kinds(kinds: Sequence[str], entries: Sequence[Mapping[str, Any]]) -> None:
    """UsageError for a kind that is none of the usual ones and that no picture has."""
    for kind in kinds:
        if kind not in KINDS and not any(entry.get("kind") == kind for entry in entries):
            raise UsageError(f"there are no pictures of the kind {kind!r}; some of {', '.join(KINDS)}")


def _read_entry(entry: Mapping[str, Any], place: str, folder: Path) -> Truth:
    """The truth about one picture; InputError, which begins with `place`, where a field is missing or wrong."""
    try:
        return _as_truth(entry, folder)
    except ValueError as error:
        raise InputError(f"{place}: {error}") from error


def _as_truth(entry: Mapping[str, Any], folder: Path) -> Truth:
    """The truth about one picture; ValueError with the field that is missing or wrong."""
    file, boxes, layout = entry.get("file"), _as_list(entry, "boxes"), entry.get("layout")
    _require(isinstance(file, str) and file, "file", "the picture's name", file)
    _require(layout in LAYOUTS, "layout", "rows or scattered", layout)
    return Truth(
        file=folder / str(file),
        kind=entry["kind"],
        lines=tuple(_as_line(text) for text in _as_list(entry, "lines")),
        digits=tuple(_as_digit(box) for box in boxes) if boxes else None,
        ignored=tuple(_as_box(box, "ignore") for box in _as_list(entry, "ignore")),
        scattered=layout == "scattered",
        distracting=bool(entry.get("distractors")),
        printed=entry.get("subset") == "printed_digits",
    )


def _as_list(entry: Mapping[str, Any], name: str) -> list[Any]:
    """The list in the field `name`; empty where there is none."""
    found = entry.get(name)
    _require(found is None or isinstance(found, list), name, "a list", found)
    return found or []


def _as_line(text: object) -> tuple[int | None, ...]:
    """A line's digits; a question mark makes the one before it unsure."""
    _require(isinstance(text, str), "lines", "texts", text)
    digits: list[int | None] = []
    for character in str(text):
        if character == "?":
            _require(digits, "lines", "a digit before each ?", text)
            digits[-1] = None
        elif character.isdigit():
            _require(character.isascii(), "lines", "the digits 0 to 9", text)
            digits.append(int(character))
    return tuple(digits)


def _as_digit(box: object) -> WrittenDigit:
    """A digit's box with its label, which ends with a question mark where it is unsure."""
    place = _as_box(box, "boxes")
    label = str(box[4]) if isinstance(box, list) and len(box) > 4 else ""
    digit = label.removesuffix("?")
    _require(digit.isascii() and digit.isdigit() and len(digit) == 1, "boxes", "a digit as label", box)
    return WrittenDigit(place, None if label.endswith("?") else int(digit))


def _as_box(box: object, name: str) -> Box:
    """The box at the beginning of a list of numbers."""
    numbers = box[:4] if isinstance(box, list) else []
    known = all(isinstance(number, int | float) and abs(number) <= FARTHEST for number in numbers)
    _require(len(numbers) == 4 and known, name, "[left, top, width, height] in pixels", box)
    left, top, width, height = (round(number) for number in numbers)
    _require(width > 0 and height > 0, name, "a width and a height above 0", box)
    return Box(left, top, width, height)


def _require(condition: object, name: str, expected: str, got: object) -> None:
    if not condition:
        raise ValueError(f"{name}: expected {expected}, got {shortened(got)}")
