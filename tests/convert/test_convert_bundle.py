"""Bundles hold what a device needs and nothing else."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from convert.pack import pack_bundle
from runtime import manifest
from runtime.bundle import open_bundle, open_model
from runtime.cli import main
from runtime.errors import InputError, ModelError, UsageError
from runtime.verify import verify_folder

FILES = ["int8.tflite", "float32.tflite", "float32.onnx"]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_bundle_opens_answers_and_verifies(converted_run: Path, tmp_path: Path) -> None:
    pack_bundle(converted_run, tmp_path / "bundle", FILES)
    bundle = open_bundle(tmp_path / "bundle")
    file, backend = open_model(bundle)

    assert names(bundle.folder) == {"manifest.json", "golden.npz", "reference.npz", "frame.npz", *FILES}
    assert [entry.path for entry in bundle.manifest.converted()] == FILES
    assert file.path == "int8.tflite"
    assert backend.predict(np.zeros((2, 28, 28, 1), np.float32)).shape == (2, 10)
    assert verify_folder(bundle.folder).passed


def test_a_bundle_carries_no_picture_of_the_holdout(converted_run: Path, tmp_path: Path) -> None:
    pack_bundle(converted_run, tmp_path / "bundle", ["float32.onnx"])

    with np.load(tmp_path / "bundle" / "reference.npz") as reference:
        assert set(reference) == {"probabilities", "labels", "images_sha256", "keras_sha256"}
    with np.load(tmp_path / "bundle" / "golden.npz") as golden, np.load(converted_run / "drawn.npz") as drawn:
        assert (golden["images"] == drawn["images"]).all()


def test_the_manifest_says_the_same_of_the_model(converted_run: Path, tmp_path: Path) -> None:
    packed = pack_bundle(converted_run, tmp_path / "bundle", FILES)
    whole = manifest.load(converted_run)

    assert packed == manifest.load(tmp_path / "bundle")
    assert (packed.name, packed.parameters, packed.training) == (whole.name, whole.parameters, whole.training)
    assert set(packed.files) < set(whole.files)


def test_the_same_run_gives_the_same_bundle(converted_run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack_bundle(converted_run, tmp_path / name, FILES)

    assert open_bundle(tmp_path / "a").sha256 == open_bundle(tmp_path / "b").sha256


def test_an_older_bundle_is_replaced_as_a_whole(converted_run: Path, tmp_path: Path) -> None:
    pack_bundle(converted_run, tmp_path / "bundle", FILES)
    pack_bundle(converted_run, tmp_path / "bundle", ["float32.onnx"])

    assert names(tmp_path / "bundle") == {"manifest.json", "golden.npz", "reference.npz", "frame.npz", "float32.onnx"}
    assert names(tmp_path) == {"bundle"}


def test_an_empty_folder_is_taken(converted_run: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    pack_bundle(converted_run, tmp_path / "bundle", ["float32.onnx"])

    assert "manifest.json" in names(tmp_path / "bundle")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["int4.tflite"], r"no converted file int4\.tflite; it has float32\.tflite, "),
        (["model.keras"], r"no converted file model\.keras"),
        (["float32.onnx", "golden.npz"], r"no converted file golden\.npz"),
        ([], "no converted file was named; it has"),
    ],
    ids=["unknown", "not the Keras model", "not an array file", "none"],
)
def test_only_converted_files_are_packed(converted_run: Path, tmp_path: Path, files: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        pack_bundle(converted_run, tmp_path / "bundle", files)

    assert names(tmp_path) == set()


def test_a_run_that_was_not_converted_says_so(tiny_run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no converted file float32\.onnx; it has none; convert it first"):
        pack_bundle(tiny_run, tmp_path / "bundle", ["float32.onnx"])


def test_a_damaged_file_is_never_packed(converted_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(converted_run, tmp_path / "run"))
    (run / "float32.onnx").write_bytes(b"damaged")
    pack_bundle(run, tmp_path / "bundle", ["int8.tflite"])

    with pytest.raises(ModelError, match=r"float32\.onnx: the manifest says"):
        pack_bundle(run, tmp_path / "bundle", ["float32.onnx"])

    assert "int8.tflite" in names(tmp_path / "bundle")
    assert names(tmp_path) == {"run", "bundle"}


def test_nothing_but_a_bundle_is_replaced(converted_run: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work")

    with pytest.raises(UsageError, match="exists and is no bundle; name another folder"):
        pack_bundle(converted_run, tmp_path / "thesis", FILES)

    assert names(tmp_path / "thesis") == {"chapter1.txt"}


def test_a_folder_with_another_programs_manifest_is_left_alone(models: Path, tmp_path: Path) -> None:
    web = tmp_path / "web"
    web.mkdir()
    (web / "manifest.json").write_text('{"name": "app"}')
    (web / "index.html").write_text("years of work")

    with pytest.raises(UsageError, match="exists and is no bundle"):
        pack_bundle(models, web, ["int8.tflite"])
    pack_bundle(models, tmp_path / "bundle", ["int8.tflite"])
    (tmp_path / "bundle" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds notes\.txt, which is no part of a bundle"):
        pack_bundle(models, tmp_path / "bundle", ["int8.tflite"])

    assert names(web) == {"manifest.json", "index.html"}
    assert "notes.txt" in names(tmp_path / "bundle")


def test_the_present_folder_is_taken(converted_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle").mkdir()
    monkeypatch.chdir(tmp_path / "bundle")
    pack_bundle(converted_run, Path(), ["float32.onnx"])

    assert "float32.onnx" in names(tmp_path / "bundle")


def test_a_run_is_never_replaced(converted_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(converted_run, tmp_path / "runs" / "one"))
    other = Path(shutil.copytree(converted_run, tmp_path / "runs" / "two"))

    for target in (run, run.parent, other):
        with pytest.raises(UsageError, match="name another folder"):
            pack_bundle(run, target, FILES)
    assert (run / "model.keras").exists()
    assert (other / "model.keras").exists()


def test_the_command_says_what_it_packed(
    converted_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bundle", str(converted_run), str(tmp_path / "a"), "--files", "int8.tflite, float32.onnx"]) == 0
    out, talk = capsys.readouterr()
    assert out == ""
    assert talk.startswith(f"{tmp_path}/a: int8.tflite, float32.onnx, golden.npz, reference.npz, frame.npz (")

    assert main(["bundle", str(converted_run), str(tmp_path / "b"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "digits.bundle/1"
    assert document["sha256"] == open_bundle(tmp_path / "b").sha256
    assert [file["path"] for file in document["files"]] == [*FILES, "golden.npz", "reference.npz", "frame.npz"]


def measured(run: Path, sha256: str) -> None:
    """Leave a measurement in the run, made of the run with this fingerprint."""
    counted = {"errors": 4, "samples": 200}
    document = {
        "schema": "digits.measurement/1",
        "manifest_sha256": sha256,
        "multiply_adds": 99,
        "files": [{"file": "keras", "samples": 300, "errors": 5}, {"file": "int8.tflite", "samples": 300, "errors": 6}],
        "sets": [{"name": name, "samples": 200, "int8.tflite": counted} for name in ("strangers", "photographs")],
        "published": {"accepted": {"generated": 0.02}},
    }
    (run / "measurement.json").write_text(json.dumps(document))


def test_a_bundle_tells_what_its_run_was_measured_to_be(converted_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(converted_run, tmp_path / "run"))
    measured(run, manifest.fingerprint(run))

    found = pack_bundle(run, tmp_path / "bundle", FILES).training["measured"]

    assert found["test"] == {"samples": 300, "errors": 6}
    assert found["photographs"] == found["sets"]["strangers"] == {"samples": 200, "errors": 4}
    assert (found["junk_published"], found["multiply_adds"]) == ({"generated": 0.02}, 99)
    assert open_bundle(tmp_path / "bundle").manifest.training["measured"] == found


def test_a_measurement_of_another_run_is_left_out(converted_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(converted_run, tmp_path / "run"))
    measured(run, "another")

    assert "measured" not in pack_bundle(run, tmp_path / "bundle", FILES).training


def test_a_damaged_measurement_is_refused(converted_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(converted_run, tmp_path / "run"))
    (run / "measurement.json").write_text("{")

    with pytest.raises(InputError, match="no readable measurement"):
        pack_bundle(run, tmp_path / "bundle", FILES)


def test_a_bundle_takes_a_name_of_its_own(converted_run: Path, tmp_path: Path) -> None:
    assert main(["bundle", str(converted_run), str(tmp_path / "bundle"), "--name", "edge-nano"]) == 0

    assert open_bundle(tmp_path / "bundle").manifest.name == "edge-nano"
