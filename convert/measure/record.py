"""A measurement on disk: where it lies, what it was made of, and whether it is still that of its run."""

import hashlib
import json
from pathlib import Path
from typing import Any

from runtime import manifest
from runtime.errors import InputError

SCHEMA = "digits.measurement/1"
FILE_NAME = "measurement.json"
SHIPS = "int8.tflite"
"""The file that is measured on everything; the others are only counted on the hold-out."""

Document = dict[str, Any]


def read_record(path: Path) -> Document:
    """The document at `path`; InputError where there is none of this schema."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable measurement ({error}); run digits measure on its run") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"{path}: expected a measurement of schema {SCHEMA!r}; run digits measure --again on its run")
    return document


def fingerprint(sets: Path | None, photos: Path | None) -> str:
    """What tells whether two measurements were made on the same data: sha256 of its files' names and sizes."""
    files = sorted(sets.glob("*.npz")) if sets else []
    files += sorted(path for path in photos.rglob("*") if path.is_file()) if photos else []
    lines = [f"{path.name} {path.stat().st_size}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_measured(run: Path, data: str) -> bool:
    """Whether the run, as it is now, was measured on the data with this fingerprint."""
    try:
        document = read_record(run / FILE_NAME)
        same = document["data_sha256"] == data and document["manifest_sha256"] == manifest.fingerprint(run)
    except (InputError, OSError, KeyError):
        return False
    return bool(same)
