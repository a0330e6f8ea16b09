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
from runtime.explain import Explanation, draw_sheet, explain
from runtime.own_picture import may_replace, save_own
from runtime.pictures import WRITABLE, load_picture
from runtime.plain import plain
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
    explanation: Explanation | None = None  # where one was asked for


def main(argv: Sequence[str]) -> int:
    """Read every picture; 1 if one of them could not be read, else 0."""
    arguments = _parse(argv)
    annotated = _targets(arguments.pictures, arguments.annotate, "--annotate")
    explained = _targets(arguments.pictures, arguments.explain, "--explain")
    _keep_apart(annotated, explained)
    reader = open_reader(arguments.bundle, arguments.backend, arguments.file, arguments.threads)
    results = []
    for path, drawn, sheet in zip(arguments.pictures, annotated, explained, strict=True):
        result = read_picture(reader, path, drawn, sheet)
        results.append(result)
        if not arguments.json:
            _show(result, named=len(arguments.pictures) > 1)
    if arguments.json:
        print_json(as_document(reader, results))
    return 1 if any(result.error for result in results) else 0


def read_picture(
    reader: Reader, path: Path, annotated: Path | None = None, explained: Path | None = None
) -> PictureReading:
    """Read one picture; write it annotated and the sheet that explains it where there is a place for them.

    An error is part of the result.
    """
    try:
        frame = load_picture(path)
        explanation = explain(reader, frame) if explained else None
        reading = explanation.reading if explanation else reader.read(frame)
        if annotated:
            save_own(annotated, annotate(frame, reading))
        if explained and explanation:
            save_own(explained, draw_sheet(explanation))
    except InputError as error:
        return PictureReading(path, error=str(error))
    return PictureReading(path, frame.shape[1], frame.shape[0], reading, explanation=explanation)


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
        "--annotate",
        metavar="OUT",
        type=Path,
        help="draw the readings: a file for one picture, a folder for several; older drawings are replaced",
    )
    parser.add_argument(
        "--explain",
        metavar="OUT",
        type=Path,
        help="draw what every stage did and add reasons to the JSON; as --annotate",
    )
    parser.add_model_options()
    return parser.parse_args(argv)


def _targets(pictures: Sequence[Path], out: Path | None, flag: str) -> list[Path | None]:
    """Where what `flag` asks for goes, picture by picture; UsageError where `out` cannot take it or would be lost."""
    if out is None:
        return [None] * len(pictures)
    single = len(pictures) == 1 and not out.is_dir()
    targets = [out] if single else _in_folder(pictures, out, flag)
    if single and out.suffix.lower() not in WRITABLE:
        raise UsageError(f"{flag} {out}: expected a folder or a picture's name that ends in {', '.join(WRITABLE)}")
    originals = {picture.resolve() for picture in pictures}
    for target in targets:
        if target.resolve() in originals:
            raise UsageError(f"{flag} {out}: would overwrite {target}; name another place")
        if not may_replace(target):
            raise UsageError(f"{flag} {out}: {target} exists and was not drawn by digits read; name another place")
    return list(targets)


def _in_folder(pictures: Sequence[Path], folder: Path, flag: str) -> list[Path]:
    """A name in `folder` for each picture."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{flag} {folder}: is a file, but {len(pictures)} pictures need a folder")
    names: list[str] = []
    for picture in pictures:
        names.append(_free_name(picture, names))
    return [folder / name for name in names]


def _keep_apart(annotated: Sequence[Path | None], explained: Sequence[Path | None]) -> None:
    """UsageError where two pictures would be written to one place."""
    for first, second in zip(annotated, explained, strict=True):
        if first and second and first.resolve() == second.resolve():
            raise UsageError(f"--explain {second}: is where --annotate writes; name another place")


def _free_name(picture: Path, taken: Sequence[str]) -> str:
    """The picture's own name, with another suffix if its format cannot be written, and a number if it is taken."""
    suffix = picture.suffix if picture.suffix.lower() in WRITABLE else ".png"
    name, number = picture.stem + suffix, 2
    while name in taken:
        name, number = f"{picture.stem}-{number}{suffix}", number + 1
    return name


def _show(result: PictureReading, *, named: bool) -> None:
    """Print a reading's text to stdout, or its error to stderr; `named` puts the picture's name before it."""
    name = plain(str(result.path))
    if result.reading is None:
        print(f"digits: {plain(result.error or '')}", file=sys.stderr)
    elif not result.reading.lines:
        print(f"digits: {name}: no digits found", file=sys.stderr)
    else:
        prefix = f"{name}: " if named else ""
        for text in result.reading.text.splitlines():
            print(f"{prefix}{text}")
    for remark in _unread(result):
        print(f"digits: {name}: {remark}", file=sys.stderr)


def _unread(result: PictureReading) -> list[str]:
    """What is said of digits that were found but not read, so that nobody takes a number without them for whole."""
    lines = result.reading.lines if result.reading else ()
    return [
        f"{f'beside {line.text}' if line.text else 'on a line'}, {line.unread} more could be digits, but are uncertain"
        for line in lines
        if line.unread
    ]


def _as_image(result: PictureReading) -> dict[str, Any]:
    reading = result.reading or Reading(())
    segment, classify = reading.segment_milliseconds, reading.classify_milliseconds
    return {
        "path": str(result.path),
        "width": result.width,
        "height": result.height,
        "error": result.error,
        "lines": [_as_told(line, result.explanation) for line in reading.lines],
        **_as_dropped(result.explanation),
        "milliseconds": {
            "segment": round(segment, 3),
            "classify": round(classify, 3),
            "total": round(segment + classify, 3),
        },
    }


def _as_told(line: Line, explanation: Explanation | None) -> dict[str, Any]:
    """A line as the contract has it, its digits with the reasons why they are not published where one may ask."""
    document = as_line(line)
    if explanation:
        for digit, read in zip(document["digits"], line.digits, strict=True):
            digit["reason"] = explanation.reason(read)
    return document


def _as_dropped(explanation: Explanation | None) -> dict[str, Any]:
    """The pieces of ink that are no part of the reading, where one may ask."""
    if not explanation:
        return {}
    dropped = ({"box": list(p.box), "stage": p.stage, "reason": p.reason} for p in explanation.dropped)
    return {"dropped": list(dropped)}


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
    return {"text": line.text, "confidence": round(line.confidence, 4), "unread": line.unread, "digits": digits}
