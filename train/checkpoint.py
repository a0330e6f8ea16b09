"""An unfinished training on disk: everything that the next epoch depends on, written whole after each epoch."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.atomic import atomic_file
from runtime.errors import InputError, UsageError

Arrays = tuple[NDArray[Any], ...]
Epoch = dict[str, float]
"""One epoch's figures: epoch, loss, accuracy, seconds; with validation data also validation_loss and _accuracy."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state after the last finished epoch."""

    settings: dict[str, Any]  # what must be the same for the training to go on
    history: tuple[Epoch, ...]  # of every finished epoch
    state: Arrays  # the model's variables, dropout's random state among them, then the optimiser's
    best: Arrays  # the weights of the epoch that would ship now

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return len(self.history)


def checkpoint_path(run: Path) -> Path:
    """Where the unfinished training of the run folder `run` is kept: beside it, for the folder appears last."""
    return run.with_name(f"{run.name}.checkpoint.npz")


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` so that a crash at any moment leaves either the old or the new one."""
    document = json.dumps({"settings": checkpoint.settings, "history": checkpoint.history})
    arrays: dict[str, NDArray[Any]] = {"document": np.frombuffer(document.encode(), np.uint8)}
    for group, members in (("state", checkpoint.state), ("best", checkpoint.best)):
        arrays |= {f"{group}{index}": member for index, member in enumerate(members)}
    with atomic_file(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def load_checkpoint(path: Path, settings: Mapping[str, Any]) -> Checkpoint:
    """Read the checkpoint at `path`.

    Raises InputError where it is damaged, and UsageError where it was made with other `settings`.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            document = json.loads(file["document"].tobytes())
            groups = {group: tuple(file[name] for name in _members(file.files, group)) for group in ("state", "best")}
            checkpoint = Checkpoint(document["settings"], tuple(document["history"]), **groups)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        # NumPy's own words advise to load pickles unsafely, so they are not repeated.
        raise InputError(f"{path}: not a readable checkpoint; start anew with --overwrite") from error
    _compare(path, checkpoint.settings, settings)
    return checkpoint


def fits(path: Path, settings: Mapping[str, Any]) -> bool:
    """Whether the checkpoint at `path` can be read and was made with these `settings`."""
    try:
        load_checkpoint(path, settings)
    except (InputError, UsageError):
        return False
    return True


def _members(names: list[str], group: str) -> list[str]:
    """The names of a group's arrays in the order in which they were saved."""
    indices = [int(name.removeprefix(group)) for name in names if name.startswith(group)]
    return [f"{group}{index}" for index in sorted(indices)]


def _compare(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """UsageError that names the first setting in which the two differ."""
    for key in [*now, *(key for key in then if key not in now)]:
        if then.get(key) != now.get(key):
            was, is_now = then.get(key), now.get(key)
            problem = f"it was begun with {key} {was}, and this command says {is_now}"
            raise UsageError(f"{path}: {problem}; repeat the first command with --resume, or add --overwrite")
