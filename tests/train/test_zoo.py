"""The zoo: every model is what its row says, and the page that compares it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime import manifest
from runtime.cli import main
from runtime.errors import UsageError
from runtime.manifest import Manifest
from train.framework import load_framework
from train.zoo import FAMILIES, PRESETS, choose_recipe, find
from train.zoo_table import Row, collect, write_page

PARAMETERS = {
    "dense-512": 567_434,
    "dense-128": 118_282,
    "dense-1024": 943_946,
    "cnn-32-64": 34_826,
    "cnn-wide": 1_199_882,
    "cnn-32-64-64": 93_322,
    "edge-nano": 9_931,
    "edge-small": 30_283,
    "edge-base": 94_747,
}
RECIPES = {
    "dense-512": ("binary_crossentropy", 128, 50, 0.0),
    "dense-128": ("sparse_categorical_crossentropy", 64, 1, 0.0),
    "dense-1024": ("categorical_crossentropy", 64, 10, 0.0),
    "cnn-32-64": ("categorical_crossentropy", 32, 3, 0.1),
    "cnn-wide": ("categorical_crossentropy", 128, 12, 0.0),
    "cnn-32-64-64": ("sparse_categorical_crossentropy", 64, 5, 0.0),
    "edge-nano": ("categorical_crossentropy", 128, 60, 0.05),
    "edge-small": ("categorical_crossentropy", 128, 30, 0.05),
    "edge-base": ("categorical_crossentropy", 128, 30, 0.05),
}


@pytest.fixture(scope="module", autouse=True)
def _framework() -> None:
    load_framework()


@pytest.mark.parametrize("name", FAMILIES)
def test_presets_are_known_before_keras_is_loaded(name: str) -> None:
    assert tuple(find(name).recipes) == PRESETS[FAMILIES[name]]


@pytest.mark.parametrize("name", FAMILIES)
def test_model_has_its_size_its_input_and_its_answers(name: str) -> None:
    from train.run_folder import count_folded_parameters

    classes = choose_recipe(find(name), None)[1].classes
    model = find(name).build(classes)

    assert count_folded_parameters(model) == PARAMETERS[name]
    assert model.input_shape == (None, 28, 28, 1)
    assert model(np.zeros((2, 28, 28, 1), np.float32)).shape == (2, classes)
    assert classes == (11 if name.startswith("edge") else 10)


@pytest.mark.parametrize("name", FAMILIES)
def test_default_recipe_is_the_published_one(name: str) -> None:
    model = find(name)

    _, recipe = choose_recipe(model, None)

    assert (recipe.loss, recipe.batch_size, recipe.epochs, recipe.validation_share) == RECIPES[name]
    assert model.name == name
    assert recipe.optimiser == ("sgd" if name.startswith("edge") else "adam")


@pytest.mark.parametrize(
    ("name", "most"),
    [("edge-nano", 10_000), ("edge-small", 32_000), ("edge-base", 100_000)],
    ids=str,
)
def test_the_family_stays_small_enough_for_its_devices(name: str, most: int) -> None:
    assert PARAMETERS[name] <= most
    assert set(find(name).recipes) == {"quick", "standard", "best"}


@pytest.mark.parametrize(
    ("name", "preset", "words"),
    [
        ("edgy", None, "no model 'edgy'; one of dense-512, "),
        ("edge-nano", "fast", "no preset 'fast'; one of standard, quick, best"),
    ],
    ids=["model", "preset"],
)
def test_unknown_names_list_the_known_ones(name: str, preset: str | None, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        choose_recipe(find(name), preset)


def run_of(command: str, accuracy: float, **more: Any) -> Manifest:  # noqa: ANN401
    figures = {"test_accuracy": accuracy, "test_samples": 10_000, "test_errors": round(1e4 * (1 - accuracy))}
    training = {"command": command, "epochs": 3, "seconds": 12.6, "seed": 1, **figures, **more}
    return Manifest("x", manifest.now(), 34_826, training=training)


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (0.9862, "0.36 points above"),
        (0.9826, "exactly the same"),
        (0.9815, "0.11 points below, within what chance explains"),
        (0.9500, "3.26 points below, more than what chance explains"),
    ],
    ids=["above", "equal", "a little below", "far below"],
)
def test_page_compares_with_the_published_figure(accuracy: float, verdict: str) -> None:
    model = find("cnn-32-64")
    row = Row(model, "published", run_of("digits train --model cnn-32-64 --preset published", accuracy))

    page = write_page([row])

    assert verdict in page
    assert f"| `cnn-32-64` | 34,826 | 98.26 % | **{accuracy:.2%}** |" in page
    assert "digits train --model cnn-32-64 --preset published\n```" in page


def test_runs_with_other_settings_do_not_count() -> None:
    model = find("cnn-32-64")
    command = "digits train --model cnn-32-64 --preset published"
    others = ("--epochs 90", "--limit 5", "--data synthetic", "--seed 2", "--seed 11")
    changed = [run_of(f"{command} {more}", 0.999) for more in others]

    assert collect([model], changed)[0].run is None
    proper = run_of(command, 0.98)
    assert collect([model], [*changed, proper])[0].run is proper
    assert "not trained yet" in write_page(collect([model], changed))


def test_a_run_may_name_the_recipes_own_seed() -> None:
    proper = run_of("digits train --model cnn-32-64 --preset published --seed 1", 0.98)

    assert collect([find("cnn-32-64")], [proper])[0].run is proper


def test_every_preset_has_a_row() -> None:
    rows = collect(map(find, FAMILIES), [])

    assert [(row.model.name, row.preset) for row in rows][-2:] == [("edge-base", "quick"), ("edge-base", "best")]
    assert len(rows) == len(FAMILIES) + 6


def test_zoo_command_writes_the_page_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of("digits train --model dense-128 --preset published", 0.96)
    (tmp_path / "runs" / "dense-128").mkdir(parents=True)
    manifest.save(replace(run, name="dense-128"), tmp_path / "runs" / "dense-128")
    page = tmp_path / "docs" / "zoo.md"

    assert main(["zoo", str(tmp_path / "runs"), "--out", str(page)]) == 1

    captured = capsys.readouterr()
    assert captured.out == f"{page}\n"
    assert "not trained yet: digits train --model edge-small --preset quick" in captured.err
    assert "dense-128" not in captured.err
    assert "**96.00%**" in page.read_text(encoding="utf-8")


def test_zoo_command_without_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", str(tmp_path)]) == 1
    assert "expected run folders in it, found none" in capsys.readouterr().err
