"""What a `.tflite` file holds: tensors, operators and constants, read from its FlatBuffer.

Damaged bytes, sparse tensors, several graphs, contents outside of the FlatBuffer and whatever else no classifier needs
raise Refused, a ValueError.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits
from runtime.formats import tflite_schema as schema
from runtime.formats.flatbuffer import Table, read_flatbuffer
from runtime.formats.refused import Refused
from runtime.formats.tflite_names import CUSTOM, name_of

IDENTIFIER = b"TFL3"  # at bytes 4 to 8
MODEL_VERSION = 3
KINDS = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
KEPT = (13, 14)  # resources and variants
DTYPES = {number: np.dtype(name) for number, name in KINDS.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """How whole numbers stand for real ones: real = scale × (whole − zero point), for all or by index on one axis."""

    scales: NDArray[np.float64]  # positive; the float32 values of the file
    zero_points: NDArray[np.int64]  # as many
    axis: int  # that the scales belong to, where there are several


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A tensor as the file describes it."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    signature: tuple[int, ...]  # the shape with −1 for what is free
    data: NDArray[Any] | None  # of this shape; None for what is computed
    scaling: Scaling | None


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One step of the graph."""

    name: str  # as the schema spells it
    inputs: tuple[int, ...]  # indices of tensors; −1 where an optional one is left out
    outputs: tuple[int, ...]
    options: Table | None


@dataclass(frozen=True, slots=True, eq=False)
class TfliteFile:
    """The file's only graph, and what else it says."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    metadata: Mapping[str, memoryview] = field(default_factory=dict)  # by name
    end: int = 0  # bytes that belong to the FlatBuffer; what lies behind it is something else


def read_tflite(data: bytes) -> TfliteFile:
    """The graph of a `.tflite` file; Refused where the bytes are no such file, or hold what is not read here."""
    if data[4:8] != IDENTIFIER:
        raise Refused("form", f"not a .tflite file: bytes 4 to 8 are {data[4:8]!r} and not {IDENTIFIER!r}")
    model, end = read_flatbuffer(memoryview(data), schema.MODEL)
    if model.number(0) != MODEL_VERSION:
        raise Refused("form", f"version {model.number(0)} of the schema and not {MODEL_VERSION}")
    graphs = model.tables(schema.GRAPHS)
    if len(graphs) != 1:
        raise Refused("control-flow", f"expected one graph, got {len(graphs)}")
    (graph,) = graphs
    contents = tuple(buffer.vector(schema.DATA) for buffer in model.tables(schema.BUFFERS))
    names = [_operator_name(code) for code in model.tables(schema.CODES)]
    tensors = tuple(_read_tensor(tensor, contents) for tensor in graph.tables(schema.TENSORS))
    if sum(tensor.data.nbytes for tensor in tensors if tensor.data is not None) > limits.FILE_BYTES:
        raise Refused("limits", "constants that share their contents many times")
    operators = tuple(_read_operator(table, names, len(tensors)) for table in graph.tables(schema.OPERATORS))
    taken, given = (_indices(graph, slot, len(tensors)) for slot in (schema.INPUTS, schema.OUTPUTS))
    _check_signatures(model, len(tensors))
    return TfliteFile(tensors, operators, taken, given, _read_metadata(model, contents), end)


def _operator_name(code: Table) -> str:
    # Old writers keep the code in the older, narrower field.
    name = name_of(max(code.number(schema.BUILTIN_CODE), code.number(schema.DEPRECATED_CODE)))
    return f"{CUSTOM} {code.text(schema.CUSTOM_CODE)}" if name == CUSTOM else name


def _read_operator(table: Table, names: list[str], tensors: int) -> Operator:
    code = table.number(schema.CODE)
    if code >= len(names):
        raise Refused("form", f"an operator with code {code} of {len(names)}")
    taken, given = _indices(table, schema.TAKEN, tensors), _indices(table, schema.GIVEN, tensors)
    return Operator(names[code], taken, given, _read_options(table, names[code]))


def _read_options(table: Table, name: str) -> Table | None:
    """An operator's options; None where it has none."""
    options = table.table(schema.OPTIONS)
    if options and options.layout.name != schema.OPTIONS_OF.get(name, options.layout.name):
        raise Refused("options", f"{name} with {options.layout.name}")
    if table.vector(schema.CUSTOM_OPTIONS) is not None and not name.startswith(CUSTOM):
        raise Refused("options", f"{name} with options of its own")
    return options


