"""One search from the order to its results, alone or together with other processes."""

import contextlib
import io
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import keras_tuner

from runtime.errors import MissingError, UsageError
from runtime.plain import counted
from runtime.replaceable import check_replaceable
from runtime.terminal import talk
from train.data_set import DataSet
from train.framework import framework_versions
from train.sources import load_data
from train.tune.candidate import Candidate, compose, shorten
from train.tune.ground import Ground, prepare
from train.tune.judge import Figures
from train.tune.oracle import make_oracle
from train.tune.order import Order, search_files, settle
from train.tune.results import Tuning, collect
from train.tune.role import Role, place, prepare_meeting, read_role
from train.tune.space import Space, declare, most_background
from train.tune.trial import run_trial
from train.tune.tuner import EPOCHS, Tuner
from train.zoo import choose_recipe, find
from train.zoo.edge import FAMILY
from train.zoo.recipe import Recipe


@dataclass(slots=True, eq=False)
class Search:
    """What a process needs to run trials; the images that they share are drawn when the first of them asks."""

    space: Space
    recipe: Recipe  # the preset's, in its full length
    epochs: int  # of a trial whose values name none
    data: DataSet
    settings: dict[str, Any]  # what must be the same for the search to go on
    ground: Ground | None = field(default=None, init=False)

    def candidate(self, values: Mapping[str, Any]) -> Candidate:
        """What a trial with these values trains."""
        recipe = shorten(self.recipe, values.get(EPOCHS, self.epochs))
        return compose(values, replace(self.space.start, recipe=recipe))

    def run(self, values: Mapping[str, Any], folder: Path) -> Figures:
        """Run the trial with these values in its own folder."""
        if self.ground is None:
            self.ground = prepare(self.data, self.space.start.recipe, most_background(self.space))
        candidate, name = self.candidate(values), folder.name.removeprefix("trial_")
        talk().print(f"trial {name}: {candidate.parameters:,} parameters, epochs: {candidate.recipe.epochs}")
        figures = run_trial(candidate, self.ground, folder, self.settings["fingerprint"])
        told = (
            "it diverged" if figures.errors is None else f"loss {figures.loss:.4f}, {counted(figures.errors, 'error')}"
        )
        talk().print(f"trial {name}: {told}")
        return figures


def search(folder: Path, order: Order, *, overwrite: bool = False) -> Tuning | None:
    """Search in `folder`, where a search of the same order is gone on with, and give everything that it has found.

    None for a worker: its chief has the results. Raises UsageError where the folder holds another search and
    `overwrite` is not asked for, and MissingError where a worker's chief is gone.
    """
    role = read_role()
    if overwrite:
        _clear(folder, role)
    prepared = prepare_search(order)
    settle(folder, prepared.settings)
    with _quiet(), _chief_at_hand():
        oracle = make_oracle(prepared.space, order.algorithm, order.trials, order.epochs, order.seed)
        tuner = Tuner(oracle, folder, prepared.run)
        if role is not Role.CHIEF or not _is_finished(oracle):
            prepare_meeting(role)
            tuner.search()
    return None if role is Role.WORKER else collect(oracle, prepared.settings, prepared.candidate)


def prepare_search(order: Order) -> Search:
    """Find the model, the recipe and the data of `order`; UsageError or InputError where one is not to be had."""
    if order.model not in FAMILY:
        raise UsageError(f"a search begins with a model of the edge family, {', '.join(FAMILY)}, not {order.model!r}")
    preset, recipe = choose_recipe(find(order.model), order.preset)
    recipe = replace(recipe, seed=order.seed)
    start = Candidate(FAMILY[order.model], shorten(recipe, order.epochs))
    space = Space(start, order.parameters or start.parameters, order.over)
    data = load_data(order.data).limited(order.limit)
    return Search(space, recipe, order.epochs, data, _settings(order, preset, space, data))


def _settings(order: Order, preset: str, space: Space, data: DataSet) -> dict[str, Any]:
    knobs = sha256(repr(declare(space).get_config()["space"]).encode()).hexdigest()[:12]
    return {
        "model": order.model,
        "preset": preset,
        "parameters": space.budget,
        "over": order.over,
        "algorithm": order.algorithm,
        "epochs": order.epochs,
        "seed": order.seed,
        "data": data.name,
        "fingerprint": data.fingerprint(),
        "learning_samples": len(data.split(space.start.recipe.validation_share)[0][1]),
        "validation_samples": len(data.split(space.start.recipe.validation_share)[1][1]),
        "space": knobs,
        "versions": {**framework_versions(), "keras_tuner": keras_tuner.__version__},
    }


def _clear(folder: Path, role: Role) -> None:
    """Delete a search; UsageError where anything else would go with it, or others may be at work on it."""
    if role is Role.WORKER:
        raise UsageError("--overwrite is for the chief alone; a worker's command goes without it")
    check_replaceable(folder, search_files, "search")
    shutil.rmtree(folder, ignore_errors=True)


def _is_finished(oracle: keras_tuner.Oracle) -> bool:
    """Whether all trials have been run, so that a chief has nothing to hand out."""
    trials = oracle.trials.values()
    return len(trials) >= oracle.max_trials and all(trial.status == "COMPLETED" for trial in trials)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep KerasTuner's own words from standard output, which is for data, and its libraries' warnings from people."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(keras_tuner|sklearn|scipy)\b")
        yield


@contextlib.contextmanager
def _chief_at_hand() -> Iterator[None]:
    """One line where the connection between chief and worker fails."""
    try:
        yield
    except grpc.RpcError as error:
        raise MissingError(f"the search's chief at {place()} is gone; start it again, then this worker") from error
