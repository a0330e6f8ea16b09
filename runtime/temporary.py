"""Temporary files and folders beside what they will become, swept away later where their process was killed."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

ASIDE = ".old"
"""Ends the name of a folder that only keeps the older one, as `old`, while the new one takes its place."""

_NAME = re.compile(r"\.(?P<name>.+)\.digits-(?P<process>\d{1,10})-[a-z0-9_]{8}(\.[^.]+)?", re.DOTALL)


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Yield a new, empty file beside `path` with the same suffix; what stands under its name at the end is deleted.

    Raises OSError where the folder cannot be written.
    """
    sweep(path.parent)
    handle, name = tempfile.mkstemp(prefix=_prefix(path.stem), suffix=path.suffix, dir=path.parent)
    try:
        _lock(handle)
        yield Path(name)
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)


@contextmanager
def temporary_folder(path: Path, mark: str = "") -> Iterator[Path]:
    """Yield a new folder beside `path`, named after it and `mark`; what stands there at the end is deleted.

    Raises OSError where the folder around it cannot be written.
    """
    sweep(path.parent)
    folder = Path(tempfile.mkdtemp(prefix=_prefix(path.name + mark), dir=path.parent))
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


@cache
def sweep(place: Path) -> None:
    """Delete what killed processes of ours have left in the folder `place`; once in a process for each folder.

    An older folder that a kill has caught while the new one took its place goes back to where it was.
    """
    names: list[str] = []
    with suppress(OSError):  # there is no such folder, or its names may not be seen
        names = os.listdir(place)
    for name in names:
        found = _NAME.fullmatch(name)
        if found and _is_stale(place / name, int(found["process"])):
            with suppress(OSError):  # another process sweeps too, or the disk refuses
                _remove(place / name, place / found["name"].removesuffix(ASIDE))


def _prefix(name: str) -> str:
    return f".{name}.digits-{os.getpid()}-"


def _remove(path: Path, kept_for: Path) -> None:
    """Delete a stale file or folder, after what it keeps is back in its place."""
    if path.is_dir():
        if (path / "old").exists() and not kept_for.exists():
            os.replace(path / "old", kept_for)
        shutil.rmtree(path)
    else:
        path.unlink()


def _is_stale(path: Path, process: int) -> bool:
    """Whether the process that made `path` is gone: no such process is here, and none elsewhere holds its lock."""
    if os.name != "posix" or _is_alive(process):
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return _lock(handle)
    finally:
        os.close(handle)


def _is_alive(process: int) -> bool:
    """Whether there is a process of this number on this machine; another container on the same disk has its own."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _lock(handle: int) -> bool:
    """Lock an open file or folder until it is closed, by a kill too; False where it is locked or cannot be."""
    if os.name != "posix":
        return False
    import fcntl  # noqa: PLC0415 - not on every system

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
