"""The manifest is opened first, and nothing that does not fit it is used."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime import manifest, preprocess
from runtime.calibration import Calibration
from runtime.errors import ModelError
from runtime.manifest import Manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one listed file."""
    (tmp_path / "int8.tflite").write_bytes(b"contents")
    listed = Manifest(
        "edge", manifest.now(), 30_102, files=(manifest.describe(tmp_path, "int8.tflite", "tflite", "int8"),)
    )
    manifest.save(listed, tmp_path)
    return tmp_path


def edit(folder: Path, **changes: object) -> None:
    path = folder / manifest.FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def entry(folder: Path, **changes: object) -> list[dict[str, Any]]:
    document = json.loads((folder / manifest.FILE_NAME).read_text())
    return [document["files"][0] | changes]


def test_saved_manifest_loads_as_it_was(folder: Path) -> None:
    loaded = manifest.load(folder)

    assert loaded.name == "edge"
    assert loaded.parameters == 30_102
    assert loaded.classes == tuple("0123456789")
    assert manifest.read_file(folder, loaded.files[0]) == b"contents"


def test_document_follows_the_contract(folder: Path) -> None:
    document = json.loads((folder / manifest.FILE_NAME).read_text())

    assert document["schema"] == "digits.manifest/1"
    assert document["input"] == {"shape": [28, 28, 1], "dtype": "float32", "range": [0, 1]}
    assert set(document["files"][0]) == {"format", "variant", "path", "sha256", "size"}
    assert {"name", "created", "preprocess_version", "classes", "parameters", "training", "thresholds"} <= set(document)


def test_models_of_another_kind_are_described(folder: Path) -> None:
    classes = ("zero", "one", "neither")
    listed = replace(manifest.load(folder), input_shape=(32, 20, 3), ground="light", classes=classes)
    manifest.save(listed, folder)
    document = json.loads((folder / manifest.FILE_NAME).read_text())
    loaded = manifest.load(folder)

    assert document["input"] == {"shape": [32, 20, 3], "dtype": "float32", "range": [0, 1], "ground": "light"}
    assert (loaded.input_shape, loaded.ground, loaded.classes, loaded.known) == ((32, 20, 3), "light", classes, 3)
    assert loaded.picture_shape == (32, 20, 3)
    assert replace(loaded, input_shape=(32, 20, 1)).picture_shape == (32, 20)


@pytest.mark.parametrize(
    ("changes", "reads", "known"),
    [
        ({}, True, 10),
        ({"classes": (*"0123456789", "not a digit")}, True, 10),
        ({"classes": tuple("0123456789a")}, False, 11),
        ({"classes": tuple("abcdefghij")}, False, 10),
        ({"classes": tuple("01")}, False, 2),
        ({"input_shape": (32, 32, 1)}, False, 10),
        ({"input_shape": (28, 28, 3)}, False, 10),
        ({"ground": "light"}, False, 10),
    ],
    ids=["digits", "and none", "eleven others", "letters", "two", "larger", "coloured", "light ground"],
)
def test_pages_are_read_with_models_for_digits_alone(
    folder: Path, changes: dict[str, Any], reads: bool, known: int
) -> None:
    described = replace(manifest.load(folder), **changes)

    assert (described.reads_digits, described.known) == (reads, known)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": {"shape": [28, 28, 2], "dtype": "float32", "range": [0, 1]}}, "1 or 3 channels"),
        ({"input": {"shape": [28, 1000, 1], "dtype": "float32", "range": [0, 1]}}, "8 to 128 pixels a side"),
        ({"input": {"shape": [28, 28], "dtype": "float32", "range": [0, 1]}}, "a field is missing or wrong"),
        ({"input": {"shape": [28, 28, 1], "dtype": "float32", "range": [0, 255]}}, "expected input"),
        ({"input": {"shape": [28, 28, 1], "dtype": "float32", "range": [0, 1], "ground": "red"}}, "expected input"),
        ({"input": [28, 28, 1]}, "a field is missing or wrong"),
        ({"classes": ["one"]}, "expected 2 to 100 classes"),
        ({"classes": [str(number) for number in range(101)]}, "expected 2 to 100 classes"),
        ({"classes": ["not a digit", "one"]}, "after the classes 0 to 9 alone"),
        ({"classes": ["one", ""]}, "1 to 40 printable characters"),
        ({"classes": ["one", "\x1b[2J"]}, "1 to 40 printable characters"),
        ({"classes": ["one", "x" * 41]}, "1 to 40 printable characters"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_inputs_and_classes_that_no_model_has_are_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)

    with pytest.raises(ModelError, match=message):
        manifest.load(folder)


