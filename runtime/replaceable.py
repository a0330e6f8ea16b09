"""Which folders may be replaced as a whole: those with nothing in them but what an older one of the kind holds."""

import os
from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from runtime import manifest
from runtime.errors import ModelError, UsageError

OfKind = Callable[[Path], Collection[str]]
"""Asked about a folder: patterns of the paths that an older one of the kind holds; none where it is no such folder."""

OF_RUN = (
    *("history.json", "history.png", "confusion.json", "confusion.png", "samples.png", "wrong.png"),  # train
    *("model.h5", "saved_model/*"),  # its exports
    *("parity.json", "report.html", "localisation.json"),  # verify
    *("measurement.json", "reliability.png", "risk-coverage.png", "junk.png", "photographs-wrong.png"),  # measure
)
"""What a run folder holds that its manifest does not list."""


def check_replaceable(folder: Path, of_kind: OfKind, kind: str) -> None:
    """Raise UsageError unless nobody loses anything when `folder` is replaced by a new one of its kind.

    It may be absent or empty, or hold nothing but what `of_kind` names; `kind` is what the message calls it, such as
    "bundle".
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    patterns = of_kind(folder) if folder.is_dir() else ()
    if not patterns:
        raise UsageError(f"{folder}: exists and is no {kind}; name another folder")
    for path in _files(folder):
        if not any(fnmatchcase(path, pattern) for pattern in patterns):
            raise UsageError(f"{folder}: holds {path}, which is no part of a {kind} and would be lost; name another")


def bundle_files(folder: Path) -> tuple[str, ...]:
    """What a bundle holds: its manifest and the files listed there, none of which is a Keras model."""
    return () if (folder / "model.keras").exists() else _listed(folder)


def run_files(folder: Path) -> tuple[str, ...]:
    """What a run folder holds: its manifest, the files listed there, and what reports on them."""
    listed = _listed(folder)
    return (*listed, *OF_RUN) if listed else ()


def _listed(folder: Path) -> tuple[str, ...]:
    """The manifest and the files that it lists; nothing where there is none that this program can read."""
    try:
        described = manifest.load(folder)
    except ModelError:
        return ()
    return (manifest.FILE_NAME, *(escape(Path(file.path).as_posix()) for file in described.files))


def _files(folder: Path) -> Iterator[str]:
    """The paths of everything below `folder` that is not itself a folder, relative to it; OSError where one is shut."""

    def refuse(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=refuse):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in sorted((*files, *links)):
            yield (Path(place) / name).relative_to(folder).as_posix()
