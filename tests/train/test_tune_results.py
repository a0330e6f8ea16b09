"""What a search found: the document, the table, the picture, and the winner as a file that can be trained."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import pytest


@pytest.fixture(scope="module")
def tuning(framework: ModuleType) -> Any:  # noqa: ANN401, ARG001 - the modules import Keras
    """Four trials: the beginning, a better one, one as good and larger, and one that diverged."""
    from train.tune.candidate import Candidate, compose, describe, shorten
    from train.tune.judge import Figures
    from train.tune.results import Row, Tuning
    from train.zoo import find
    from train.zoo.edge import FAMILY

    start = Candidate(FAMILY["edge-nano"], shorten(find("edge-nano").recipes["standard"], 6))
    slim = compose(describe(start) | {"middle": 12, "stem_side": 3, "learning_rate": 0.3}, start)
    wide = compose(describe(start) | {"middle": 20}, start)
    rows = (
        Row("0", start, Figures(0.20, 31, 95, 0.125, 40.2)),
        Row("1", slim, Figures(0.15, 28, 80, 0.05, 30.0)),
        Row("2", wide, Figures(0.15, 24, 79, 0.04, 50.0)),
        Row("3", start, Figures(2.398)),
    )
    return Tuning({"model": "edge-nano", "parameters": 9_931, "validation_samples": 3000, "epochs": 6}, rows)


def test_the_best_has_the_lowest_loss_and_of_equals_the_fewest_parameters(tuning: Any) -> None:  # noqa: ANN401
    from train.tune.results import Tuning

    assert tuning.best.trial == "1"
    assert Tuning(tuning.settings, ()).best is None


def test_document(tuning: Any) -> None:  # noqa: ANN401
    from train.tune.results import write_document

    document = json.loads(json.dumps(write_document(tuning), allow_nan=False))

    assert (document["schema"], document["best"], document["model"]) == ("digits.tuning/1", "1", "edge-nano")
    first, second, _, diverged = document["trials"]
    figures = {"loss": 0.20, "errors": 31, "varied_errors": 95, "accepted": 0.125, "seconds": 40.2}
    size = {"epochs": 6, "parameters": 9931, "multiply_adds": 781_140}
    layers = {"large": [12, 12, 12], "middle": [16, 16], "small": [12], "side": 5, "stride": 2}
    recipe = first.pop("recipe")
    assert first == {"trial": "0", **size, **figures, "architecture": layers}
    assert recipe.keys() == {"learning_rate", "weight_decay", "label_smoothing", "augmentation", "background"}
    assert (second["architecture"]["side"], second["recipe"]["learning_rate"]) == (3, 0.3)
    assert (diverged["errors"], diverged["accepted"]) == (None, None)


def test_table_goes_from_the_best_to_the_worst(tuning: Any) -> None:  # noqa: ANN401
    from train.tune.table import write_table

    lines = write_table(tuning).splitlines()

    assert lines[0].split()[:4] == ["trial", "loss", "errors", "varied"]
    assert [line.split()[0] for line in lines[1:5]] == ["1*", "2", "0", "3"]
    assert lines[1].split()[1:5] == ["0.1500", "28", "80", "5.0%"]
    assert "12@3/2 | 12 12 | 12 12 | 12" in lines[1]
    assert "diverged" in lines[4]
    assert "of 3,000 validation digits" in "\n".join(lines[5:])
    assert max(map(len, lines)) <= 140


def test_the_winner_is_a_model_that_can_be_trained(tuning: Any, tmp_path: Path) -> None:  # noqa: ANN401
    from train.tune.outcome import write_outcome
    from train.tune.size import count_parameters
    from train.zoo import find

    write_outcome(tmp_path, tuning)

    winner, best = find(str(tmp_path / "winner.json")), tuning.best.candidate
    sizes = [tuple(layer.kernel.shape)[-1] for layer in winner.build(11).layers if hasattr(layer, "kernel")]
    assert sizes == [12, 12, 12, 12, 12, 12, 11]
    assert count_parameters(best.widths, 11) == best.parameters
    for preset, recipe in winner.recipes.items():
        assert recipe.learning_rate == 0.3
        assert recipe.epochs == find("edge-nano").recipes[preset].epochs
    assert json.loads((tmp_path / "results.json").read_text())["best"] == "1"
    picture = cv2.imread(str(tmp_path / "results.png"))
    assert picture.shape[1] > 800
    assert len({tuple(colour) for colour in picture.reshape(-1, 3)[::7]}) > 10


def test_a_search_without_a_finished_trial_has_results_and_no_winner(tuning: Any, tmp_path: Path) -> None:  # noqa: ANN401
    from train.tune.outcome import write_outcome
    from train.tune.results import Tuning

    write_outcome(tmp_path, Tuning(tuning.settings, ()))

    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "results.png"}
    assert json.loads((tmp_path / "results.json").read_text())["best"] is None


def test_zoo_list_has_measured_figures_of_models_that_ship(framework: ModuleType, tmp_path: Path) -> None:  # noqa: ARG001
    from runtime import manifest
    from runtime.manifest import Manifest
    from train.zoo import FAMILIES
    from train.zoo_list import write_list

    for name, data, accuracy in (("edge-nano", "mnist", 0.9961), ("edge-base", "synthetic", 1.0)):
        (tmp_path / name).mkdir()
        training = {"model": name, "data": data, "test_accuracy": accuracy}
        manifest.save(Manifest(name, "2026-01-01T00:00:00Z", 1, training=training), tmp_path / name)

    lines = write_list(tmp_path).splitlines()

    assert lines[0].split()[-1] == "measured"
    assert [line.split()[0] for line in lines[1:]] == list(FAMILIES)
    by_name = {line.split()[0]: line for line in lines}
    assert by_name["edge-nano"].endswith("99.61 %")
    assert by_name["edge-base"].endswith("see docs/models.md")
    assert "283 errors of 10,000" in by_name["dense-512"]
