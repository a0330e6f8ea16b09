"""KerasTuner's tuner, with our trainings as its trials; alone, as the chief, or as one of several workers."""

# ruff: noqa: ANN401 - KerasTuner has no types

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.base_tuner import BaseTuner

from runtime.atomic import write_json
from train.tune.judge import Figures
from train.tune.role import NAME, Role, read_role

TRIALS = "trials"  # the folder that KerasTuner keeps
EPOCHS = "tuner/epochs"  # Hyperband's own knob
IDLE_SECONDS = 1.0

RunTrial = Callable[[Mapping[str, Any], Path], Figures]


class Tuner(BaseTuner):  # type: ignore[misc]
    """Runs trials, and keeps them in `folder`; what is there already is gone on with."""

    def __init__(self, oracle: keras_tuner.Oracle, folder: Path, run_trial: RunTrial) -> None:
        self.role = read_role()
        self._run = run_trial
        self._announce(folder / TRIALS)
        super().__init__(oracle, directory=str(folder), project_name=TRIALS)
        self.save()  # from here on a search that is killed is found again

    def search(self) -> None:
        """Run trials, or as the chief hand them out, until there are no more."""
        if self.role is Role.CHIEF:
            super().search()
            return
        while (trial := self.oracle.create_trial(self.tuner_id)).status != "STOPPED":
            if trial.status == "IDLE":  # others must finish before the next candidate can be chosen
                time.sleep(IDLE_SECONDS)
            else:
                self._finish(trial)

    def save(self) -> None:
        """Write what is needed to go on: the chief's or the lone process's oracle, and a sign that it is there."""
        if self.role is not Role.WORKER:
            self.oracle.save()
        write_json(Path(self.project_dir) / f"{self.tuner_id}.json", {})

    @staticmethod
    def _announce(folder: Path) -> None:
        """Let KerasTuner find a search that was begun in another part, such as by a chief that went away."""
        name = os.environ.get(NAME, "tuner0")
        if (folder / "oracle.json").exists():
            write_json(folder / f"{name}.json", {})

    def _finish(self, trial: Any) -> None:
        """Run `trial` and tell the oracle how it went."""
        figures = self._run(trial.hyperparameters.values, Path(self.get_trial_dir(trial.trial_id)))
        told = {name: float(value) for name, value in asdict(figures).items() if value is not None}
        self.oracle.update_trial(trial.trial_id, told)
        trial.status = "COMPLETED"
        self.oracle.end_trial(trial)
