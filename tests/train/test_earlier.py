"""A run's own recipe is trained again, whatever its preset has become."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from runtime import manifest
from runtime.errors import ModelError
from train.earlier import fill_in
from train.options import KNOBS, parser
from train.zoo.recipe import Recipe

RECIPE = Recipe("categorical_crossentropy", 30, 128, "sgd", 0.2, "cosine", settling=1 / 3, background=0.15, seed=7)


def run(folder: Path, **training: Any) -> Path:  # noqa: ANN401 - as JSON has it
    folder.mkdir(exist_ok=True)
    told = {"model": "edge-small", "preset": "standard", "recipe": asdict(RECIPE), **training}
    manifest.save(manifest.Manifest("small", manifest.now(), 1, training=told), folder)
    return folder


def test_every_value_is_that_of_the_run(tmp_path: Path) -> None:
    options = parser().parse_args(["--like", str(run(tmp_path / "run"))])
    fill_in(options)

    assert (options.model, options.preset) == ("edge-small", "standard")
    assert Recipe(RECIPE.loss, **{name: getattr(options, name) for name in KNOBS}) == RECIPE


def test_flags_go_before_the_run(tmp_path: Path) -> None:
    words = ["--like", str(run(tmp_path / "run")), "--seed", "9", "--background", "0", "--model", "edge-nano"]
    options = parser().parse_args(words)
    fill_in(options)

    assert (options.seed, options.background, options.model, options.epochs) == (9, 0, "edge-nano", 30)


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"recipe": None}, "does not tell its whole recipe"),
        ({"recipe": {"epochs": "many"}}, "its recipe's epochs: expected a whole number"),
        ({"recipe": {"optimiser": "guess"}}, "its recipe's optimiser: expected adam or sgd, got 'guess'"),
    ],
    ids=["older version", "no number", "no choice"],
)
def test_what_cannot_be_trained_by_is_refused(tmp_path: Path, training: dict[str, Any], message: str) -> None:
    options = parser().parse_args(["--like", str(run(tmp_path / "run", **training))])

    with pytest.raises(ModelError, match=message):
        fill_in(options)
