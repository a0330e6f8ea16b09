"""Whether a training may write where it is asked to: looked at before anything is loaded or trained."""

from pathlib import Path

from runtime.atomic import check_writable
from runtime.errors import UsageError
from runtime.replaceable import check_replaceable, run_files
from train.checkpoint import checkpoint_path


def check_place(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Raise UsageError where a finished run, an unfinished training or something else stands, and nobody let it go.

    `resume` goes on with an unfinished training, `overwrite` replaces one and a finished run. Raises InputError where
    the folder cannot be written.
    """
    _check_free(folder, overwrite=overwrite)
    _check_unfinished(checkpoint_path(folder), allowed=resume or overwrite)
    check_writable(folder)


def _check_free(folder: Path, *, overwrite: bool) -> None:
    """UsageError where the run would replace something that nobody said may go."""
    if not folder.exists():
        return
    if not run_files(folder):
        raise UsageError(f"{folder}: exists and is not a run folder; name another with --out")
    check_replaceable(folder, run_files, "run")
    if not overwrite:
        raise UsageError(f"{folder}: a finished run; train it anew with --overwrite, or name another folder with --out")


def _check_unfinished(checkpoint: Path, *, allowed: bool) -> None:
    """UsageError where there is an unfinished training and nobody said what is to become of it."""
    if checkpoint.exists() and not allowed:
        raise UsageError(f"{checkpoint}: an unfinished training; go on with --resume, or begin anew with --overwrite")
