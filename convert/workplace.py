"""The folder beside a run where files are made and verified before the run sees any of them."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runtime import manifest
from runtime.errors import InputError
from runtime.manifest import Manifest
from runtime.temporary import temporary_folder
from runtime.verify import PAGE, REPORT

REPORTS = (PAGE, REPORT)


@contextmanager
def workplace(run: Path, described: Manifest) -> Iterator[Path]:
    """Yield a new folder beside `run` that shows the files of its manifest; it is gone when the block ends.

    Raises InputError where the disk refuses it.
    """
    with ExitStack() as stack:
        with _writing(run.parent):
            folder = stack.enter_context(temporary_folder(run))
        with _writing(folder):
            for file in described.files:
                _show(run / file.path, folder / file.path)
        yield folder


def move_in(folder: Path, run: Path, names: Iterable[str]) -> None:
    """Move the files `names` and the manifest from the workplace into the run.

    The manifest comes last: whoever opens the run meanwhile sees a file whose hash does not fit, never an unverified
    file that is taken for good. Raises InputError where the run may not be written.
    """
    with _writing(run):
        for name in (*names, manifest.FILE_NAME):
            os.replace(folder / name, run / name)


def keep_failure(folder: Path, run: Path) -> Path:
    """Move the reports of a failed conversion out of the workplace and give their folder."""
    target = _failure_folder(run)
    with _writing(target):
        target.mkdir(exist_ok=True)
        for name in REPORTS:
            os.replace(folder / name, target / name)
    return target


def forget_failure(run: Path) -> None:
    """Remove the reports of an earlier failed conversion."""
    shutil.rmtree(_failure_folder(run), ignore_errors=True)


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Turn what the disk refuses inside the block into one line about `place`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{place}: cannot be written ({error.strerror}); work on a copy of the run") from error


def _failure_folder(run: Path) -> Path:
    """Where the reports of a failed conversion of `run` stand."""
    return run.with_name(f"{run.name}.failed")


def _show(source: Path, target: Path) -> None:
    """Make `source` appear at `target`; as a link where the disk has links, because hold-outs are large."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        return  # what is missing is reported by whoever needs it
    except OSError:
        shutil.copyfile(source, target)
