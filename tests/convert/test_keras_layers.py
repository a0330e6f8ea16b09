"""Converted files are followed beside Keras' own layers, whatever the converter has merged."""

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from runtime import manifest
from runtime.formats.tflite_file import read_tflite
from runtime.localise import localise_file
from runtime.npz import read_npz


@pytest.fixture
def followed(converted_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(converted_run, tmp_path / "tiny"))


@pytest.mark.parametrize("path", ["float32.tflite", "int8.tflite", "float32.onnx", "int8.onnx"])
def test_files_compute_what_keras_layers_do(converted_run: Path, path: str) -> None:
    found = localise_file(converted_run, path, ["reference"])
    nearest = [check.counterpart for check in found.tensors if check.within]

    assert found.passed, found.verdict
    assert found.witness == "keras"
    assert any(str(name).startswith("re_lu") for name in nearest)
    assert any(str(name).endswith("(sums)") for name in nearest)


def test_folded_normalisation_is_found_again(converted_run: Path) -> None:
    """The convolution of an .onnx file gives what batch normalisation gives in Keras."""
    checks = localise_file(converted_run, "float32.onnx", ["reference"]).tensors
    convolutions = [str(check.counterpart) for check in checks if check.operator == "Conv"]

    assert len(convolutions) == 2
    assert all(name.startswith("batch_normalization") for name in convolutions)


def test_a_wrong_float_file_is_caught_by_keras_itself(followed: Path) -> None:
    data = (followed / "float32.tflite").read_bytes()
    weights = next(t.data for t in read_tflite(data).tensors if t.shape == (12, 3, 3, 8) and t.data is not None)
    turned = np.ascontiguousarray(weights.swapaxes(1, 2))
    (followed / "float32.tflite").write_bytes(data.replace(weights.tobytes(), turned.tobytes()))
    listed = manifest.describe(followed, "float32.tflite", "tflite", "float32")
    manifest.save(manifest.load(followed).with_files([listed]), followed)
    found = localise_file(followed, "float32.tflite", ["reference"])

    assert found.first is not None
    convolutions = [check for check in found.tensors if check.operator == "CONV_2D"]
    assert convolutions.index(found.first) == 1
    assert str(found.first.counterpart).startswith(("re_lu_1", "re_lu", "batch_normalization_1", "conv2d_1"))


def test_the_golden_frame_is_read_as_keras_reads_it(converted_run: Path) -> None:
    found = localise_file(converted_run, "int8.tflite", ["reference"])

    assert [stage.stage for stage in found.stages] == ["ink", "boxes", "glyphs", "probabilities", "text"]
    assert found.first_stage is None


def test_every_layer_of_another_kind_of_network_is_told(framework: ModuleType, tmp_path: Path) -> None:
    """Branches that are added, and activations inside layers."""
    from convert.keras_layers import tracer
    from convert.quiet import quiet

    layers = framework.layers
    image = framework.Input((28, 28, 1))
    left = layers.Conv2D(4, 3, padding="same", activation="relu", name="left")(image)
    right = layers.DepthwiseConv2D(3, padding="same", name="right")(left)
    joined = layers.ReLU(name="joined")(layers.Add(name="sum")([left, right]))
    output = layers.Dense(10, activation="softmax", name="output")(layers.GlobalAveragePooling2D(name="mean")(joined))
    model: Any = framework.Model(image, output)
    with quiet():
        model.save(tmp_path / "model.keras")
    described = manifest.Manifest("any", "2026-01-01T00:00:00Z", 0)
    file = manifest.describe(tmp_path, "model.keras", "keras", "float32")
    glyphs = np.random.default_rng(1).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    found = {named.name: named.values for named in tracer(tmp_path, described.with_files([file]))(glyphs)}

    assert list(found) == ["image", "left (sums)", "left", "right", "sum", "joined", "mean", "output (sums)", "output"]
    np.testing.assert_allclose(np.maximum(found["left (sums)"], 0), found["left"], atol=1e-6)
    np.testing.assert_allclose(found["left"] + found["right"], found["sum"], atol=1e-6)
    np.testing.assert_allclose(found["output"].sum(axis=1), 1, atol=1e-6)
    risen = np.exp(found["output (sums)"])
    np.testing.assert_allclose(risen / risen.sum(axis=1, keepdims=True), found["output"], atol=1e-6)


def test_what_is_no_digit_is_asked_and_compared(tiny_run: Path, tmp_path: Path, framework: ModuleType) -> None:  # noqa: ARG001
    """Keras' answers to a run's validation and background samples are kept, and every file is held to them."""
    from convert.pipeline import convert_run
    from convert.variants import choose_variants
    from runtime.npz import write_npz
    from runtime.verify import verify_folder

    run = Path(shutil.copytree(tiny_run, tmp_path / "tiny"))
    junk = np.random.default_rng(2).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    images = read_npz((run / "holdout.npz").read_bytes(), ("images", "labels"), run)
    mixed = {
        "images": np.concatenate([images["images"][:60], junk]),
        "labels": np.append(images["labels"][:60], [10] * 40),
    }
    write_npz(run / "validation.npz", {name: array.astype(np.uint8) for name, array in mixed.items()})
    write_npz(run / "background.npz", {"images": junk})
    listed = [manifest.describe(run, f"{name}.npz", "npz", name) for name in ("validation", "background")]
    manifest.save(manifest.load(run).with_files(listed), run)
    convert_run(run, choose_variants("float32.onnx"), static_batch=False, announce=lambda step, done: None)  # noqa: ARG005
    report = verify_folder(run, ["opencv"])

    assert report.passed
    compared = {check.data: check.comparison.samples for check in report.checks if check.comparison}
    assert compared == {"golden": 100, "holdout": 300, "validation": 100, "background": 40}
    assert report.samples == 300