def test_eleven_classes_are_allowed(folder: Path) -> None:
    edit(folder, classes=[*"0123456789", "not a digit"])

    assert manifest.load(folder).classes[10] == "not a digit"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "digits.manifest/9"}, "expected schema 'digits.manifest/1', got 'digits.manifest/9'"),
        ({"preprocess_version": 99}, f"preprocessing version {preprocess.VERSION}, the model was made for 99"),
        ({"input": {"shape": [32, 32, 3]}}, "expected input"),
        ({"classes": ["a", "a"]}, "expected 2 to 100 classes with names of their own"),
        ({"parameters": "many"}, "a field is missing or wrong"),
        ({"files": [{}]}, "a field is missing or wrong"),
        ({"files": None}, "a field is missing or wrong"),
        ({"thresholds": [1]}, "a field is missing or wrong"),
        ({"parameters": float("inf")}, "a field is missing or wrong"),
        ({"thresholds": {"confidence": float("nan")}}, "expected thresholds from 0 to 1, got {'confidence': nan}"),
        ({"thresholds": {"sure": 5}}, "expected thresholds from 0 to 1, got {'sure': 5.0}"),
    ],
    ids=[
        *("schema", "preprocessing", "input", "classes", "parameters", "empty entry", "no files", "thresholds"),
        *("infinite", "no number", "above 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_values(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)

    with pytest.raises(ModelError, match=message.replace("(", r"\(")):
        manifest.load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "\x1b[2Jedge"}, "without control characters"),
        ({"name": "edge\nbase"}, "without control characters"),
        ({"name": "x" * 100_000}, "1 to 255 characters"),
        ({"name": ""}, "1 to 255 characters"),
        ({"name": 5}, "1 to 255 characters"),
        ({"created": "yesterday"}, "a field is missing or wrong"),
        ({"created": 2026}, "a field is missing or wrong"),
        ({"parameters": -5}, "parameters, got -5"),
        ({"parameters": "12"}, "parameters, got '12'"),
        ({"parameters": True}, "parameters, got True"),
        ({"parameters": 10**400}, "expected 0 to 1,000,000,000,000 parameters"),
        ({"training": {"accuracy": float("nan")}}, "a field is missing or wrong"),
        ({"training": {"deep": [float("inf")]}}, "a field is missing or wrong"),
        ({"input": {"shape": [28, 28, 1], "dtype": "x" * 100_000, "range": [0, 1]}}, "expected input"),
    ],
    ids=[
        *("escape", "line break", "long name", "no name", "number as name", "no moment", "number as moment"),
        *("negative", "text", "truth", "huge", "no figure", "infinite figure", "long type"),
    ],
)
def test_what_would_harm_whoever_is_told_is_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)

    with pytest.raises(ModelError, match=message) as caught:
        manifest.load(folder)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("edge", "edge"),
        ("[bold] Über", "[bold] Über"),
        ("a\x1bb", r"a\x1bb"),
        ("\udcff", r"\udcff"),
        ("x" * 300, "x" * 255),
    ],
    ids=["usual", "odd", "escape", "no UTF-8", "long"],
)
def test_models_are_called_what_can_be_shown(tmp_path: Path, text: str, name: str) -> None:
    assert manifest.title(text) == name
    manifest.save(Manifest(manifest.title(text), manifest.now(), 1), tmp_path)
    assert manifest.load(tmp_path).name == name


def test_a_path_through_a_file_is_no_folder(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"int8\.tflite: no manifest\.json here"):
        manifest.load(folder / "int8.tflite")


FITTED = {"temperature": 0.59, "confidence": 0.85, "sure": 0.98, "rejection": 1.5}


def test_a_calibration_travels_with_its_file(folder: Path) -> None:
    listed = manifest.load(folder)
    manifest.save(listed.with_files([replace(listed.files[0], calibration=Calibration(**FITTED))]), folder)
    document = json.loads((folder / manifest.FILE_NAME).read_text())
    loaded = manifest.load(folder)

    assert document["files"][0]["calibration"] == FITTED
    assert loaded.files[0].calibration == Calibration(**FITTED)
    assert loaded.calibration(loaded.files[0]) == Calibration(**FITTED)


