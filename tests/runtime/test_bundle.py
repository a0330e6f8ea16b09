"""Which file and which engine are used, and what is refused before an engine sees it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runtime import backends, manifest
from runtime.bundle import Bundle, choose, open_bundle, open_file, open_model
from runtime.errors import MissingEngine, ModelError, UsageError

INSTALLED = backends.installed()
Replace = Callable[[Path, str, bytes], None]


def keep(folder: Path, *paths: str) -> Bundle:
    """The bundle with only these converted files listed."""
    listed = manifest.load(folder)
    files = tuple(file for file in listed.files if file.path in paths or file.format == "npz")
    document = json.loads((folder / manifest.FILE_NAME).read_text())
    document["files"] = [entry for entry in document["files"] if entry["path"] in {file.path for file in files}]
    (folder / manifest.FILE_NAME).write_text(json.dumps(document))
    return open_bundle(folder)


def test_bundle_is_named_by_its_manifest(bundle_folder: Path) -> None:
    opened = open_bundle(bundle_folder)

    assert opened.folder == bundle_folder
    assert opened.manifest.name == "tiny"
    assert opened.sha256 == manifest.fingerprint(bundle_folder)


def test_first_installed_engine_gets_its_best_file(bundle_folder: Path) -> None:
    file, engine = choose(open_bundle(bundle_folder))

    assert engine == INSTALLED[0]
    assert file.path == ("int8.tflite" if engine in ("litert", "tflite-runtime") else "float32.onnx")


@pytest.mark.parametrize(
    ("engine", "path"),
    [
        ("litert", "int8.tflite"),
        ("tflite-runtime", "int8.tflite"),
        ("onnxruntime", "float32.onnx"),
        ("opencv", "float32.onnx"),
    ],
)
def test_engine_asked_for_is_used_or_an_error(bundle_folder: Path, engine: str, path: str) -> None:
    bundle = open_bundle(bundle_folder)
    if engine in INSTALLED:
        file, backend = open_model(bundle, engine)

        assert (file.path, backend.engine) == (path, engine)
    else:
        with pytest.raises(MissingEngine, match=f"the engine {engine} is not installed"):
            open_model(bundle, engine)


@pytest.mark.parametrize("path", ["float32.onnx", "float32.tflite", "int8.tflite"])
def test_file_asked_for_is_used(bundle_folder: Path, path: str) -> None:
    file, backend = open_model(open_bundle(bundle_folder), file=path)

    assert file.path == path
    assert backend.engine in INSTALLED


def test_file_that_is_not_there_is_a_usage_error_with_those_that_are(bundle_folder: Path) -> None:
    bundle = keep(bundle_folder, "int8.tflite", "float32.onnx")

    with pytest.raises(UsageError, match=r"no converted file 'best\.tflite'; it holds int8\.tflite, float32\.onnx"):
        choose(bundle, file="best.tflite")


def test_engine_and_file_that_do_not_fit_are_a_usage_error(bundle_folder: Path) -> None:
    with pytest.raises(UsageError, match=r"opencv cannot run int8\.tflite: opencv runs \.onnx files only"):
        choose(open_bundle(bundle_folder), "opencv", "int8.tflite")


def test_engine_that_runs_none_of_the_files_is_a_usage_error_with_the_reasons(bundle_folder: Path) -> None:
    with pytest.raises(UsageError, match=r"opencv cannot run .*uint8\.tflite: opencv runs \.onnx files only"):
        choose(keep(bundle_folder, "int8.tflite", "uint8.tflite"), "opencv")


def test_our_own_engine_runs_what_no_installed_one_does(bundle_folder: Path) -> None:
    path, able = "dynamic.tflite", "litert"  # tflite-runtime does not run it
    if able in INSTALLED:
        pytest.skip("an engine for this file is installed")

    file, engine = choose(keep(bundle_folder, path))

    assert (file.path, engine) == (path, "reference")


def test_next_engine_is_taken_where_the_first_has_no_file(bundle_folder: Path) -> None:
    file, engine = choose(keep(bundle_folder, "float32.onnx"))

    assert (file.path, engine) == (
        "float32.onnx",
        next(name for name in INSTALLED if name in ("onnxruntime", "opencv")),
    )


def test_bundle_without_converted_files_says_what_to_run(bundle_folder: Path) -> None:
    with pytest.raises(ModelError, match="lists no converted file; run digits convert"):
        choose(keep(bundle_folder))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), r"the manifest says \d+ bytes, the file has \d+"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "the manifest says sha256 .*, the file has"),
        (lambda path: path.unlink(), "listed in the manifest but not readable"),
    ],
    ids=["truncated", "changed", "gone"],
)
def test_damaged_file_is_refused_with_both_values(
    bundle_folder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(bundle_folder / "float32.onnx")

    with pytest.raises(ModelError, match=message):
        open_model(open_bundle(bundle_folder), file="float32.onnx")


def test_file_with_other_classes_than_the_manifest_is_refused(bundle_folder: Path) -> None:
    path = bundle_folder / manifest.FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"classes": [*"0123456789", "not a digit"]}))

    with pytest.raises(ModelError, match="the manifest has 11 classes, the file 10"):
        open_model(open_bundle(bundle_folder))


def test_file_with_another_input_than_the_manifest_is_refused(bundle_folder: Path) -> None:
    path = bundle_folder / manifest.FILE_NAME
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"input": document["input"] | {"shape": [28, 28, 3]}}))

    with pytest.raises(ModelError, match=r"the manifest has input \(28, 28, 3\), the file another"):
        open_model(open_bundle(bundle_folder), file="float32.onnx")


def test_other_preprocessing_version_is_refused_with_both_values(bundle_folder: Path) -> None:
    path = bundle_folder / manifest.FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"preprocess_version": 99}))

    with pytest.raises(ModelError, match=r"this program has preprocessing version .*, the model was made for 99"):
        open_bundle(bundle_folder)


def test_file_without_a_softmax_is_refused_when_it_is_opened(
    bundle_folder: Path, models: Path, replace_file: Replace
) -> None:
    replace_file(bundle_folder, "float32.onnx", (models / "strangers" / "logits.onnx").read_bytes())
    bundle = open_bundle(bundle_folder)

    with pytest.raises(ModelError, match=r"float32\.onnx: its answers are no probabilities"):
        open_file(bundle, next(f for f in bundle.manifest.files if f.path == "float32.onnx"), "opencv")


def test_files_may_stand_in_folders(bundle_folder: Path, models: Path) -> None:
    shutil.copytree(models / "static", bundle_folder / "static")
    moved = manifest.describe(bundle_folder, "static/float32.onnx", "onnx", "float32")
    manifest.save(manifest.load(bundle_folder).with_files([moved]), bundle_folder)
    _, backend = open_model(open_bundle(bundle_folder), "opencv", "static/float32.onnx")

    assert backend.predict(np.zeros((3, 28, 28, 1), np.float32)).shape == (3, 10)
