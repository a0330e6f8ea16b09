"""A measurement on disk: where it lies, what it was made of, and whether it is still that of its run."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime import manifest
from runtime.errors import InputError, ModelError
from runtime.json_file import read_json
from runtime.manifest import Manifest

SCHEMA = "digits.measurement/1"
FILE_NAME = "measurement.json"
SHIPS = "int8.tflite"
"""The file that is measured on everything; the others are only counted on the hold-out."""

MOST_BYTES = 2**24  # of a measurement; one on everything at hand has thirty thousand

Document = dict[str, Any]


def read_record(path: Path) -> Document:
    """The document at `path`; InputError where there is none of this schema."""
    try:
        document = read_json(path, MOST_BYTES, "readable measurement")
    except InputError as error:
        raise InputError(f"{error}; run digits measure on its run") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"{path}: expected a measurement of schema {SCHEMA!r}; run digits measure --again on its run")
    return document


@contextmanager
def looking_into(path: Path) -> Iterator[None]:
    """Turn what a measurement lacks, where the block looks for it, into InputError about `path`."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
        raise InputError(f"{path}: a figure is missing or wrong; run digits measure --again on its run") from error


def check_converted(run: Path, described: Manifest) -> None:
    """Raise ModelError where the run does not hold the file that is measured on everything."""
    if all(file.path != SHIPS for file in described.converted()):
        raise ModelError(f"{run}: expected {SHIPS} in it; run digits convert {run} first")


def fingerprint(sets: Path | None, photos: Path | None) -> str:
    """What tells whether two measurements were made on the same data: sha256 of its files' names and contents.

    Raises InputError where a folder that is named does not hold such data.
    """
    lines = _describe(sets, "*.npz") if sets else []
    if sets and not lines:
        raise InputError(f"{sets}: expected .npz files with images and labels, found none")
    if photos and not (photos / "manifest.json").is_file():
        raise InputError(f"{photos}: expected pictures and their true boxes in a manifest.json, found none")
    lines += _describe(photos, "**/*") if photos else []
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def _describe(folder: Path, pattern: str) -> list[str]:
    """The files in `folder`, each with its name there and the sha256 of its contents."""
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    return [f"{path.relative_to(folder)} {_hash(path)}" for path in paths]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_measured(run: Path, data: str) -> bool:
    """Whether the run, as it is now, was measured on the data with this fingerprint."""
    try:
        document = read_record(run / FILE_NAME)
        same = document["data_sha256"] == data and document["manifest_sha256"] == manifest.fingerprint(run)
    except (InputError, OSError, KeyError):
        return False
    return bool(same)
