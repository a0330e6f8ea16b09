"""TensorFlow Lite's metadata as Android's tools read it, in files whose network stays as it was."""

import hashlib
import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.tflite_metadata import NAME, describe, embed_metadata
from convert.tflite_splice import ALIGNMENT, add_metadata
from convert.variants import choose_variants
from runtime import backends, manifest
from runtime.backends import open_backend
from runtime.file_metadata import describe_contents, read_contents
from runtime.formats.tflite_file import read_tflite
from runtime.inspection import inspect_bytes
from runtime.manifest import Manifest

FLOAT32, INT8, UINT8 = choose_variants("float32.tflite,int8.tflite,uint8.tflite")
PATHS = ("float32.tflite", "float16.tflite", "dynamic.tflite", "int8.tflite", "uint8.tflite")
DOCUMENT = describe_contents(Manifest("some", "2026-01-01T00:00:00Z", 1))


class Peek:
    """A FlatBuffer read without any layout, as the tests know the official schema's slots."""

    def __init__(self, data: bytes, place: int | None = None) -> None:
        self.data = data
        self.place = self._at(0) if place is None else place

    def _at(self, place: int) -> int:
        return place + int(struct.unpack_from("<I", self.data, place)[0])

    def field(self, slot: int) -> int:
        vtable = self.place - struct.unpack_from("<i", self.data, self.place)[0]
        size = struct.unpack_from("<H", self.data, vtable)[0]
        inside = struct.unpack_from("<H", self.data, vtable + 4 + 2 * slot)[0] if 4 + 2 * slot < size else 0
        return self.place + inside if inside else 0

    def table(self, slot: int) -> "Peek":
        return Peek(self.data, self._at(self.field(slot)))

    def tables(self, slot: int) -> list["Peek"]:
        start = self._at(self.field(slot))
        places = range(start + 4, start + 4 + 4 * struct.unpack_from("<I", self.data, start)[0], 4)
        return [Peek(self.data, self._at(place)) for place in places]

    def bytes(self, slot: int) -> bytes:
        start = self._at(self.field(slot))
        return self.data[start + 4 : start + 4 + struct.unpack_from("<I", self.data, start)[0]]

    def text(self, slot: int) -> str:
        return self.bytes(slot).decode()

    def number(self, slot: int, kind: str) -> int:
        place = self.field(slot)
        return int(struct.unpack_from(f"<{kind}", self.data, place)[0]) if place else 0

    def reals(self, slot: int) -> list[float]:
        start = self._at(self.field(slot))
        return list(struct.unpack_from(f"<{struct.unpack_from('<I', self.data, start)[0]}f", self.data, start + 4))


def entries(data: bytes) -> dict[str, tuple[int, bytes]]:
    """The metadata entries of a `.tflite` file: where each buffer's contents are, and the contents."""
    model = Peek(data)
    buffers = model.tables(4)
    found = {entry.text(0): buffers[entry.number(1, "I")] for entry in model.tables(6)}
    return {name: (buffer._at(buffer.field(0)) + 4, buffer.bytes(0)) for name, buffer in found.items()}


def test_the_metadata_says_what_android_needs() -> None:
    data = describe(DOCUMENT, FLOAT32)
    model = Peek(data)
    (graph,) = model.tables(3)
    (image,), (answers,) = graph.tables(2), graph.tables(3)

    assert data[4:8] == b"M001"
    assert (model.text(0), model.text(7)) == ("some", "1.0.0")
    assert [file.text(0) for file in model.tables(6)] == ["digits.json"]
    assert image.text(0) == "image"
    assert image.table(3).number(0, "B") == 2  # ImageProperties
    assert image.table(3).table(1).number(0, "b") == 2  # grey
    assert [image.table(3).table(1).table(1).number(slot, "I") for slot in (0, 1)] == [28, 28]
    (unit,) = image.tables(4)
    assert unit.number(0, "B") == 1  # NormalizationOptions
    assert (unit.table(1).reals(0), unit.table(1).reals(1)) == ([0.0], [255.0])
    assert (image.table(5).reals(0), image.table(5).reals(1)) == ([1.0], [0.0])
    assert answers.text(0) == "probabilities"
    (labels,) = answers.tables(6)
    assert (labels.text(0), labels.number(2, "b")) == ("labels.txt", 2)  # TENSOR_AXIS_LABELS


