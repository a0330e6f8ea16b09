"""Fixtures that several test modules share; what needs TensorFlow loads it only when it is asked for."""

# ruff: noqa: ANN401 - Keras has no types

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

TINY_SAMPLES = 1000


@pytest.fixture(scope="session")
def framework() -> ModuleType:
    """Keras on TensorFlow, loaded as our commands load it."""
    from convert.quiet import prepare_environment, quiet

    prepare_environment()
    with quiet():
        import keras
    return keras


@pytest.fixture(scope="session")
def tiny_model(framework: ModuleType) -> Any:
    """Two convolutions with batch normalisation and dropout, fitted to drawn digits until they are sure of them."""
    from convert.quiet import quiet
    from runtime.preprocess import to_input
    from train.handwriting.dataset import draw_digits

    layers = framework.layers
    images, labels = draw_digits(TINY_SAMPLES, seed=5)
    framework.utils.set_random_seed(3)
    blocks = [
        layer
        for width in (8, 12)
        for layer in (
            layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
        )
    ]
    head = [layers.Flatten(), layers.Dropout(0.1), layers.Dense(10, activation="softmax")]
    model = framework.Sequential([framework.Input((28, 28, 1)), *blocks, *head])
    with quiet():
        model.compile(framework.optimizers.Adam(4e-3), "sparse_categorical_crossentropy")
        model.fit(to_input(images), labels, epochs=15, batch_size=32, verbose=0)
    return model


@pytest.fixture(scope="session")
def tiny_run(tiny_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder as training writes it; tests that change it take `run`, a copy."""
    from convert.quiet import quiet
    from runtime import manifest
    from runtime.npz import write_npz
    from runtime.preprocess import normalise
    from train.handwriting.dataset import draw_digit, draw_digits, sample_rng

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    folder.mkdir()
    with quiet():
        tiny_model.save(folder / "model.keras")
    images, labels = draw_digits(TINY_SAMPLES, seed=5)
    crops = [draw_digit(digit, sample_rng(9, digit), height).mask for digit, height in enumerate((14, 30, 61))]
    ink = {
        "ink": np.concatenate([crop.ravel() for crop in crops]),
        "ink_shapes": np.array([crop.shape for crop in crops], np.int32),
        "glyphs": np.stack([normalise(crop) for crop in crops]),
    }
    write_npz(folder / "calibration.npz", {"images": images[:100], "labels": labels[:100]})
    write_npz(folder / "holdout.npz", {"images": images[:300], "labels": labels[:300]})
    write_npz(folder / "drawn.npz", {"images": images[300:400], "labels": labels[300:400], **ink})
    files = [manifest.describe(folder, f"{name}.npz", "npz", name) for name in ("calibration", "holdout", "drawn")]
    files.append(manifest.describe(folder, "model.keras", "keras", "float32"))
    training = {"model": "tiny", "data": "synthetic", "seed": 3}
    manifest.save(manifest.Manifest("tiny", "2026-01-01T00:00:00Z", 0, training=training, files=tuple(files)), folder)
    return folder


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A fresh copy of the tiny run."""
    return Path(shutil.copytree(tiny_run, tmp_path / "runs" / "tiny"))


@pytest.fixture(scope="session")
def converted_run(framework: ModuleType, tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """The tiny run after every conversion; only to be read."""
    from convert.pipeline import convert_run
    from convert.variants import standard_recipes

    folder = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("converted") / "tiny"))
    convert_run(folder, standard_recipes(), static_batch=False, announce=lambda step, done: None)  # noqa: ARG005
    return folder


@pytest.fixture(scope="session")
def idx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 1,200 training and 200 test digits, drawn by our generator, in MNIST's four files."""
    from train.handwriting.dataset import draw_digits

    folder = tmp_path_factory.mktemp("idx")
    for part, count, seed in (("train", 1200, 1), ("t10k", 200, 2)):
        images, labels = draw_digits(count, seed)
        for array, name in ((images, "images-idx3-ubyte"), (labels, "labels-idx1-ubyte")):
            header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            (folder / f"{part}-{name}").write_bytes(header + array.tobytes())
    return folder


@pytest.fixture(scope="session")
def models() -> Path:
    """The committed tiny models, only to be read: a bundle, its hold-out beside it, and the folders below."""
    return Path(__file__).parent / "models"


@pytest.fixture(scope="session")
def eleven() -> Path:
    """A committed bundle of a network with "not a digit", its files calibrated, only to be read.

    Its hold-out is that of `models`; `background.npz` beside it holds what is no digit.
    """
    return Path(__file__).parent / "models_eleven"


@pytest.fixture
def bundle_folder(models: Path, tmp_path: Path) -> Path:
    """A fresh copy of the committed bundle; it needs no TensorFlow and holds no hold-out."""
    aside = shutil.ignore_patterns("holdout.npz", "ort", "static", "strangers")
    return Path(shutil.copytree(models, tmp_path / "bundle", ignore=aside))


@pytest.fixture
def run_folder(bundle_folder: Path, models: Path) -> Path:
    """The copy as a run folder: with its hold-out, and with the entry of its Keras model, whose file is not opened."""
    from runtime import manifest
    from runtime.manifest import ModelFile

    shutil.copy(models / "holdout.npz", bundle_folder)
    with np.load(models / "reference.npz") as reference:
        keras = ModelFile("keras", "float32", "model.keras", str(reference["keras_sha256"]), 0)
    holdout = manifest.describe(bundle_folder, "holdout.npz", "npz", "holdout")
    manifest.save(manifest.load(bundle_folder).with_files([keras, holdout]), bundle_folder)
    return bundle_folder


@pytest.fixture(scope="session")
def replace_file() -> Callable[[Path, str, bytes], None]:
    """Puts other contents into a listed file and corrects its size and hash in the manifest."""
    from runtime import manifest

    def replace(folder: Path, path: str, data: bytes) -> None:
        (folder / path).write_bytes(data)
        listed = manifest.load(folder)
        old = next(file for file in listed.files if file.path == path)
        manifest.save(listed.with_files([manifest.describe(folder, path, old.format, old.variant)]), folder)

    return replace
