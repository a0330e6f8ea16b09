"""What `digits convert --budget` tells: every recipe's file, with its size, its flips and its speed."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from convert.candidate import Candidate, Trial
    from convert.search import Outcome

SCHEMA = "digits.search/1"
REPORT = "search.json"


def search_folder(run: Path) -> Path:
    """Where the search for a run keeps what it has found, so that it can go on from there."""
    return run.with_name(f"{run.name}.search")


def search_table(outcome: "Outcome") -> Table:
    """One row a file, best first; flips, errors and microseconds a digit for each engine that was asked."""
    table = Table("", "file", "bytes", "digits changed", "wrong", "µs a digit", "note")
    table.columns[2].justify = "right"
    for candidate in outcome.candidates:
        mark = "→" if candidate.path == outcome.chosen else ""
        ran = [trial for trial in candidate.trials if trial.flips is not None]
        size = f"{candidate.size:,.0f}" if candidate.reason is None else ""
        columns = [_by_engine(ran, name) for name in ("flips", "errors", "microseconds")]
        table.add_row(mark, candidate.path, size, *columns, _note(candidate))
    return table


def _by_engine(trials: "list[Trial]", name: str) -> str:
    """One figure of every engine."""
    figures = ((trial.engine, getattr(trial, name)) for trial in trials)
    return ", ".join(f"{engine}: {value:.0f}" for engine, value in figures)


def _note(candidate: "Candidate") -> str:
    """Why there is no file, or which engine does not run it."""
    failed = [f"{trial.engine}: {trial.reason}" for trial in candidate.trials if trial.reason]
    return candidate.reason or "; ".join(failed)