def test_a_calibration_from_before_rejection_was_fitted_has_none(folder: Path) -> None:
    edit(folder, files=entry(folder, calibration={"temperature": 0.59, "confidence": 0.85, "sure": 0.98}))

    assert manifest.load(folder).files[0].calibration == Calibration(0.59, 0.85, 0.98)


def test_the_record_of_a_conversion_travels_with_its_file(folder: Path) -> None:
    record = {"recipe": {"schema": "digits.recipe/1"}, "keras": "ab", "versions": {"keras": "3"}, "static_batch": False}
    listed = manifest.load(folder)
    manifest.save(listed.with_files([replace(listed.files[0], conversion=record)]), folder)

    document = json.loads((folder / "manifest.json").read_text())
    assert document["files"][0]["conversion"] == record == manifest.load(folder).files[0].conversion
    assert listed.files[0].conversion is None
    assert len({manifest.load(folder).files[0], listed.files[0]}) == 2  # with a record it still has a hash


@pytest.mark.parametrize("record", ["made", 5, [1, 2, 3], True])
def test_a_record_of_another_kind_is_refused(folder: Path, record: object) -> None:
    edit(folder, files=entry(folder, conversion=record))

    with pytest.raises(ModelError, match="a field is missing or wrong"):
        manifest.load(folder)


def test_a_file_without_calibration_has_the_models_thresholds(folder: Path) -> None:
    edit(folder, thresholds={"confidence": 0.7, "sure": 0.8})
    loaded = manifest.load(folder)

    assert loaded.files[0].calibration is None
    assert loaded.calibration(loaded.files[0]) == Calibration(1.0, 0.7, 0.8)


def test_a_manifest_without_thresholds_publishes_everything(folder: Path) -> None:
    loaded = manifest.load(folder)

    assert loaded.calibration(loaded.files[0]) == Calibration(1.0, 0.0, 0.9) == Calibration()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0}, "int8.tflite: expected a temperature from 0.1 to 10, got 0.0"),
        ({"temperature": float("nan")}, "expected a temperature from 0.1 to 10, got nan"),
        ({"temperature": 1e9}, "expected a temperature from 0.1 to 10, got 1000000000.0"),
        ({"rejection": -9}, "expected a rejection from -8 to 8, got -9.0"),
        ({"rejection": float("nan")}, "expected a rejection from -8 to 8, got nan"),
        ({"confidence": 1.5}, "expected the threshold 'confidence' from 0 to 1, got 1.5"),
        ({"sure": -0.1}, "expected the threshold 'sure' from 0 to 1, got -0.1"),
        ({"sure": float("nan")}, "expected the threshold 'sure' from 0 to 1, got nan"),
        ({"temperature": "warm"}, "a field is missing or wrong"),
        ({"confidence": None}, "a field is missing or wrong"),
    ],
    ids=[
        "cold",
        "no temperature",
        "hot",
        "nothing rejected",
        "no rejection",
        "above 1",
        "below 0",
        "no number",
        "text",
        "nothing",
    ],
)
def test_a_calibration_that_cannot_be_is_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, files=entry(folder, calibration=FITTED | changes))

    with pytest.raises(ModelError, match=message):
        manifest.load(folder)


@pytest.mark.parametrize("calibration", [{}, {"temperature": 1}, [1, 2, 3], "fitted", 5])
def test_half_a_calibration_is_refused(folder: Path, calibration: object) -> None:
    edit(folder, files=entry(folder, calibration=calibration))

    with pytest.raises(ModelError, match="a field is missing or wrong"):
        manifest.load(folder)


def test_fields_of_later_programs_are_passed_over(folder: Path) -> None:
    edit(folder, files=entry(folder, calibration=FITTED | {"method": "energy"}, comment="best"))

    assert manifest.load(folder).files[0].calibration == Calibration(**FITTED)


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "a/../../b", ""], ids=["up", "absolute", "winding", "empty"]
)
def test_paths_out_of_the_bundle_are_refused(folder: Path, path: str) -> None:
    edit(folder, files=entry(folder, path=path))

    with pytest.raises(ModelError, match="leads out of the bundle"):
        manifest.load(folder)


