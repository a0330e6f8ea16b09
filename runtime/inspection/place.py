"""What `digits inspect` is given: a file, or a run folder or bundle with its manifest, whose hashes come first."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from runtime import manifest
from runtime.errors import InputError, UsageError
from runtime.formats.limits import KERAS_BYTES
from runtime.inspection import FORMATS, inspect_bytes, most_bytes
from runtime.inspection.finding import NOTHING, Finding, Inspection
from runtime.manifest import ModelFile

MARKED = {b"TFL3": "tflite", b"ORTM": "ort"}  # at bytes 4 to 8
ARCHIVE = b"PK\x03\x04"  # what a `.keras` file begins with


def inspect_place(place: Path) -> Iterator[Inspection]:
    """The inspection of a file, or of every file that the manifest of a folder lists.

    Raises UsageError where there is nothing or nothing of a known format, InputError where it cannot be read, and
    ModelError where a folder's manifest is missing or damaged.
    """
    if place.is_dir():
        for file in manifest.load(place).files:
            yield _inspect_listed(place, file)
    elif place.is_file():
        data, form = read_bytes(place), place.suffix[1:]
        yield inspect_bytes(data, form if form in FORMATS else _guess(data, place), str(place))
    else:
        raise UsageError(f"{place}: no such file, run folder or bundle; name one, or a model of digits models")


def _inspect_listed(folder: Path, file: ModelFile) -> Inspection:
    """One file of a manifest: whether it is the one that is listed, and then what is in it."""
    path = folder / file.path
    if not path.is_file():
        return Inspection(str(path), file.format, 0, "", NOTHING, (Finding("hash", "the file is not there"),))
    data = read_bytes(path, max(file.size, most_bytes(file.format)))
    digest = hashlib.sha256(data).hexdigest()
    wrong: tuple[Finding, ...] = ()
    if (len(data), digest) != (file.size, file.sha256):
        listed = f"{file.size} bytes with sha256 {file.sha256[:16]}…"
        wrong = (Finding("hash", f"{len(data)} bytes with sha256 {digest[:16]}…; the manifest lists {listed}"),)
    if file.format not in FORMATS:
        return Inspection(str(path), file.format, len(data), digest, NOTHING, wrong)
    found = inspect_bytes(data, file.format, str(path))
    return Inspection(found.path, found.format, found.size, found.sha256, found.contents, (*wrong, *found.findings))


def read_bytes(path: Path, most: int = KERAS_BYTES) -> bytes:
    """A file's bytes, `most` and one at most; InputError where it cannot be read."""
    try:
        with path.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _guess(data: bytes, place: Path) -> str:
    """The format of a file whose name does not tell it."""
    if data[4:8] in MARKED:
        return MARKED[data[4:8]]
    if data.startswith(ARCHIVE):
        return "keras"
    raise UsageError(f"{place}: expected a .tflite, .onnx, .ort or .keras file, or a run folder or bundle")
