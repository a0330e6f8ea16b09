"""What a search is asked for, and whether the folder that it is to go on in was begun with the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.atomic import write_json
from runtime.errors import InputError, UsageError
from runtime.json_file import read_json

FILE_NAME = "search.json"
RESULTS, PICTURE, WINNER = OUTCOME = ("results.json", "results.png", "winner.json")
KNOWN_BY = ("algorithm", "space")  # settings that only a search has
MOST_BYTES = 2**20  # of a search's settings
ALL, ARCHITECTURE, RECIPE = OVER = ("all", "architecture", "recipe")
BAYESIAN, RANDOM, HYPERBAND = ALGORITHMS = ("bayesian", "random", "hyperband")


@dataclass(frozen=True, slots=True)
class Order:
    """What to search, and how long."""

    model: str  # of the edge family: where the search begins
    preset: str | None = None  # whose recipe it begins with; None: the model's default
    parameters: int | None = None  # the budget; None: as many as the model has
    over: str = ALL  # of OVER: what varies
    algorithm: str = BAYESIAN  # of ALGORITHMS: what chooses the next candidate
    trials: int = 30
    epochs: int = 5  # of each trial; with Hyperband of the longest
    seed: int = 1  # of the choice of candidates and of every training
    data: str | None = None  # as `load_data` takes it
    limit: int | None = None  # learn from that many training images alone


def search_files(folder: Path) -> tuple[str, ...]:
    """What a search's folder holds, also one whose settings are damaged; nothing where it is another program's."""
    path = folder / FILE_NAME
    try:
        begun = read_json(path, MOST_BYTES, "search")
    except InputError:
        begun = dict.fromkeys(KNOWN_BY)
    known = path.is_file() and isinstance(begun, dict) and begun.keys() >= set(KNOWN_BY)
    return (FILE_NAME, *OUTCOME, "trials/*") if known else ()


def _holds_other_things(folder: Path) -> bool:
    """Whether a folder holds more than the settings that other workers of this search are about to write."""
    return folder.exists() and any(not entry.name.startswith(f".{Path(FILE_NAME).stem}.") for entry in folder.iterdir())


def settle(folder: Path, settings: Mapping[str, Any]) -> None:
    """Make `folder` that of a search with these settings.

    Raises UsageError where it holds a search with others, or something else, and InputError where it cannot be read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        if _holds_other_things(folder) and not path.exists():  # another worker may have begun it meanwhile
            raise UsageError(f"{folder}: exists and holds no search; name another folder with --out")
        write_json(path, dict(settings))
    try:
        begun = dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not readable; begin the search anew with --overwrite") from error
    for name, value in json.loads(json.dumps(settings)).items():
        if begun.get(name) != value:
            problem = f"the search was begun with {name} {begun.get(name)}, and this command says {value}"
            raise UsageError(f"{folder}: {problem}; repeat the first command, or begin anew with --overwrite")