def test_other_pictures_are_described_as_they_are() -> None:
    document = {**DOCUMENT, "input": {**DOCUMENT["input"], "shape": [20, 32, 3]}}
    (image,) = Peek(describe(document, UINT8)).tables(3)[0].tables(2)

    assert image.table(3).table(1).number(0, "b") == 1  # RGB
    assert [image.table(3).table(1).table(1).number(slot, "I") for slot in (0, 1)] == [32, 20]
    assert image.table(5).reals(0) == [255.0]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_the_network_changes(models: Path, path: str) -> None:
    data = (models / path).read_bytes()
    new = embed_metadata(data, DOCUMENT, *choose_variants(path))
    before, after = read_tflite(data), read_tflite(new)

    assert new == embed_metadata(data, DOCUMENT, *choose_variants(path))
    assert data in new  # as one block
    assert new.index(data) % ALIGNMENT == 0
    assert [operator.name for operator in before.operators] == [operator.name for operator in after.operators]
    for old, changed in zip(before.tensors, after.tensors, strict=True):
        assert (old.name, old.shape, old.dtype) == (changed.name, changed.shape, changed.dtype)
        assert (old.data is None) == (changed.data is None)
        assert old.data is None or np.array_equal(old.data, changed.data)
    assert inspect_bytes(new, "tflite", path).findings == ()


@pytest.mark.parametrize("path", PATHS)
def test_every_engine_answers_as_before(models: Path, path: str) -> None:
    file = next(file for file in manifest.load(models).converted() if file.path == path)
    data = (models / path).read_bytes()
    new = embed_metadata(data, DOCUMENT, *choose_variants(path))
    images = np.random.default_rng(2).random((4, 28, 28, 1), np.float32)

    for engine in (name for name in backends.installed() if not backends.unsupported(name, file)):
        answers = []
        for contents in (data, new):
            listed = replace(file, size=len(contents), sha256=hashlib.sha256(contents).hexdigest())
            answers.append(open_backend(contents, listed, engine).predict(images))
        assert np.array_equal(*answers), engine


def test_the_archive_holds_the_labels_where_its_directory_says(models: Path) -> None:
    data = embed_metadata((models / "int8.tflite").read_bytes(), DOCUMENT, INT8)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("labels.txt").decode().splitlines() == DOCUMENT["classes"]
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert data[entry.header_offset : entry.header_offset + 4] == b"PK\x03\x04"  # counted from the file's start
    assert read_contents(data, "tflite", "x") == DOCUMENT


@given(
    name=st.text("abcXYZ_09", min_size=1, max_size=30),
    content=st.binary(max_size=200),
    other=st.binary(min_size=1, max_size=40),
)
def test_any_entry_is_found_again_and_aligned(name: str, content: bytes, other: bytes) -> None:
    data = (Path(__file__).parents[1] / "models" / "int8.tflite").read_bytes()
    before = entries(data)
    twice = add_metadata(add_metadata(data, name, content), "further", other)
    found = entries(twice)

    assert found[name][1] == content
    assert found["further"][1] == other
    assert {place % ALIGNMENT for place, _ in (found[name], found["further"])} == {0}
    assert {key: value for key, (_, value) in found.items() if key in before} == {
        key: value for key, (_, value) in before.items()
    }


def test_a_converted_run_carries_its_own_description(converted_run: Path) -> None:
    described = manifest.load(converted_run)

    for file in described.converted():
        data = (converted_run / file.path).read_bytes()
        assert read_contents(data, file.format, file.path) == describe_contents(described), file.path
        if file.format == "tflite":
            assert entries(data)[NAME][1] == describe(describe_contents(described), *choose_variants(file.path))
