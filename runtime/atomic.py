"""Writes that are whole or not there: a temporary name beside the target, then a rename."""

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from runtime.errors import InputError
from runtime.temporary import ASIDE, temporary_file, temporary_folder


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` with the same suffix, and rename it to `path` when the block ends well.

    After an exception nothing is left and an older `path` is untouched. Raises InputError where the folder cannot be
    written.
    """
    path = Path(path)
    with ExitStack() as stack:
        temporary = _begin(path, temporary_file(path), stack)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            _flush(temporary)
            os.replace(temporary, path)
        except OSError as error:
            raise InputError(
                f"{path}: cannot be written ({error.strerror or error}); check the disk and the folder"
            ) from error


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a new temporary folder beside `path`, and put it in the place of `path` when the block ends well.

    An older folder at `path` is replaced as a whole; after an exception it is untouched and nothing else is left.
    """
    path = Path(path)
    with ExitStack() as stack:
        temporary = _begin(path, temporary_folder(path), stack)
        temporary.chmod(0o777 & ~_umask())
        yield temporary
        for file in filter(Path.is_file, temporary.rglob("*")):
            _flush(file)
        _exchange(temporary, path)


def check_writable(path: Path) -> None:
    """Raise InputError now where `path` could not be written later: for work that takes long before it writes."""
    with ExitStack() as stack:
        _begin(path, temporary_file(path), stack)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all; what UTF-8 cannot spell, as in some file names, escaped."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, document: object) -> None:
    """Write `document` to `path` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _exchange(new: Path, path: Path) -> None:
    """Rename `new` to `path`; an older folder moves aside first and is deleted last."""
    if not path.exists():
        os.replace(new, path)
        return
    with temporary_folder(path, ASIDE) as aside:
        try:
            os.replace(path, aside / "old")
            os.replace(new, path)
        except BaseException:  # an interruption between the two must not cost the older folder either
            if not path.exists():
                os.replace(aside / "old", path)
            raise


def _begin(path: Path, temporary: AbstractContextManager[Path], stack: ExitStack) -> Path:
    """Enter the temporary file or folder beside `path`; InputError where nothing can be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(temporary)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> InputError:
    """The error for a place where nothing can be written."""
    return InputError(f"{path}: cannot be written ({error.strerror}); name a folder you may write to")


def _flush(file: Path) -> None:
    """Bring a file's contents to the disk, so that a power cut after the rename cannot leave it empty."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
