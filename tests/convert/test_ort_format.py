"""ONNX Runtime's own format: the graph and the metadata of the `.onnx` file that it is made from."""

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest

from runtime import manifest
from runtime.backends import open_backend, unsupported
from runtime.bundle import open_bundle, open_file
from runtime.errors import ModelError
from runtime.file_metadata import as_properties, describe_contents, read_contents
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.verify import verify_folder


@pytest.fixture
def convert(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - Keras must be loaded first
    from convert import ort_format

    return ort_format


@pytest.fixture
def folder(convert: ModuleType, bundle_folder: Path) -> Path:
    """The committed bundle with `.ort` files that say what they are."""
    described = manifest.load(bundle_folder)
    for variant in ("float32", "int8"):
        model = onnx.load(bundle_folder / f"{variant}.onnx")
        onnx.helper.set_model_props(model, as_properties(describe_contents(described)))
        (bundle_folder / f"{variant}.ort").write_bytes(convert.convert_to_ort(model.SerializeToString(), "x"))
    listed = [manifest.describe(bundle_folder, f"{variant}.ort", "ort", variant) for variant in ("float32", "int8")]
    manifest.save(described.with_files(listed), bundle_folder)
    return bundle_folder


def test_what_is_no_graph_is_refused(convert: ModuleType) -> None:
    with pytest.raises(ModelError, match=r"^int8\.ort: ONNX Runtime cannot write its own format"):
        convert.convert_to_ort(b"no graph", "int8.ort")


@pytest.mark.parametrize("variant", ["float32", "int8"])
def test_answers_are_those_of_the_graph(folder: Path, models: Path, variant: str) -> None:
    images = to_input(np.load(models / "holdout.npz")["images"][:50])
    bundle = open_bundle(folder)
    old, new = (bundle.manifest.find(kind, variant) for kind in ("onnx", "ort"))
    assert old is not None
    assert new is not None

    expected, given = (open_file(bundle, file, "onnxruntime").predict(images) for file in (old, new))
    assert np.abs(expected - given).max() < 1e-5
    assert read_contents((folder / new.path).read_bytes(), "ort", "x") == describe_contents(bundle.manifest)


def test_only_onnx_runtime_runs_it() -> None:
    file = ModelFile("ort", "int8", "int8.ort", "", 0)

    assert unsupported("onnxruntime", file) is None
    for engine in ("litert", "opencv", "reference"):
        assert "files only" in (unsupported(engine, file) or "")


def test_what_is_in_another_format_is_refused(models: Path) -> None:
    data = (models / "int8.tflite").read_bytes()
    file = ModelFile("ort", "int8", "int8.ort", sha256(data).hexdigest(), len(data))

    with pytest.raises(ModelError, match=r"int8\.ort"):
        open_backend(data, file, "onnxruntime")


def test_another_preprocessing_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    other = replace(bundle, manifest=replace(bundle.manifest, preprocess_version=7))
    file = other.manifest.find("ort", "float32")
    assert file is not None

    with pytest.raises(ModelError, match=r"float32\.ort: the file says preprocess_version 1, its manifest 7"):
        open_file(other, file, "onnxruntime")


def test_verification_knows_its_rounding_from_the_graph(folder: Path, models: Path) -> None:
    shutil.copy(models / "holdout.npz", folder)
    report = verify_folder(folder, ["onnxruntime"], data=folder / "holdout.npz")
    rows = {(check.file, check.data): check for check in report.checks}

    assert report.passed
    assert not [note for note in report.notes if "int8.ort" in note]
    assert rows["int8.ort", "golden"].resolution == rows["int8.onnx", "golden"].resolution


def test_without_the_graph_its_rounding_is_unknown(folder: Path) -> None:
    described = manifest.load(folder)
    files = tuple(file for file in described.files if file.path != "int8.onnx")
    manifest.save(replace(described, files=files), folder)

    notes = verify_folder(folder, ["onnxruntime"], samples=20).notes
    assert [note for note in notes if "int8.ort: its roundings are known from int8.onnx; convert to that too" in note]
