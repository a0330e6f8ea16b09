"""What a converted file says of itself, and whether that is what the manifest says of it.

A `.tflite` file carries `digits.json` in the archive at its end, beside the labels that Android's tools look for there;
`.onnx` and `.ort` files carry the same entries among their metadata properties, each under "digits." and its name.
Files that were converted before this was written say nothing and are taken by the manifest alone.
"""

import io
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from runtime.errors import ModelError
from runtime.formats.flatbuffer import Child, Field, Layout, Number, Numbers, Tables, read_flatbuffer
from runtime.formats.protobuf import Content, fields
from runtime.manifest import DARK, INPUT, Manifest

SCHEMA = "digits.file/1"
DOCUMENT, LABELS = "digits.json", "labels.txt"
PREFIX = "digits."
CHECKED = ("schema", "classes", "input", "preprocess_version")
ENTRY_LIMIT = 2**16  # bytes of one entry, as of the whole document
MOST_ENTRIES = 64  # in the archive, and properties that are looked at
ARCHIVE_END = b"PK\x05\x06"  # of a zip archive without a comment, 22 bytes before the end
END_SIZE = 22
PROPERTIES, KEY, VALUE = 14, 1, 2  # ModelProto.metadata_props, StringStringEntryProto.key and .value
ORT_MODEL, ORT_PROPERTIES = 1, 9  # InferenceSession.model and Model.metadata_props in ort.fbs
PASSED_OVER, LONG = Number("I"), Number("q")  # an offset that is not followed, and a number of 64 bits
_TEXT = Numbers(np.uint8, ENTRY_LIMIT)
_PROPERTY = Layout("StringStringEntry", (_TEXT, _TEXT))
_KNOWN: tuple[Field, ...] = (LONG, *[PASSED_OVER] * 4, LONG, *[PASSED_OVER] * 3, Tables(_PROPERTY, MOST_ENTRIES))
ORT_LAYOUT = Layout("InferenceSession", (PASSED_OVER, Child(Layout("Model", _KNOWN)), *[PASSED_OVER] * 2))


def describe_contents(manifest: Manifest) -> dict[str, Any]:
    """What a file of `manifest` says of itself."""
    taken = {"shape": list(manifest.input_shape), **INPUT}
    return {
        "schema": SCHEMA,
        "bundle": manifest.name,
        "classes": list(manifest.classes),
        "input": taken if manifest.ground == DARK else {**taken, "ground": manifest.ground},
        "preprocess_version": manifest.preprocess_version,
    }


def as_properties(document: Mapping[str, Any]) -> dict[str, str]:
    """The same as the properties of an `.onnx` file: each entry's JSON by its name."""
    return {f"{PREFIX}{name}": json.dumps(value, ensure_ascii=False) for name, value in document.items()}


def check_contents(data: bytes, format: str, manifest: Manifest, place: object) -> None:  # noqa: A002 - the field's name
    """Raise ModelError where the file's bytes `data` say something else of themselves than `manifest` says.

    `place` names the file. One that says nothing passes; the bundle's name may have been changed since.
    """
    found = read_contents(data, format, place)
    if not found:
        return
    demanded = describe_contents(manifest)
    for name in CHECKED:
        if found.get(name) != demanded[name]:
            says = json.dumps(found.get(name), ensure_ascii=False)[:200]
            wanted = json.dumps(demanded[name], ensure_ascii=False)
            raise ModelError(f"{place}: the file says {name} {says}, its manifest {wanted}; convert the model anew")


def read_contents(data: bytes, format: str, place: object) -> dict[str, Any]:  # noqa: A002 - the field's own name
    """What a `.tflite`, `.onnx` or `.ort` file says of itself, by name; empty where it says nothing.

    Raises ModelError where the bytes that should say it are damaged or too many.
    """
    try:
        if format == "tflite":
            return _read_archive(data)
        properties = _onnx_properties(data) if format == "onnx" else _ort_properties(data)
        ours = ((name.removeprefix(PREFIX), value) for name, value in properties if name.startswith(PREFIX))
        return {name: json.loads(value) for name, value in ours}
    except Exception as error:  # whatever damaged bytes make of an archive, a message or JSON
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{place}: what it says of itself is damaged ({reason}); copy or convert it anew") from error


def _read_archive(data: bytes) -> dict[str, Any]:
    """The document in the archive behind a `.tflite` file; its labels must be the document's."""
    if data[-END_SIZE : 4 - END_SIZE] != ARCHIVE_END:
        return {}
    (entries,) = struct.unpack_from("<H", data, len(data) - END_SIZE + 10)
    if entries > MOST_ENTRIES:
        raise ValueError(f"an archive of {entries} files")
    import zipfile  # noqa: PLC0415 - files without an archive need none

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if DOCUMENT not in archive.namelist():
            return {}
        found = json.loads(_member(archive.open(DOCUMENT).read(ENTRY_LIMIT + 1)))
        labels = _member(archive.open(LABELS).read(ENTRY_LIMIT + 1)).splitlines()
    if not isinstance(found, dict):
        raise ValueError(f"{DOCUMENT} holds no object")
    if labels != found.get("classes"):
        raise ValueError(f"{LABELS} and {DOCUMENT} name different classes")
    return found


def _onnx_properties(data: bytes) -> Iterator[tuple[str, str]]:
    """The metadata properties of an `.onnx` file."""
    entries = [content for number, _, content in fields(memoryview(data)) if number == PROPERTIES]
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"{len(entries)} properties")
    for entry in entries:
        found = {number: bytes(part) for number, part in _parts(entry)}
        yield _member(found.get(KEY, b"")), _member(found.get(VALUE, b""))


def _parts(message: Content) -> Iterator[tuple[int, memoryview]]:
    """The texts of a message; ValueError where it is a number or holds any."""
    if isinstance(message, int):
        raise ValueError("a number instead of a property")
    for number, _, content in fields(message):
        if isinstance(content, int):
            raise ValueError("a number in a property")
        yield number, content


def _ort_properties(data: bytes) -> Iterator[tuple[str, str]]:
    """The metadata properties of an `.ort` file."""
    model = read_flatbuffer(memoryview(data), ORT_LAYOUT)[0].table(ORT_MODEL)
    for entry in model.tables(ORT_PROPERTIES) if model else ():
        key, value = entry.vector(0), entry.vector(1)
        yield _member(b"" if key is None else key.tobytes()), _member(b"" if value is None else value.tobytes())


def _member(data: bytes) -> str:
    """The text of an entry; ValueError where it is too long or not UTF-8."""
    if len(data) > ENTRY_LIMIT:
        raise ValueError(f"an entry of more than {ENTRY_LIMIT} bytes")
    return data.decode("utf-8")
