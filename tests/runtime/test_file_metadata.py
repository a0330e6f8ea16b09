"""What files say of themselves: read, compared with the manifest, and refused where it does not fit."""

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime import backends, manifest
from runtime.bundle import open_bundle, open_model
from runtime.errors import ModelError
from runtime.file_metadata import (
    DOCUMENT,
    ENTRY_LIMIT,
    LABELS,
    MOST_ENTRIES,
    as_properties,
    check_contents,
    describe_contents,
    read_contents,
)
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT, Manifest

Replace = Callable[[Path, str, bytes], None]
TEN = Manifest("ten", "2026-01-01T00:00:00Z", 1)
DOCUMENTS = describe_contents(TEN)


def varint(number: int) -> bytes:
    """A whole number as protobuf writes it."""
    head, rest = number & 0x7F, number >> 7
    return bytes([head | 0x80]) + varint(rest) if rest else bytes([head])


def field(number: int, content: bytes) -> bytes:
    """A field of a protobuf message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def with_properties(data: bytes, properties: dict[str, str]) -> bytes:
    """An `.onnx` file with further metadata properties."""
    entries = (field(1, key.encode()) + field(2, value.encode()) for key, value in properties.items())
    return data + b"".join(field(14, entry) for entry in entries)


def with_archive(data: bytes, files: dict[str, bytes]) -> bytes:
    """A `.tflite` file with an archive behind it."""
    stream = io.BytesIO()
    stream.write(data)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def saying(data: bytes, kind: str, document: dict[str, Any]) -> bytes:
    """A file that says `document` of itself."""
    if kind == "onnx":
        return with_properties(data, as_properties(document))
    labels = "".join(f"{name}\n" for name in document["classes"])
    return with_archive(data, {LABELS: labels.encode(), DOCUMENT: json.dumps(document).encode()})


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_what_is_said_is_read_back(models: Path, kind: str) -> None:
    data = (models / f"float32.{kind}").read_bytes()

    assert read_contents(data, kind, "x") == {}
    assert read_contents(saying(data, kind, DOCUMENTS), kind, "x") == DOCUMENTS
    check_contents(data, kind, TEN, "x")
    check_contents(saying(data, kind, DOCUMENTS), kind, TEN, "x")


ELEVEN = replace(TEN, classes=(*DIGIT_CLASSES, NOT_A_DIGIT))
OTHERS: dict[str, tuple[dict[str, Any], Manifest, str]] = {
    "other classes": (DOCUMENTS, ELEVEN, 'classes .*, its manifest .*"not a digit"'),
    "classes in another order": (
        {**DOCUMENTS, "classes": [*map(str, range(9, -1, -1))]},
        TEN,
        r'classes \["9", "8", .*, its manifest \["0"',
    ),
    "another preprocessing": (
        {**DOCUMENTS, "preprocess_version": 0},
        TEN,
        f"preprocess_version 0, its manifest {TEN.preprocess_version}",
    ),
    "another range": (
        {**DOCUMENTS, "input": {**DOCUMENTS["input"], "range": [-1, 1]}},
        TEN,
        r'input .*"range": \[-1, 1\].*, its manifest .*"range": \[0, 1\]',
    ),
    "another shape": (
        {**DOCUMENTS, "input": {**DOCUMENTS["input"], "shape": [32, 32, 1]}},
        TEN,
        r"input .*\[32, 32, 1\].*\[28, 28, 1\]",
    ),
    "another ground": (DOCUMENTS, replace(TEN, ground="light"), 'its manifest .*"ground": "light"'),
    "an unknown schema": ({**DOCUMENTS, "schema": "digits.file/2"}, TEN, 'schema "digits.file/2"'),
    "half of it": (
        {name: value for name, value in DOCUMENTS.items() if name != "preprocess_version"},
        TEN,
        "preprocess_version null",
    ),
}


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
@pytest.mark.parametrize(("document", "described", "message"), OTHERS.values(), ids=OTHERS)
def test_a_mismatch_is_one_clear_line(
    models: Path,
    kind: str,
    document: dict[str, Any],
    described: Manifest,
    message: str,
) -> None:
    data = saying((models / f"float32.{kind}").read_bytes(), kind, document)

    with pytest.raises(ModelError, match=f"^int8: the file says .*{message}.*; convert the model anew$") as caught:
        check_contents(data, kind, described, "int8")
    assert "\n" not in str(caught.value)


def test_another_name_is_no_mismatch(models: Path) -> None:
    data = saying((models / "int8.onnx").read_bytes(), "onnx", DOCUMENTS)

    check_contents(data, "onnx", replace(TEN, name="renamed"), "x")


@pytest.mark.parametrize("path", ["int8.tflite", "float32.onnx"])
def test_a_file_of_another_model_is_refused_before_any_engine(
    bundle_folder: Path, replace_file: Replace, path: str
) -> None:
    data, kind = (bundle_folder / path).read_bytes(), path.partition(".")[2]
    described = replace(manifest.load(bundle_folder), preprocess_version=-1)
    replace_file(bundle_folder, path, saying(data, kind, describe_contents(described)))

    with pytest.raises(ModelError, match=rf"{path}: the file says preprocess_version -1, its manifest "):
        open_model(open_bundle(bundle_folder), "reference", path)


def test_onnx_files_that_say_the_right_thing_answer_as_before(bundle_folder: Path, replace_file: Replace) -> None:
    images = np.random.default_rng(1).random((3, 28, 28, 1), np.float32)
    before = [open_model(open_bundle(bundle_folder), name, "float32.onnx")[1].predict(images) for name in able()]
    document = describe_contents(manifest.load(bundle_folder))
    data = (bundle_folder / "float32.onnx").read_bytes()
    replace_file(bundle_folder, "float32.onnx", saying(data, "onnx", document))

    after = [open_model(open_bundle(bundle_folder), name, "float32.onnx")[1].predict(images) for name in able()]
    assert len(before) >= 2
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


def able() -> list[str]:
    """The installed engines that run `.onnx` files."""
    return [name for name in backends.installed() if backends.runs_format(name, "onnx")]


DAMAGED: dict[str, dict[str, bytes]] = {
    "no object": {DOCUMENT: b"[]", LABELS: b""},
    "no JSON": {DOCUMENT: b"{", LABELS: b""},
    "nested without end": {DOCUMENT: b"[" * 50_000, LABELS: b""},
    "no labels": {DOCUMENT: b"{}"},
    "other labels": {DOCUMENT: json.dumps(DOCUMENTS).encode(), LABELS: b"1\n0\n"},
    "no text": {DOCUMENT: b"\xff\xfe", LABELS: b""},
    "too long": {DOCUMENT: b" " * (ENTRY_LIMIT + 1), LABELS: b""},
    "too many files": {f"{number}": b"" for number in range(MOST_ENTRIES + 1)},
}


@pytest.mark.parametrize("files", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_archive_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(ModelError, match=r"^x: what it says of itself is damaged .*; copy or convert it anew$"):
        read_contents(with_archive(b"TFL3" * 8, files), "tflite", "x")


def test_an_archive_of_others_says_nothing() -> None:
    assert read_contents(with_archive(b"TFL3" * 8, {"vocab.txt": b"a"}), "tflite", "x") == {}


def test_a_squeezed_archive_is_not_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DOCUMENT, b" " * 50_000_000)
        archive.writestr(LABELS, b"")

    with pytest.raises(ModelError, match=f"an entry of more than {ENTRY_LIMIT} bytes"):
        read_contents(stream.getvalue(), "tflite", "x")


@pytest.mark.parametrize("size", [1, 22, 60, 200])
def test_a_cut_archive_is_never_a_crash(models: Path, size: int) -> None:
    data = saying((models / "int8.tflite").read_bytes(), "tflite", DOCUMENTS)

    for changed in (data[:-size], data[-size:]):
        with suppress(ModelError):
            assert read_contents(changed, "tflite", "x") == {}


@pytest.mark.parametrize(
    "data",
    [
        with_properties(b"", {f"digits.{number}": "0" for number in range(MOST_ENTRIES + 1)}),
        with_properties(b"", {"digits.classes": "["}),
        with_properties(b"", {"digits.classes": '"' + "x" * ENTRY_LIMIT + '"'}),
        field(14, b"\x08\x01"),
        b"\x70\x01",
        field(14, b"\xff"),
    ],
    ids=["too many", "no JSON", "too long", "a number inside", "a number", "cut off"],
)
def test_damaged_properties_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"^x: what it says of itself is damaged"):
        read_contents(data, "onnx", "x")


def test_properties_of_others_say_nothing() -> None:
    assert read_contents(with_properties(b"", {"author": "somebody", "names": "["}), "onnx", "x") == {}
