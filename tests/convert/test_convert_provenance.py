"""The record of a conversion: the same model has the same hash however often it is saved, and another has another."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from convert.quiet import quiet
from convert.variants import choose_recipes
from runtime import manifest


@pytest.fixture
def provenance(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - Keras must be loaded first
    from convert import provenance

    return provenance


def test_a_model_keeps_its_hash_when_it_is_saved_again(
    provenance: ModuleType, framework: ModuleType, tiny_run: Path, tmp_path: Path
) -> None:
    first = framework.saving.load_model(tiny_run / "model.keras", compile=False)
    with quiet():
        first.save(tmp_path / "again.keras")
    again = framework.saving.load_model(tmp_path / "again.keras")

    assert provenance.hash_model(first) == provenance.hash_model(again)
    weights = again.get_weights()
    weights[-1][0] += 1e-6
    again.set_weights(weights)
    assert provenance.hash_model(first) != provenance.hash_model(again)


def test_another_configuration_with_the_same_weights_has_another_hash(
    provenance: ModuleType, framework: ModuleType
) -> None:
    def build(activation: str) -> Any:  # noqa: ANN401
        layer = framework.layers.Dense(2, activation=activation, kernel_initializer="ones", name="only")
        return framework.Sequential([framework.Input((3,), name="taken"), layer], name="model")

    assert provenance.hash_model(build("relu")) == provenance.hash_model(build("relu"))
    assert provenance.hash_model(build("relu")) != provenance.hash_model(build("tanh"))


def test_every_converted_file_is_recorded(provenance: ModuleType, converted_run: Path) -> None:
    described = manifest.load(converted_run)
    records = {file.path: file.conversion or {} for file in described.converted()}
    images = np.load(converted_run / "calibration.npz")["images"]

    assert len({record["keras"] for record in records.values()}) == 1
    for path, record in records.items():
        (recipe,) = choose_recipes([path])
        assert record["recipe"] == recipe.to_document()
        assert record["static_batch"] is False
        assert record["versions"] == provenance.find_versions(recipe)
        assert "unknown" not in record["versions"].values()
        expected = provenance.describe_images(images) if recipe.calibration else None
        assert record.get("calibration") == expected
    assert set(records["int8.onnx"]["versions"]) >= {"digits", "tensorflow", "keras", "numpy", "onnx", "onnxruntime"}
    json.dumps(records)


def test_other_versions_are_told(provenance: ModuleType) -> None:
    (recipe,) = choose_recipes(["float32.onnx"])
    versions = provenance.find_versions(recipe)
    record = {"versions": {**versions, "onnx": "1.0", "gone": "2"}}

    assert provenance.changed_versions({"versions": versions}, recipe) == {}
    assert provenance.changed_versions(record, recipe) == {"onnx": ("1.0", versions["onnx"])}
    assert provenance.changed_versions({}, recipe).keys() == versions.keys()


def test_the_quantiser_is_named_where_it_takes_part(provenance: ModuleType) -> None:
    with_it, without = choose_recipes(["weights8.tflite", "int8.tflite"])

    assert "ai-edge-quantizer" in provenance.find_versions(with_it)
    assert "ai-edge-quantizer" not in provenance.find_versions(without)
