"""What a search has found so far: every trial with what it trained and how it did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras_tuner

from train.tune.candidate import RECIPE, Candidate
from train.tune.judge import Figures

SCHEMA = "digits.tuning/1"
FIGURES = ("loss", "errors", "varied_errors", "accepted", "seconds")
COUNTS = ("errors", "varied_errors")

Compose = Callable[[Mapping[str, Any]], Candidate]


@dataclass(frozen=True, slots=True)
class Row:
    """One finished trial."""

    trial: str  # KerasTuner's name for it
    candidate: Candidate
    figures: Figures


@dataclass(frozen=True, slots=True)
class Tuning:
    """A search's finished trials in the order of their beginning, and what it was asked for."""

    settings: dict[str, Any]
    rows: tuple[Row, ...]

    @property
    def digits(self) -> int:
        """How many validation digits the trials were judged on."""
        return int(self.settings["validation_samples"])

    @property
    def best(self) -> Row | None:
        """The trial with the lowest loss, the smaller network of equals; None where none is finished."""
        return min(self.rows, key=lambda row: (row.figures.loss, row.candidate.parameters), default=None)


def collect(oracle: keras_tuner.Oracle, settings: dict[str, Any], compose: Compose) -> Tuning:
    """The finished trials of `oracle`; `compose` gives the candidate of a trial's values."""
    finished = (trial for trial in oracle.trials.values() if trial.status == "COMPLETED")
    rows = (
        Row(trial.trial_id, compose(trial.hyperparameters.values), _read(trial.metrics))
        for trial in sorted(finished, key=lambda trial: int(trial.trial_id))
    )
    return Tuning(settings, tuple(rows))


def write_document(tuning: Tuning) -> dict[str, Any]:
    """The search as JSON has it (schema digits.tuning/1)."""
    best = tuning.best
    trials = [{"trial": row.trial, **_describe(row)} for row in tuning.rows]
    return {"schema": SCHEMA, **tuning.settings, "best": best and best.trial, "trials": trials}


def _describe(row: Row) -> dict[str, Any]:
    widths, recipe = row.candidate.widths, row.candidate.recipe
    return {
        "epochs": recipe.epochs,
        "parameters": row.candidate.parameters,
        "multiply_adds": row.candidate.multiply_adds,
        **{name: getattr(row.figures, name) for name in FIGURES},
        "architecture": widths._asdict(),
        "recipe": {name: getattr(recipe, name) for name in RECIPE},
    }


def _read(metrics: Any) -> Figures:  # noqa: ANN401 - KerasTuner has no types
    """The figures that a trial told; a training that diverged has a loss alone."""
    told = {name: metrics.get_best_value(name) for name in FIGURES if metrics.exists(name)}
    return Figures(**{name: int(value) if name in COUNTS else value for name, value in told.items()})
