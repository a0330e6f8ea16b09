"""KerasTuner's ways to choose the next candidate, made to keep within the budget and to survive any interruption."""

# ruff: noqa: ANN401 - KerasTuner has no types

import json
import math
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.oracles import HyperbandOracle, RandomSearchOracle

from runtime.atomic import write_json
from train.tune.candidate import narrow
from train.tune.gaussian import Points, choose
from train.tune.order import BAYESIAN, HYPERBAND
from train.tune.space import Space, declare

OBJECTIVE = "loss"
FIRST_RANDOM = 12  # trials before the Gaussian process is asked: fewer tell it nothing about so many knobs
PROPOSALS = 500  # random candidates among which it chooses
PATIENCE = 10**9  # without end: the number of trials ends a search, and no trial fails without ending it


class _Within(keras_tuner.Oracle):  # type: ignore[misc]
    """Mixed into an oracle: the first candidate is the start, and every one keeps within the budget.

    What the oracle knows is written whole, so that a search that was killed at any moment goes on.
    """

    def __init__(self, space: Space, **settings: Any) -> None:
        objective = keras_tuner.Objective(OBJECTIVE, "min")
        super().__init__(objective=objective, hyperparameters=declare(space), **settings)
        self.space = space
        self.max_consecutive_failed_trials = PATIENCE
        self.verbose = 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next candidate's values, narrowed to the budget."""
        response: dict[str, Any] = super().populate_space(trial_id)
        if response.get("values"):
            values = response["values"] if self.trials else {**response["values"], **declare(self.space).values}
            response["values"] = narrow(values, self.space.start, self.space.budget)
        return response

    @keras_tuner.synchronized  # type: ignore[untyped-decorator]
    def end_trial(self, trial: Any) -> None:
        """End the trial and write so: KerasTuner writes while it still counts as running, and would run it again."""
        super().end_trial(trial)
        self.save()

    def score_trial(self, trial: Any) -> None:
        """Score by the loss's logarithm, so that one training that diverged does not hide how the others differ."""
        trial.score = math.log(trial.metrics.get_best_value(OBJECTIVE))
        trial.best_step = trial.metrics.get_best_step(OBJECTIVE)

    def save(self) -> None:
        """Write the oracle's state, whole or not at all."""
        write_json(Path(self._get_oracle_fname()), self.get_state())

    def _save_trial(self, trial: Any) -> None:
        write_json(Path(self._get_trial_dir(trial.trial_id)) / "trial.json", trial.get_state())

    def reload(self) -> None:
        """Read the state; a trial that was written an instant before the search was killed has not begun: drop it."""
        begun = json.loads(Path(self._get_oracle_fname()).read_text())["start_order"]
        for folder in Path(self._project_dir).glob("trial_*"):
            if folder.name.removeprefix("trial_") not in begun:
                shutil.rmtree(folder)
        super().reload()


class _Random(_Within, RandomSearchOracle):  # type: ignore[misc]
    """Random search."""


class _Bayesian(_Within, RandomSearchOracle):  # type: ignore[misc]
    """Random candidates at first, then of many random ones that which a Gaussian process over the trials prefers.

    KerasTuner's own such oracle descends from fifty places, for ten seconds, to values that the budget then changes.
    """

    def _random_values(self) -> dict[str, Any] | None:
        finished = [trial for trial in self.trials.values() if trial.status == "COMPLETED"]
        proposals = self._draw(PROPOSALS if len(finished) >= FIRST_RANDOM else 1)
        if len(proposals) < 2:
            return proposals[0] if proposals else None
        running = [trial for trial in self.ongoing_trials.values() if trial not in finished]
        scores = np.array([trial.score for trial in finished])
        tried, waiting = (self._locate(t.hyperparameters.values for t in trials) for trials in (finished, running))
        return proposals[choose(tried, scores, waiting, self._locate(proposals), self.seed)]

    def _draw(self, count: int) -> list[dict[str, Any]]:
        """At most `count` random candidates within the budget that have not been tried; none where all have been."""
        drawn = (super(_Bayesian, self)._random_values() for _ in range(count))
        narrowed = [narrow(values, self.space.start, self.space.budget) for values in drawn if values is not None]
        return [values for values in narrowed if not self._duplicate(values)] or narrowed[:1]

    def _locate(self, candidates: Iterable[Mapping[str, Any]]) -> Points:
        """The values of candidates as points (N, D) in the unit cube."""
        knobs = self.hyperparameters.space
        rows = [[knob.value_to_prob(values[knob.name]) for knob in knobs] for values in candidates]
        return np.array(rows, np.float64).reshape(-1, len(knobs))


class _Hyperband(_Within, HyperbandOracle):  # type: ignore[misc]
    """Many short trainings, of which the best third is trained longer (Li et al., arXiv:1603.06560)."""


def make_oracle(space: Space, algorithm: str, trials: int, epochs: int, seed: int) -> keras_tuner.Oracle:
    """The oracle of this algorithm, for `trials` trials of at most `epochs`; the seed 0 counts as 1."""
    seed = max(1, seed)  # KerasTuner takes 0 for none
    if algorithm == HYPERBAND:
        oracle = _Hyperband(space, seed=seed, max_epochs=epochs, hyperband_iterations=PATIENCE)
        oracle.max_trials = trials
        return oracle
    return (_Bayesian if algorithm == BAYESIAN else _Random)(space, seed=seed, max_trials=trials)
