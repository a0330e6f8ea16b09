"""Recordings while they are written: under a name that anybody sees, so that what a kill leaves is found."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from runtime.errors import InputError

MARK = "unfinished"


@contextmanager
def unfinished_file(path: Path) -> Iterator[Path]:
    """Yield a new file beside `path`, such as `out.unfinished-20260101-120000-000.mkv`; at the end it becomes `path`.

    An exception deletes it. Raises InputError where the folder cannot be written.
    """
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    temporary = path.with_name(f"{path.stem}.{MARK}-{stamp}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
        try:
            yield temporary
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); check the disk and folder") from error


def find_unfinished(path: Path) -> list[Path]:
    """What earlier recordings to `path` have left that were killed; the oldest first."""
    begin = f"{path.stem}.{MARK}-"
    try:
        found = [other for other in path.parent.iterdir() if other.name.startswith(begin)]
    except OSError:  # there is no such folder yet
        return []
    return sorted(other for other in found if other.suffix == path.suffix)
