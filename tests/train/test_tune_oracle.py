"""How a search chooses its candidates, and how it goes on after any interruption; trainings are stood in for."""

import json
import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from train.tune.order import ALGORITHMS, ALL, ARCHITECTURE, BAYESIAN, HYPERBAND, RANDOM, RECIPE

BUDGET = 20_000
# KerasTuner names threads in a way that Python is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning")


@pytest.fixture(scope="module")
def space(framework: ModuleType) -> Callable[..., Any]:  # noqa: ARG001 - the modules import Keras
    from train.tune.candidate import Candidate, shorten
    from train.tune.space import Space
    from train.zoo import find
    from train.zoo.edge import FAMILY

    def make(over: str = ALL, budget: int = BUDGET) -> Any:  # noqa: ANN401
        start = Candidate(FAMILY["edge-nano"], shorten(find("edge-nano").recipes["standard"], 9))
        return Space(start, budget, over)

    return make


@pytest.fixture
def tuner(space: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """A tuner in `tmp_path` whose trials are judged by a formula; the trial of number `stop` is interrupted."""
    from train.tune.candidate import compose
    from train.tune.judge import Figures
    from train.tune.oracle import make_oracle
    from train.tune.tuner import Tuner

    def make(algorithm: str = RANDOM, trials: int = 6, over: str = ALL, stop: int | None = None) -> Any:  # noqa: ANN401
        chosen = space(over)
        began: list[str] = []

        def run(values: Mapping[str, Any], folder: Path) -> Figures:
            began.append(folder.name)
            if len(began) == stop:
                raise KeyboardInterrupt
            candidate = compose(values, chosen.start)
            loss = 1e3 / candidate.parameters + candidate.recipe.learning_rate / values.get("tuner/epochs", 9)
            return Figures(loss, errors=5, varied_errors=7, accepted=0.1, seconds=1.0)

        return Tuner(make_oracle(chosen, algorithm, trials, 9, seed=3), tmp_path / "search", run)

    return make


def values_of(tuner: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    trials = sorted(tuner.oracle.trials.values(), key=lambda trial: int(trial.trial_id))
    return [trial.hyperparameters.values for trial in trials]


@pytest.mark.parametrize("over", [ALL, ARCHITECTURE, RECIPE])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_candidate_keeps_the_budget_and_the_first_is_the_beginning(
    tuner: Callable[..., Any], space: Callable[..., Any], algorithm: str, over: str
) -> None:
    from train.tune.candidate import compose

    searching = tuner(algorithm, trials=16, over=over)
    searching.search()

    start = space(over).start
    tried = [compose(values, start) for values in values_of(searching)]
    assert len(tried) == 16
    assert tried[0] == start
    assert all(candidate.parameters <= BUDGET for candidate in tried)
    assert len({str(candidate) for candidate in tried}) >= (8 if algorithm == HYPERBAND else 14)
    if over == ARCHITECTURE:
        assert {candidate.recipe for candidate in tried} == {start.recipe}
    if over == RECIPE:
        assert {candidate.widths for candidate in tried} == {start.widths}
    assert all(trial.status == "COMPLETED" for trial in searching.oracle.trials.values())


def test_hyperband_trains_the_best_third_three_times_as_long(tuner: Callable[..., Any]) -> None:
    searching = tuner(HYPERBAND, trials=13)
    searching.search()

    epochs = [values["tuner/epochs"] for values in values_of(searching)]
    assert epochs == [1] * 9 + [3] * 3 + [9]
    scores = [trial.score for trial in searching.oracle.trials.values()]
    promoted = {values["tuner/trial_id"] for values in values_of(searching)[9:12]}
    assert {int(name) for name in promoted} == set(sorted(range(9), key=scores.__getitem__)[:3])


@pytest.mark.parametrize("stop", [1, 2, 5], ids="interrupted in trial {}".format)
@pytest.mark.parametrize("algorithm", [RANDOM, HYPERBAND])
def test_an_interrupted_search_goes_on_with_the_same_candidates(
    tuner: Callable[..., Any], tmp_path: Path, algorithm: str, stop: int
) -> None:
    whole = tuner(algorithm)
    whole.search()
    expected = values_of(whole)
    shutil.rmtree(tmp_path / "search")
    with pytest.raises(KeyboardInterrupt):
        tuner(algorithm, stop=stop).search()

    resumed = tuner(algorithm)
    resumed.search()

    assert values_of(resumed) == expected


def test_a_finished_search_runs_nothing_and_more_trials_extend_it(tuner: Callable[..., Any]) -> None:
    tuner(RANDOM, trials=3).search()

    again = tuner(RANDOM, trials=3, stop=1)
    again.search()
    more = tuner(RANDOM, trials=12)
    more.search()

    assert len(values_of(again)) == 3
    assert values_of(more)[:3] == values_of(again)
    assert len(values_of(more)) == 12


def test_a_trial_written_just_before_the_kill_is_dropped_and_chosen_again(
    tuner: Callable[..., Any], tmp_path: Path
) -> None:
    searching = tuner(trials=3)
    searching.search()
    folder, oracle = tmp_path / "search" / "trials", tmp_path / "search" / "trials" / "oracle.json"
    state = json.loads(oracle.read_text())
    orphan = json.loads((folder / "trial_2" / "trial.json").read_text())
    shutil.copytree(folder / "trial_2", folder / "trial_3")
    (folder / "trial_3" / "trial.json").write_text(json.dumps(orphan | {"trial_id": "3", "status": "RUNNING"}))

    resumed = tuner(trials=4)

    assert not (folder / "trial_3").exists()
    resumed.search()
    assert len(values_of(resumed)) == 4
    assert json.loads(oracle.read_text())["start_order"] == [*state["start_order"], "3"]


def test_half_written_files_never_appear(tuner: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """KerasTuner writes its files in place, where a kill leaves half of one; ours are renamed into their places."""
    import keras_tuner

    def refuse(*_words: object) -> None:
        pytest.fail("a file was written in place")

    monkeypatch.setattr(keras_tuner.src.utils, "save_json", refuse)

    tuner(trials=3).search()


def test_a_search_by_a_chief_is_gone_on_with_alone(tuner: Callable[..., Any], tmp_path: Path) -> None:
    tuner(trials=2).search()
    trials = tmp_path / "search" / "trials"
    (trials / "tuner0.json").rename(trials / "chief.json")

    alone = tuner(trials=3)

    assert len(values_of(alone)) == 2


def test_the_score_is_the_logarithm_of_the_loss(tuner: Callable[..., Any]) -> None:
    searching = tuner(BAYESIAN, trials=2)
    searching.search()

    for trial in searching.oracle.trials.values():
        assert trial.score == pytest.approx(math.log(trial.metrics.get_best_value("loss")))


@pytest.mark.slow
def test_the_bayesian_search_ends_up_near_the_best(tuner: Callable[..., Any]) -> None:
    """By the formula large networks with a low rate are best, which the first random trials show."""
    searching = tuner(BAYESIAN, trials=20)
    searching.search()

    losses = [trial.metrics.get_best_value("loss") for trial in searching.oracle.trials.values()]
    first, later = losses[1:12], losses[12:]
    assert sum(later) / len(later) < sum(first) / len(first)