@pytest.mark.parametrize("changes", [{"size": "8"}, {"sha256": 5}], ids=["size", "hash"])
def test_entries_of_the_wrong_kind_are_refused(folder: Path, changes: dict[str, Any]) -> None:
    edit(folder, files=entry(folder, **changes))

    with pytest.raises(ModelError, match="wrong kind"):
        manifest.load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "a\0b"}, "expected a file's name, got 'a.x00b'"),
        ({"path": "a\x1b[31mb"}, "expected a file's name"),
        ({"path": "a\nb"}, "expected a file's name"),
        ({"path": "\udc80"}, "expected a file's name"),
        ({"path": "x" * 5000}, "expected a file's name, got 'x{200}'$"),
        ({"format": "exe"}, "of a format tflite, onnx, ort, keras, npz, got 'exe'"),
        ({"variant": "int8\x1b[2J"}, "expected a variant's name"),
        ({"variant": "x" * 5000}, "expected a variant's name, got 'x{200}'$"),
        ({"size": -1}, "to have at most 1073741824 bytes, got -1"),
        ({"size": 2**40}, "got 1099511627776"),
    ],
    ids=[
        "zero byte",
        "escape",
        "line break",
        "half a character",
        "long",
        "format",
        "steering variant",
        "long variant",
        "negative",
        "terabyte",
    ],
)
def test_entries_that_cannot_be_are_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, files=entry(folder, **changes))

    with pytest.raises(ModelError, match=message):
        manifest.load(folder)


def test_a_file_that_is_listed_twice_is_refused(folder: Path) -> None:
    edit(folder, files=entry(folder) * 2)

    with pytest.raises(ModelError, match="listed twice"):
        manifest.load(folder)


def test_a_manifest_without_an_end_is_not_waited_for(folder: Path) -> None:
    (folder / manifest.FILE_NAME).unlink()
    os.mkfifo(folder / manifest.FILE_NAME)

    with pytest.raises(ModelError, match="not a regular file"):
        manifest.load(folder)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
@pytest.mark.parametrize(("size", "message"), [(8, "the file has 0"), (0, "says sha256")], ids=["sized", "empty"])
def test_a_link_to_a_device_is_not_read(folder: Path, size: int, message: str) -> None:
    (folder / "int8.tflite").unlink()
    (folder / "int8.tflite").symlink_to("/dev/zero")
    edit(folder, files=entry(folder, size=size))

    with pytest.raises(ModelError, match=message):
        manifest.read_file(folder, manifest.load(folder).files[0])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "nonsense", "[" * 100_000], ids=["empty", "truncated", "list", "not JSON", "nested"]
)
def test_damaged_manifest_is_one_clear_error(folder: Path, text: str) -> None:
    (folder / manifest.FILE_NAME).write_text(text)

    with pytest.raises(ModelError, match="manifest"):
        manifest.load(folder)


def test_huge_manifest_is_not_read(folder: Path) -> None:
    (folder / manifest.FILE_NAME).write_bytes(b" " * (manifest.SIZE_LIMIT + 1))

    with pytest.raises(ModelError, match="too large"):
        manifest.load(folder)


def test_folder_without_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a run folder or a bundle"):
        manifest.load(tmp_path)


@pytest.mark.parametrize(
    ("contents", "message"),
    [(b"longer contents", "says 8 bytes, the file has 15"), (b"cOntents", "says sha256")],
    ids=["size", "hash"],
)
def test_changed_file_is_refused(folder: Path, contents: bytes, message: str) -> None:
    (folder / "int8.tflite").write_bytes(contents)

    with pytest.raises(ModelError, match=message):
        manifest.read_file(folder, manifest.load(folder).files[0])


def test_missing_file_is_refused(folder: Path) -> None:
    (folder / "int8.tflite").unlink()

    with pytest.raises(ModelError, match="listed in the manifest but not readable"):
        manifest.read_file(folder, manifest.load(folder).files[0])


def test_find_and_converted(folder: Path) -> None:
    loaded = manifest.load(folder)
    keras = replace(loaded.files[0], format="keras", path="model.keras")
    both = loaded.with_files([keras])

    assert both.find("tflite", "int8") == loaded.files[0]
    assert both.find("onnx", "int8") is None
    assert both.converted() == loaded.files


def test_with_files_replaces_by_path(folder: Path) -> None:
    loaded = manifest.load(folder)
    newer = replace(loaded.files[0], size=1)

    assert loaded.with_files([newer]).files == (newer,)


def test_fingerprint_follows_the_contents(folder: Path) -> None:
    before = manifest.fingerprint(folder)
    edit(folder, name="other")

    assert manifest.fingerprint(folder) != before