def _indices(table: Table, slot: int, tensors: int) -> tuple[int, ...]:
    """Indices of tensors, each checked."""
    found = table.vector(slot)
    indices = () if found is None else tuple(found.tolist())
    if indices and (min(indices) < -1 or max(indices) >= tensors):
        raise Refused("form", f"the tensors {indices} of {tensors}")
    return indices


def _read_tensor(table: Table, contents: tuple[NDArray[Any] | None, ...]) -> Tensor:
    dtype = DTYPES.get(table.number(schema.TYPE))
    if table.number(schema.TYPE) in KEPT:
        raise Refused("state", "a tensor that stands for what is kept from one call to the next")
    if dtype is None:
        raise Refused("type", f"a tensor of type number {table.number(schema.TYPE)}")
    shape, number = _lengths(table, schema.SHAPE), table.number(schema.BUFFER)
    if number >= len(contents):
        raise Refused("form", f"buffer {number} of {len(contents)}")
    content = contents[number]
    return Tensor(
        name=table.text(schema.NAME),
        dtype=dtype,
        shape=shape,
        signature=_lengths(table, schema.SIGNATURE) or shape,
        data=None if content is None or not content.size else _shaped(content, dtype, shape),
        scaling=_read_scaling(table.table(schema.QUANTIZATION)),
    )


def _lengths(table: Table, slot: int) -> tuple[int, ...]:
    found = table.vector(slot)
    return () if found is None else tuple(found.tolist())


def _shaped(content: NDArray[Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A constant; Refused where its bytes are not as many as its shape needs."""
    limits.check_shape(*shape)
    if content.size != math.prod(shape) * dtype.itemsize:
        raise Refused("constant", f"{content.size} bytes for a constant of {dtype} {shape}")
    return np.frombuffer(content.data, dtype.newbyteorder("<")).reshape(shape)


def _read_scaling(table: Table | None) -> Scaling | None:
    """How a tensor is quantised; None where it is not."""
    scales = table.vector(schema.SCALE) if table else None
    if table is None or scales is None or not scales.size:
        return None
    found = table.vector(schema.ZERO_POINT)
    zero_points = np.zeros(scales.size, np.int64) if found is None else found.astype(np.int64)
    real = scales.astype(np.float64)
    if len(zero_points) != len(real) or not (np.isfinite(real) & (real > 0)).all():
        raise Refused("quantisation", f"scales {real[:3]} with zero points {zero_points[:3]}")
    return Scaling(real, zero_points, table.number(schema.AXIS))


def _read_metadata(model: Table, contents: tuple[NDArray[Any] | None, ...]) -> dict[str, memoryview]:
    """What the file says beside the network."""
    found = {}
    for entry in model.tables(schema.METADATA):
        number = entry.number(schema.ENTRY_BUFFER)
        if number >= len(contents):
            raise Refused("form", f"buffer {number} of {len(contents)}")
        content = contents[number]
        found[entry.text(schema.ENTRY_NAME)] = memoryview(b"") if content is None else content.data
    if sum(map(len, found.values())) > limits.METADATA_BYTES:
        raise Refused("metadata", f"more than {limits.METADATA_BYTES} bytes of metadata")
    return found


def _check_signatures(model: Table, tensors: int) -> None:
    """Refuse names for tensors that are not there."""
    for signature in model.tables(schema.SIGNATURES):
        for slot in (schema.SIGNATURE_INPUTS, schema.SIGNATURE_OUTPUTS):
            for mapped in signature.tables(slot):
                if mapped.number(schema.MAPPED) >= tensors:
                    raise Refused("form", f"a name for tensor {mapped.number(schema.MAPPED)} of {tensors}")
