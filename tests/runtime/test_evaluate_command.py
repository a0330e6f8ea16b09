"""`digits evaluate` measures a bundle's file on IDX folders and .npz files."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from runtime import backends, manifest
from runtime.cli import main


def test_json_is_one_document(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["evaluate", "--json", "--bundle", str(models), "--backend", "opencv", str(models / "holdout.npz")])
    document = json.loads(capsys.readouterr().out)

    assert code == 0
    assert (document["schema"], document["file"], document["backend"]) == (
        "digits.evaluation/1",
        "float32.onnx",
        "opencv",
    )
    assert document["errors"] == manifest.load(models).training["test_errors"]
    assert document["samples"] == sum(result["samples"] for result in document["per_class"].values())


def test_people_get_a_table_on_stderr(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["evaluate", "--bundle", str(models), "--file", "float32.onnx", str(models / "holdout.npz")])
    shown = capsys.readouterr()

    assert code == 0
    assert shown.out == ""
    assert "wrong of 300" in shown.err
    assert "95 % interval" in shown.err


def test_folder_of_idx_files_and_archive_give_the_same(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(models / "holdout.npz") as holdout:
        for array, name in ((holdout["images"], "images-idx3-ubyte"), (holdout["labels"], "labels-idx1-ubyte")):
            header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            (tmp_path / f"t10k-{name}").write_bytes(header + array.tobytes())
    documents = []
    for data in (tmp_path, models / "holdout.npz"):
        main(["evaluate", "--json", "--bundle", str(models), str(data)])
        documents.append(json.loads(capsys.readouterr().out))

    assert documents[0] == documents[1]


def test_labels_without_a_sample_leave_the_table_whole(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "one.npz", images=np.zeros((1, 28, 28), np.uint8), labels=np.array([3]))

    assert main(["evaluate", "--bundle", str(models), str(tmp_path / "one.npz")]) == 0
    assert "of 1:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.npz"], 1, "nowhere.npz: cannot be read"),
        (["--file", "best.onnx", "{data}"], 2, "holds no converted file 'best.onnx'; it holds float32.tflite"),
        (["--backend", "torch", "{data}"], 2, "there is no engine 'torch'"),
        (["--backend", "opencv", "--file", "int8.tflite", "{data}"], 2, "opencv runs .onnx files only"),
        (["--threads", "0", "{data}"], 2, "expected a whole number of at least 1"),
        (["--bundle", "nowhere", "{data}"], 1, "no manifest.json here"),
    ],
    ids=["no data", "no file", "no engine", "no fit", "no threads", "no bundle"],
)
def test_mistakes_are_one_line(
    models: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    words = [word.format(data=models / "holdout.npz") for word in arguments]
    given = main(["evaluate", *(["--bundle", str(models)] if "--bundle" not in words else []), *words])
    shown = capsys.readouterr()

    assert (given, shown.out) == (code, "")
    assert message in shown.err
    assert shown.err.count("\n") == 1


def test_missing_engine_has_exit_code_3(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = next(engine for engine in backends.ENGINES if engine not in backends.installed())
    code = main(["evaluate", "--bundle", str(models), "--backend", missing, str(models / "holdout.npz")])

    assert code == 3
    assert "pip install" in capsys.readouterr().err
