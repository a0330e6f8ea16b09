"""The run's Keras model: loaded safely, asked for its answers, its folded parameters counted."""

# ruff: noqa: ANN401 - Keras has no types
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from runtime import manifest
from runtime.errors import ModelError


@pytest.fixture
def keras_model(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - Keras must be loaded first
    from convert import keras_model

    return keras_model


def put_keras(run: Path, data: bytes) -> manifest.Manifest:
    """Put other bytes in the place of the run's model, with a manifest that fits them."""
    (run / "model.keras").write_bytes(data)
    described = manifest.load(run).with_files([manifest.describe(run, "model.keras", "keras", "float32")])
    manifest.save(described, run)
    return described


def save_model(model: Any, folder: Path) -> bytes:
    from convert.quiet import quiet

    with quiet():
        model.save(folder / "saved.keras")
    return (folder / "saved.keras").read_bytes()


def test_a_loaded_model_answers_as_before(keras_model: ModuleType, tiny_model: Any, tiny_run: Path) -> None:
    from runtime.preprocess import to_input

    images = np.load(tiny_run / "holdout.npz")["images"]
    loaded = keras_model.load_keras(tiny_run, manifest.load(tiny_run))
    answers = keras_model.answer(loaded, images)

    assert answers.dtype == np.float32
    assert answers.shape == (300, 10)
    assert np.abs(answers - tiny_model(to_input(images), training=False).numpy()).max() < 1e-5


def test_answers_ignore_the_batches(keras_model: ModuleType, tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
    whole = keras_model.answer(tiny_model, images)
    monkeypatch.setattr(keras_model, "BATCH", 3)

    assert np.abs(keras_model.answer(tiny_model, images) - whole).max() < 1e-6
    assert keras_model.answer(tiny_model, images[:0]).shape == (0, 10)


def test_a_run_without_a_model_is_refused(keras_model: ModuleType, run: Path) -> None:
    described = manifest.load(run)
    described = replace(described, files=tuple(f for f in described.files if f.format != "keras"))

    with pytest.raises(ModelError, match="lists no Keras model; name a run folder that digits train has written"):
        keras_model.load_keras(run, described)


def test_a_deleted_model_is_named(keras_model: ModuleType, run: Path) -> None:
    (run / "model.keras").unlink()

    with pytest.raises(ModelError, match=r"model\.keras: listed in the manifest but not readable"):
        keras_model.load_keras(run, manifest.load(run))


def test_a_changed_model_is_never_loaded(keras_model: ModuleType, run: Path) -> None:
    data = bytearray((run / "model.keras").read_bytes())
    data[len(data) // 2] ^= 1
    (run / "model.keras").write_bytes(bytes(data))

    with pytest.raises(ModelError, match=r"model\.keras: the manifest says sha256"):
        keras_model.load_keras(run, manifest.load(run))


@pytest.mark.parametrize(
    "data", [b"", b"not a zip file", b"PK\x03\x04" + b"\0" * 40], ids=["empty", "text", "stub of a zip"]
)
def test_what_is_no_keras_file_is_one_line(keras_model: ModuleType, run: Path, data: bytes) -> None:
    described = put_keras(run, data)

    with pytest.raises(
        ModelError, match=r"model\.keras: an archive that cannot be read .+ \[keras-archive\]$"
    ) as caught:
        keras_model.load_keras(run, described)

    assert "\n" not in str(caught.value)


def test_a_zip_without_weights_is_one_line(keras_model: ModuleType, run: Path) -> None:
    with zipfile.ZipFile(run / "model.keras") as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(run / "stub.zip", "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")

    with pytest.raises(ModelError, match=r"the members config.json, metadata.json; expected .+ \[keras-archive\]$"):
        keras_model.load_keras(run, put_keras(run, (run / "stub.zip").read_bytes()))


def test_code_in_the_file_does_not_run(
    keras_model: ModuleType, framework: ModuleType, run: Path, tmp_path: Path
) -> None:
    layers = framework.layers
    model = framework.Sequential(
        [framework.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10), layers.Lambda(lambda x: x)]
    )

    with pytest.raises(ModelError, match=r"Lambda is not among the classes that are loaded; .+ \[keras-code\]"):
        keras_model.load_keras(run, put_keras(run, save_model(model, tmp_path)))


@pytest.mark.parametrize("ends", [((32, 32, 1), 10), ((28, 28, 3), 10), ((28, 28, 1), 3)])
def test_another_shape_is_refused(
    keras_model: ModuleType, framework: ModuleType, run: Path, tmp_path: Path, ends: tuple[tuple[int, ...], int]
) -> None:
    layers = framework.layers
    taken, given = ends
    model = framework.Sequential([framework.Input(taken), layers.Flatten(), layers.Dense(given)])

    with pytest.raises(ModelError, match=r"input \(28, 28, 1\) and 10 outputs as the manifest says, got \(None, \d+"):
        keras_model.load_keras(run, put_keras(run, save_model(model, tmp_path)))


def test_answers_that_are_no_probabilities_are_refused(keras_model: ModuleType, framework: ModuleType) -> None:
    layers = framework.layers
    model = framework.Sequential(
        [framework.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="sigmoid")]
    )

    with pytest.raises(ModelError, match="no probabilities that sum to 1; end the model with a softmax"):
        keras_model.answer(model, np.full((2, 28, 28), 200, np.uint8))


CONV = 3 * 3 * 1 * 4  # weights of the convolution below, without bias


def networks(framework: ModuleType) -> dict[str, tuple[list[Any], int, bool]]:
    """Layers, the parameters that remain after folding, and whether activations are scaled."""
    layers = framework.layers

    def conv(**options: Any) -> Any:
        return layers.Conv2D(4, 3, **options)

    return {
        "no normalisation": ([conv()], CONV + 4, False),
        "folds into a convolution without bias": ([conv(use_bias=False), layers.BatchNormalization()], CONV + 4, False),
        "folds into a convolution with bias": ([conv(), layers.BatchNormalization()], CONV + 4, False),
        "cannot fold behind an activation": (
            [conv(activation="relu"), layers.BatchNormalization()],
            CONV + 4 + 8,
            True,
        ),
        "cannot fold into the input": ([layers.BatchNormalization(), conv()], CONV + 4 + 2, True),
        "dropout is nothing": ([conv(), layers.Dropout(0.5)], CONV + 4, False),
        "rescaling scales": ([layers.Rescaling(2.0), conv()], CONV + 4, True),
        "models inside models are opened": (
            [framework.Sequential([conv(use_bias=False), layers.BatchNormalization()])],
            CONV + 4,
            False,
        ),
    }


NETWORKS = (
    "no normalisation",
    "folds into a convolution without bias",
    "folds into a convolution with bias",
    "cannot fold behind an activation",
    "cannot fold into the input",
    "dropout is nothing",
    "rescaling scales",
    "models inside models are opened",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_folded_parameters_are_counted(keras_model: ModuleType, framework: ModuleType, name: str) -> None:
    layers, parameters, scales = networks(framework)[name]
    tail = [framework.layers.GlobalAveragePooling2D(), framework.layers.Dense(10, activation="softmax")]
    model = framework.Sequential([framework.Input((28, 28, 1)), *layers, *tail])

    assert keras_model.count_parameters(model) == parameters + 4 * 10 + 10
    assert keras_model.scales_activations(model) is scales


def test_the_model_file_is_only_read(keras_model: ModuleType, tiny_run: Path) -> None:
    before = hashlib.sha256((tiny_run / "model.keras").read_bytes()).hexdigest()
    keras_model.load_keras(tiny_run, manifest.load(tiny_run))

    assert hashlib.sha256((tiny_run / "model.keras").read_bytes()).hexdigest() == before
