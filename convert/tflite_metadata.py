"""What a `.tflite` file says of itself, in TensorFlow Lite's own metadata, which Android's tools read.

The buffer TFLITE_METADATA holds a FlatBuffer of metadata_schema.fbs ("M001"): input and output, how pixels become
numbers, and which files of the archive behind the model hold the labels (tensorflow.org/lite/models/convert/metadata).
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers

from convert.recipe import Recipe
from convert.tflite_splice import add_metadata
from runtime.file_metadata import DOCUMENT, LABELS
from runtime.manifest import DARK

NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
PARSER = "1.0.0"  # the oldest reader that knows every field used here
COLOURS = {3: 1, 1: 2}  # of ColorSpaceType, by channels: RGB and greyscale
AXIS_LABELS = 2  # of AssociatedFileType
FEATURES, IMAGE = 1, 2  # of the union ContentProperties
NORMALISATION = 1  # of the union ProcessUnitOptions
BLACK, WHITE = 0.0, 255.0  # what becomes 0 and 1: mean and standard deviation, as Android's tools call them
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same time in every archive
READABLE = 0o100644 << 16  # a plain file, in the archive's own spelling

# The fields of the schema's tables by slot, in words of our own; _ for those that are not written.
MODEL = ("name", "description", "_version", "subgraphs", "_author", "_licence", "files", "parser")  # ModelMetadata
SUBGRAPH = ("_name", "_description", "input", "output")  # SubGraphMetadata
TENSOR = ("name", "description", "_axes", "content", "units", "range", "files")  # TensorMetadata
FILE = ("name", "description", "kind")  # AssociatedFile
PICTURE, SIZE = ("colours", "size"), ("width", "height")  # ImageProperties and ImageSize
NORMALISING, STATISTICS = ("mean", "deviation"), ("largest", "smallest")  # NormalizationOptions and Stats
UNION = ("kind", "content")  # Content and ProcessUnit, which hold a table of one of several kinds

Field = tuple[str, Any]
"""A field's kind, as in the methods Prepend…Slot of the builder, and what it holds."""


def embed_metadata(data: bytes, document: Mapping[str, Any], recipe: Recipe) -> bytes:
    """The file with its metadata inside and its labels behind it; no byte of the network changes."""
    return _with_archive(add_metadata(data, NAME, describe(document, recipe)), document)


def describe(document: Mapping[str, Any], recipe: Recipe) -> bytes:
    """The metadata's FlatBuffer for a file that says `document` of itself."""
    builder = flatbuffers.Builder(1024)
    about = f"A classifier of pictures ({recipe.help}); preprocessing version {document['preprocess_version']}."
    ends = _input(builder, document["input"], recipe), _output(builder, recipe)
    image, answers = (_tables(builder, [end]) for end in ends)
    graph = _table(builder, SUBGRAPH, {"input": image, "output": answers})
    file = _file(builder, DOCUMENT, "what the runtime compares with the manifest", 0)
    fields = {
        "name": _text(builder, str(document["bundle"])),
        "description": _text(builder, about),
        "subgraphs": _tables(builder, [graph]),
        "files": _tables(builder, [file]),
        "parser": _text(builder, PARSER),
    }
    builder.Finish(_table(builder, MODEL, fields)[1], file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _input(builder: flatbuffers.Builder, taken: Mapping[str, Any], recipe: Recipe) -> Field:
    """The metadata of the one image that the network takes."""
    height, width, channels = taken["shape"]
    size = _table(builder, SIZE, {"width": ("Uint32", width), "height": ("Uint32", height)})
    image = _table(builder, PICTURE, {"colours": ("Int8", COLOURS[channels]), "size": size})
    options = _table(builder, NORMALISING, {"mean": _reals(builder, [BLACK]), "deviation": _reals(builder, [WHITE])})
    unit = _table(builder, UNION, {"kind": ("Uint8", NORMALISATION), "content": options})
    fields = {
        "name": _text(builder, "image"),
        "description": _text(builder, f"One picture on {taken.get('ground', DARK)} ground, black 0 and white 1."),
        "content": _table(builder, UNION, {"kind": ("Uint8", IMAGE), "content": image}),
        "units": _tables(builder, [unit]),
        "range": _range(builder, recipe),
    }
    return _table(builder, TENSOR, fields)


def _output(builder: flatbuffers.Builder, recipe: Recipe) -> Field:
    """The metadata of the probabilities that the network gives."""
    features = _table(builder, (), {})
    labels = _file(builder, LABELS, "the classes, one a line", AXIS_LABELS)
    fields = {
        "name": _text(builder, "probabilities"),
        "description": _text(builder, "The probability of each class."),
        "content": _table(builder, UNION, {"kind": ("Uint8", FEATURES), "content": features}),
        "range": _range(builder, recipe),
        "files": _tables(builder, [labels]),
    }
    return _table(builder, TENSOR, fields)


def _range(builder: flatbuffers.Builder, recipe: Recipe) -> Field:
    """The largest and the smallest number, as the file's own dtype has them."""
    largest = 255.0 if recipe.ends == "uint8" else 1.0
    return _table(builder, STATISTICS, {"largest": _reals(builder, [largest]), "smallest": _reals(builder, [0.0])})


def _file(builder: flatbuffers.Builder, name: str, about: str, kind: int) -> Field:
    """An AssociatedFile."""
    texts = {"name": _text(builder, name), "description": _text(builder, about)}
    return _table(builder, FILE, {**texts, "kind": ("Int8", kind)})


def _table(builder: flatbuffers.Builder, slots: Sequence[str], fields: Mapping[str, Field]) -> Field:
    """A table; what its fields lead to must be built already."""
    builder.StartObject(len(slots))
    for name, (kind, value) in fields.items():
        getattr(builder, f"Prepend{kind}Slot")(slots.index(name), value, 0)
    return "UOffsetTRelative", builder.EndObject()


def _text(builder: flatbuffers.Builder, text: str) -> Field:
    return "UOffsetTRelative", builder.CreateString(text)


def _tables(builder: flatbuffers.Builder, tables: Sequence[Field]) -> Field:
    """A vector of tables."""
    builder.StartVector(4, len(tables), 4)
    for _, place in reversed(tables):
        builder.PrependUOffsetTRelative(place)
    return "UOffsetTRelative", builder.EndVector()


def _reals(builder: flatbuffers.Builder, values: Sequence[float]) -> Field:
    """A vector of float32."""
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return "UOffsetTRelative", builder.EndVector()


def _with_archive(data: bytes, document: Mapping[str, Any]) -> bytes:
    """The file with an archive behind it whose offsets count from the file's start, as Android's reader wants them."""
    contents = {
        LABELS: "".join(f"{label}\n" for label in document["classes"]),
        DOCUMENT: json.dumps(document, ensure_ascii=False, sort_keys=True),
    }
    file = io.BytesIO()
    file.write(data)
    with zipfile.ZipFile(file, "a") as archive:
        for name, text in contents.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system, entry.external_attr = 3, READABLE
            archive.writestr(entry, text.encode())
    return file.getvalue()
