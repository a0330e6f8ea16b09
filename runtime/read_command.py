"""`digits read`: the handwritten digits in pictures, as text, as JSON, or drawn over the pictures."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.annotate import annotate
from runtime.arguments import Parser
from runtime.errors import InputError, UsageError
from runtime.pictures import WRITABLE, load_picture, save_picture
from runtime.reader import Reader, open_reader
from runtime.records import Line, Reading
from runtime.terminal import print_json

SCHEMA = "digits.reading/1"


@dataclass(frozen=True, slots=True, eq=False)
class PictureReading:
    """What came of one picture: a reading of a frame of this size, or an error."""

    path: Path
    width: int = 0  # pixels
    height: int = 0
    reading: Reading | None = None
    error: str | None = None


def main(argv: Sequence[str]) -> int:
    """Read every picture; 1 if one of them could not be read, else 0."""
    arguments = _parse(argv)
    targets = _targets(arguments.pictures, arguments.annotate)
    reader = open_reader(arguments.bundle, arguments.backend, arguments.file, arguments.threads)
    results = []
    for path, target in zip(arguments.pictures, targets, strict=True):
        result = read_picture(reader, path, target)
        results.append(result)
        if not arguments.json:
            _show(result, named=len(targets) > 1)
    if arguments.json:
        print_json(as_document(reader, results))
    return 1 if any(result.error for result in results) else 0


def read_picture(reader: Reader, path: Path, target: Path | None = None) -> PictureReading:
    """Read one picture and write it annotated to `target`, if there is one; an error is part of the result."""
    try:
        frame = load_picture(path)
        reading = reader.read(frame)
        if target:
            save_picture(target, annotate(frame, reading))
    except InputError as error:
        return PictureReading(path, error=str(error))
    return PictureReading(path, frame.shape[1], frame.shape[0], reading)


def as_document(reader: Reader, results: Sequence[PictureReading]) -> dict[str, Any]:
    """The JSON document of the contract `digits.reading/1`."""
    return {
        "schema": SCHEMA,
        "bundle": {"name": reader.bundle.manifest.name, "sha256": reader.bundle.sha256},
        "backend": reader.engine,
        "file": reader.file.path,
        "images": [_as_image(result) for result in results],
    }


def _parse(argv: Sequence[str]) -> Namespace:
    parser = Parser("read", "Read the handwritten digits in pictures.")
    parser.add_argument(
        "pictures", metavar="PICTURE", nargs="+", type=Path, help="PNG, JPEG, WebP, TIFF, BMP, GIF, PNM"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document with boxes and confidences")
    parser.add_argument(
        "--annotate", metavar="OUT", type=Path, help="draw the readings: a file for one picture, a folder for several"
    )
    parser.add_model_options()
    return parser.parse_args(argv)


def _targets(pictures: Sequence[Path], out: Path | None) -> list[Path | None]:
    """Where each annotated picture goes; UsageError where `out` cannot take them or is one of them."""
    if out is None:
        return [None] * len(pictures)
    targets = [out] if len(pictures) == 1 and not out.is_dir() else _in_folder(pictures, out)
    if out in targets and out.suffix.lower() not in WRITABLE:
        raise UsageError(f"--annotate {out}: expected a folder or a picture's name that ends in {', '.join(WRITABLE)}")
    originals = {picture.resolve() for picture in pictures}
    for target in targets:
        if target.resolve() in originals:
            raise UsageError(f"--annotate {out}: would overwrite {target}; name another place")
    return list(targets)


def _in_folder(pictures: Sequence[Path], folder: Path) -> list[Path]:
    """A name in `folder` for each picture."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--annotate {folder}: is a file, but {len(pictures)} pictures need a folder")
    names: list[str] = []
    for picture in pictures:
        names.append(_free_name(picture, names))
    return [folder / name for name in names]


def _free_name(picture: Path, taken: Sequence[str]) -> str:
    """The picture's own name, with another suffix if its format cannot be written, and a number if it is taken."""
    suffix = picture.suffix if picture.suffix.lower() in WRITABLE else ".png"
    name, number = picture.stem + suffix, 2
    while name in taken:
        name, number = f"{picture.stem}-{number}{suffix}", number + 1
    return name


def _show(result: PictureReading, *, named: bool) -> None:
    """Print a reading's text to stdout, or its error to stderr; `named` puts the picture's name before it."""
    if result.reading is None:
        print(f"digits: {result.error}", file=sys.stderr)
    elif not result.reading.text:
        print(f"digits: {result.path}: no digits found", file=sys.stderr)
    else:
        prefix = f"{result.path}: " if named else ""
        for text in result.reading.text.splitlines():
            print(f"{prefix}{text}")


def _as_image(result: PictureReading) -> dict[str, Any]:
    reading = result.reading or Reading(())
    segment, classify = reading.segment_milliseconds, reading.classify_milliseconds
    return {
        "path": str(result.path),
        "width": result.width,
        "height": result.height,
        "error": result.error,
        "lines": [as_line(line) for line in reading.lines],
        "milliseconds": {
            "segment": round(segment, 3),
            "classify": round(classify, 3),
            "total": round(segment + classify, 3),
        },
    }


def as_line(line: Line) -> dict[str, Any]:
    """A line as the contract has it, in readings and in the camera's events."""
    digits = [
        {
            "digit": read.prediction.digit,
            "confidence": round(read.prediction.confidence, 4),
            "box": list(read.glyph.box),
        }
        for read in line.digits
    ]
    return {"text": line.text, "confidence": round(line.confidence, 4), "digits": digits}
