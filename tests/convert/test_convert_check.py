"""`digits convert --check`: files that are made again, byte for byte, and what is told where they are not."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from runtime import manifest
from runtime.cli import main

KEPT = ("float32.tflite", "float32.onnx", "int8.onnx")


@pytest.fixture
def converted(framework: ModuleType, converted_run: Path, tmp_path: Path) -> Path:  # noqa: ARG001
    """A copy of the converted run with a few of its files, so that little is made again."""
    folder = Path(shutil.copytree(converted_run, tmp_path / "runs" / "tiny"))
    described = manifest.load(folder)
    others = {file.path for file in described.converted()} - set(KEPT)
    manifest.save(replace(described, files=tuple(f for f in described.files if f.path not in others)), folder)
    return folder


def change(folder: Path, path: str, **changes: object) -> None:
    """Give a file's record other fields."""
    described = manifest.load(folder)
    (file,) = (file for file in described.files if file.path == path)
    record = {**(file.conversion or {}), **changes}
    manifest.save(described.with_files([replace(file, conversion=record, sha256="0" * 64)]), folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_is_made_again_and_stays_as_it_is(converted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(converted)

    assert main(["convert", "--check", "--json", str(converted)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["passed"]) == ("digits.reproduction/1", True)
    assert [file["path"] for file in document["files"]] == list(KEPT)
    assert all(file["same"] and file["sha256"] == file["rebuilt_sha256"] for file in document["files"])
    assert contents(converted) == before
    assert [path.name for path in converted.parent.iterdir()] == ["tiny"]


def test_each_difference_is_named_with_what_explains_it(converted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = manifest.load(converted)
    versions = (described.converted()[1].conversion or {})["versions"]
    change(converted, "float32.tflite")
    change(converted, "float32.onnx", versions={**versions, "onnx": "1.0"}, keras="0")
    (file,) = (file for file in described.files if file.path == "int8.onnx")
    manifest.save(manifest.load(converted).with_files([replace(file, conversion=None)]), converted)

    assert main(["convert", "--check", "--json", str(converted)]) == 1
    files = {file["path"]: file for file in json.loads(capsys.readouterr().out)["files"]}
    assert not any(file["same"] for file in files.values())
    assert files["float32.tflite"]["reason"] == "the same model, images and versions gave other bytes"
    assert files["float32.onnx"]["reason"] == f"another Keras model; onnx 1.0 then, {versions['onnx']} now"
    assert files["int8.onnx"]["reason"] == "it was made before this program recorded how; convert it anew"
    assert files["int8.onnx"]["rebuilt_sha256"] is None


def test_people_are_told_in_a_table(converted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = manifest.load(converted)
    manifest.save(described.with_files(replace(f, conversion=None) for f in described.converted()), converted)

    assert main(["convert", "--check", str(converted)]) == 1
    assert "not the same: float32.tflite, float32.onnx, int8.onnx" in capsys.readouterr().err


def test_an_ort_file_is_compared_by_the_graph_that_it_was_made_from(
    converted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "--recipe", "float32.ort", "--json", str(converted)]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    described = manifest.load(converted)
    kept = tuple(f for f in described.files if f.format not in ("tflite", "onnx"))
    manifest.save(replace(described, files=kept), converted)

    assert main(["convert", "--check", "--json", str(converted)]) == 0
    (again,) = json.loads(capsys.readouterr().out)["files"]
    assert again["same"] is True
    assert again["sha256"] == again["rebuilt_sha256"] == file["conversion"]["graph_sha256"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"recipe": "int8"}, "the record of float32.tflite: expected a JSON object of schema"),
        ({"recipe": None}, "the record of float32.tflite: expected a JSON object of schema"),
    ],
    ids=["a text", "nothing"],
)
def test_a_damaged_record_is_one_line(
    converted: Path, capsys: pytest.CaptureFixture[str], record: dict[str, object], message: str
) -> None:
    change(converted, "float32.tflite", **record)

    assert main(["convert", "--check", str(converted)]) == 1
    assert message in capsys.readouterr().err


def test_a_record_of_another_file_is_refused(converted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = manifest.load(converted)
    change(converted, "float32.tflite", recipe=(described.converted()[1].conversion or {})["recipe"])

    assert main(["convert", "--check", str(converted)]) == 1
    assert "the record of float32.tflite is that of float32.onnx; convert it anew" in capsys.readouterr().err


@pytest.mark.usefixtures("framework")
def test_a_run_without_converted_files_says_so(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--check", str(run)]) == 1
    assert "lists no converted file; run digits convert on it first" in capsys.readouterr().err
