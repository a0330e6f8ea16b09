"""Fitting: the same weights every time, also after a kill -9, and the epoch that validation selects."""

# ruff: noqa: ANN401 - Keras has no types

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest

from runtime.errors import UsageError
from train.checkpoint import load_checkpoint
from train.data_set import DataSet
from train.framework import load_framework
from train.handwriting.dataset import draw_digits
from train.material import Material, Pool
from train.zoo import find
from train.zoo.recipe import Recipe

# numpy 2.4 objects to how Keras 3 hands out its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SMALL = Recipe("categorical_crossentropy", epochs=2, batch_size=50, learning_rate=0.01, seed=5)


@pytest.fixture(scope="module", autouse=True)
def _framework() -> None:
    load_framework()


@pytest.fixture(scope="module")
def fitting(_framework: None) -> ModuleType:
    """The module under test, which needs TensorFlow."""
    from train import fit

    return fit


@pytest.fixture(scope="module")
def data() -> DataSet:
    return DataSet("drawn", *draw_digits(330, 1), *draw_digits(50, 2))


def weights(model: Any) -> list[np.ndarray]:
    return [np.array(value) for value in model.get_weights()]


def assert_equal(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def fit_small(fitting: ModuleType, data: DataSet, folder: Path, name: str = "dense-128", recipe: Recipe = SMALL) -> Any:
    from train.material import gather
    from train.zoo import find

    return fitting.fit(find(name), recipe, gather(data, recipe), folder / "x.checkpoint.npz", {"recipe": str(recipe)})


def test_same_seed_same_weights_and_another_seed_others(fitting: ModuleType, data: DataSet, tmp_path: Path) -> None:
    first, second = (fit_small(fitting, data, tmp_path / folder) for folder in "ab")
    other = fit_small(fitting, data, tmp_path / "c", recipe=replace(SMALL, seed=6))

    assert_equal(weights(first.model), weights(second.model))
    assert (weights(first.model)[0] != weights(other.model)[0]).any()


def test_it_learns_and_reports_means_over_the_epoch(fitting: ModuleType, data: DataSet, tmp_path: Path) -> None:
    recipe = replace(SMALL, epochs=6, validation_share=0.1)

    fitted = fit_small(fitting, data, tmp_path, recipe=recipe)

    assert [figures["epoch"] for figures in fitted.history] == [1, 2, 3, 4, 5, 6]
    assert fitted.history[-1]["loss"] < fitted.history[0]["loss"] / 2
    assert fitted.history[-1]["accuracy"] > 0.9
    assert 0.5 < fitted.history[-1]["validation_accuracy"] <= 1
    answers = fitting.predict(fitted.model, data.test_images)
    assert answers.shape == (50, 10)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_the_epoch_that_validation_selects_is_the_one_that_ships(
    fitting: ModuleType, data: DataSet, tmp_path: Path
) -> None:
    # A rate this high makes the accuracy go up and down.
    recipe = replace(SMALL, epochs=6, learning_rate=0.05, validation_share=0.2)

    fitted = fit_small(fitting, data, tmp_path, recipe=recipe)

    chosen = fitted.epoch
    _, (images, labels) = data.split(0.2)
    accuracy = (fitting.predict(fitted.model, images).argmax(axis=1) == labels).mean()
    assert accuracy == pytest.approx(fitted.history[chosen - 1]["validation_accuracy"])
    assert accuracy == max(figures["validation_accuracy"] for figures in fitted.history)


@pytest.mark.parametrize(
    ("accuracies", "schedule", "chosen"),
    [
        ([0.5, 0.9, 0.7], "constant", 2),
        ([0.5, 0.9, 0.9], "constant", 3),
        ([None, None, None], "constant", 3),
        ([0.5, 0.9, 0.7], "cosine", 3),
    ],
    ids=["the best", "the later of equals", "the last without validation", "the last where the rate has fallen"],
)
def test_best_epoch(
    fitting: ModuleType, accuracies: list[float | None], schedule: Literal["constant", "cosine"], chosen: int
) -> None:
    history = tuple({} if accuracy is None else {"validation_accuracy": accuracy} for accuracy in accuracies)

    assert fitting.best_epoch(history, replace(SMALL, schedule=schedule)) == chosen


def test_sigmoids_ship_as_softmax_with_the_same_order(fitting: ModuleType, data: DataSet, tmp_path: Path) -> None:
    recipe = replace(SMALL, loss="binary_crossentropy")

    fitted = fit_small(fitting, data, tmp_path, "dense-512", recipe)

    assert fitted.model.layers[-1].activation.__name__ == "softmax"
    answers = fitting.predict(fitted.model, data.test_images)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    inputs = data.test_images.reshape(-1, 784) / np.float32(255)
    for kernel, bias in zip(weights(fitted.model)[0:6:2], weights(fitted.model)[1:6:2], strict=True):
        inputs = np.maximum(inputs @ kernel + bias, 0)
    sigmoids = 1 / (1 + np.exp(-(inputs @ weights(fitted.model)[6] + weights(fitted.model)[7])))
    np.testing.assert_array_equal(answers.argmax(axis=1), sigmoids.argmax(axis=1))
    odds = sigmoids / (1 - sigmoids)
    np.testing.assert_allclose(answers, odds / odds.sum(axis=1, keepdims=True), atol=1e-4)


def test_every_epoch_has_its_own_order_and_variation(fitting: ModuleType, data: DataSet) -> None:
    recipe = replace(SMALL, augmentation=1.0, epochs=4, gentle_epochs=2)
    material = Material(data.split(0)[0], (), data.split(0)[1])

    epochs = [fitting.prepare_epoch(material, recipe, epoch) for epoch in range(4)]

    assert (epochs[0][1] != epochs[1][1]).any()
    for images, labels in epochs:
        assert sorted(labels) == sorted(data.training_labels)
        assert images.shape == data.training_images.shape
    again = fitting.prepare_epoch(material, recipe, 2)
    np.testing.assert_array_equal(again[0], epochs[2][0])
    plain = [fitting.prepare_epoch(material, replace(recipe, augmentation=0.0), epoch)[0] for epoch in range(4)]
    changes = [np.abs(images.astype(int) - bare).mean() for (images, _), bare in zip(epochs, plain, strict=True)]
    assert max(changes[2:]) < min(changes[:2])


def test_the_last_epochs_settle_on_the_digits_and_the_rate_still_ends_at_zero(fitting: ModuleType) -> None:
    images, labels = draw_digits(200, 1)
    pool = Pool(images, np.full(200, 10, np.uint8), 0.5)
    recipe = replace(
        SMALL, background=0.5, epochs=4, settling=0.5, schedule="cosine", warm_up_epochs=1.0, learning_rate=0.1
    )
    material = Material((images, labels), (pool,), (images[:0], labels[:0]))

    taken = [int(np.sum(fitting.prepare_epoch(material, recipe, epoch)[1] == 10)) for epoch in range(4)]
    steps = fitting.steps_of_epochs(material, recipe)

    assert taken == [100, 100, 20, 20]
    assert steps == [6, 6, 5, 5]
    rate = fitting.compile_model(find("dense-128"), recipe, steps).optimizer._learning_rate
    assert [round(float(rate(step)), 4) for step in (0, 6, sum(steps))] == [0, 0.1, 0]


def test_a_checkpoint_of_another_training_is_refused(fitting: ModuleType, data: DataSet, tmp_path: Path) -> None:
    fit_small(fitting, data, tmp_path)

    with pytest.raises(UsageError, match="begun with recipe"):
        fit_small(fitting, data, tmp_path, recipe=replace(SMALL, seed=9))


def test_a_finished_training_is_not_trained_further(fitting: ModuleType, data: DataSet, tmp_path: Path) -> None:
    first = fit_small(fitting, data, tmp_path)
    again = fit_small(fitting, data, tmp_path)

    assert again.history == first.history
    assert_equal(weights(first.model), weights(again.model))


KILLED = {
    "dense-1024": ["--epochs", "5"],
    "cnn-32-64": ["--epochs", "4"],
    "edge-nano": ["--preset", "quick", "--epochs", "4", "--batch-size", "32"],
}


def command(name: str, run: Path, folder: Path, *more: str) -> list[str]:
    words = ["--model", name, *KILLED[name], "--data", str(folder), "--out", str(run), *more]
    return [sys.executable, "-m", "train", *words]


def kill_after_an_epoch(words: list[str], checkpoint: Path) -> None:
    """Start a training and kill it, as hard as can be, while it is in its second epoch or later."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not checkpoint.exists():
            time.sleep(0.002)
        time.sleep(0.1)
        assert process.poll() is None, "it ended before it could be killed"
        os.kill(process.pid, signal.SIGKILL)


def saved_weights(run: Path) -> list[np.ndarray]:
    import keras

    return weights(keras.saving.load_model(run / "model.keras", compile=False))


@pytest.mark.slow
@pytest.mark.parametrize("name", KILLED)
def test_killed_and_resumed_gives_the_very_same_weights(name: str, idx_folder: Path, tmp_path: Path) -> None:
    """Dropout, Adam's moments, momentum, batch normalisation, augmentation and the chosen epoch go on exactly."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    checkpoint = tmp_path / "killed.checkpoint.npz"
    kill_after_an_epoch(command(name, killed, idx_folder), checkpoint)
    assert not killed.exists()
    with np.load(checkpoint) as file:
        finished = len(json.loads(file["document"].tobytes())["history"])
    assert 1 <= finished < int(KILLED[name][KILLED[name].index("--epochs") + 1])

    resumed = subprocess.run(
        command(name, killed, idx_folder, "--resume"), capture_output=True, text=True, check=True, timeout=300
    )
    # In a process of its own as well: sums depend on the threads that whoever loads TensorFlow first gives it.
    subprocess.run(command(name, whole, idx_folder), capture_output=True, check=True, timeout=300)

    assert f"going on after epoch {finished} of" in resumed.stderr
    assert not checkpoint.exists()
    assert_equal(saved_weights(killed), saved_weights(whole))
    histories = [json.loads((run / "history.json").read_text())["epochs"] for run in (killed, whole)]
    for first, second in zip(*histories, strict=True):
        assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_interrupted_in_the_middle_of_an_epoch_keeps_the_finished_ones(
    fitting: ModuleType, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit_small(fitting, data, tmp_path / "whole")
    original, calls = fitting.to_input, []

    def interrupt(images: np.ndarray) -> np.ndarray:
        calls.append(len(images))
        if len(calls) == 10:  # the third batch of the second epoch
            raise KeyboardInterrupt
        return original(images)

    monkeypatch.setattr(fitting, "to_input", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit_small(fitting, data, tmp_path)
    monkeypatch.undo()

    assert load_checkpoint(tmp_path / "x.checkpoint.npz", {"recipe": str(SMALL)}).epochs == 1
    assert_equal(weights(fit_small(fitting, data, tmp_path).model), weights(whole.model))
