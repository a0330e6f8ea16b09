"""KerasTuner's ways to choose the next candidate, made to keep within the budget and to survive any interruption."""

# ruff: noqa: ANN401 - KerasTuner has no types

import json
import math
import shutil
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.oracles import BayesianOptimizationOracle, HyperbandOracle, RandomSearchOracle

from runtime.atomic import write_json
from train.tune.candidate import narrow
from train.tune.order import BAYESIAN, HYPERBAND
from train.tune.space import Space, declare

OBJECTIVE = "loss"
FIRST_RANDOM = 12  # trials before the Gaussian process is asked: fewer tell it nothing about so many knobs
NOISE = 0.05  # of a loss, in its variance over the trials: another seed moves it that far
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


class _Bayesian(_Within, BayesianOptimizationOracle):  # type: ignore[misc]
    """A Gaussian process over the finished trials."""


class _Hyperband(_Within, HyperbandOracle):  # type: ignore[misc]
    """Many short trainings, of which the best third is trained longer (Li et al., arXiv:1603.06560)."""


def make_oracle(space: Space, algorithm: str, trials: int, epochs: int, seed: int) -> keras_tuner.Oracle:
    """The oracle of this algorithm, for `trials` trials of at most `epochs`; the seed 0 counts as 1."""
    seed = max(1, seed)  # KerasTuner takes 0 for none
    if algorithm == HYPERBAND:
        oracle = _Hyperband(space, seed=seed, max_epochs=epochs, hyperband_iterations=PATIENCE)
        oracle.max_trials = trials
        return oracle
    if algorithm == BAYESIAN:
        return _Bayesian(space, seed=seed, max_trials=trials, num_initial_points=FIRST_RANDOM, alpha=NOISE)
    return _Random(space, seed=seed, max_trials=trials)
