"""What a `.tflite` file holds: tensors and operators, read from its FlatBuffer by the slots of TensorFlow's schema.

The slots are those of tensorflow/compiler/mlir/lite/schema/schema.fbs. Damaged bytes, sparse tensors, several graphs
and contents outside of the FlatBuffer raise ValueError.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits
from runtime.formats.flatbuffer import Table, read_root
from runtime.formats.tflite_names import CUSTOM, name_of

DTYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
CODES, GRAPHS, BUFFERS = 1, 2, 4  # Model
DEPRECATED_CODE, CUSTOM_CODE, VERSION, BUILTIN_CODE = 0, 1, 2, 3  # OperatorCode
TENSORS, INPUTS, OUTPUTS, OPERATORS = 0, 1, 2, 3  # SubGraph
SHAPE, TYPE, BUFFER, NAME, QUANTIZATION, SPARSITY, SIGNATURE = 0, 1, 2, 3, 4, 6, 7  # Tensor
SCALE, ZERO_POINT, DETAILS, AXIS = 2, 3, 5, 6  # QuantizationParameters
CODE, TAKEN, GIVEN, OPTIONS = 0, 1, 2, 4  # Operator
DATA, FAR_OFFSET = 0, 1  # Buffer


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
    """The file's only graph."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(data: bytes) -> TfliteFile:
    """The graph of a `.tflite` file; ValueError where the bytes are no such file, or hold what is not read here."""
    model = read_root(memoryview(data))
    graphs = model.tables(GRAPHS, limits.OPERATORS)
    if len(graphs) != 1:
        raise ValueError(f"expected one graph, got {len(graphs)}")
    (graph,) = graphs
    buffers = model.tables(BUFFERS, limits.TENSORS)
    names = [_operator_name(code) for code in model.tables(CODES, limits.OPERATORS)]
    tensors = tuple(_read_tensor(tensor, buffers) for tensor in graph.tables(TENSORS, limits.TENSORS))
    operators = tuple(_read_operator(table, names, len(tensors)) for table in graph.tables(OPERATORS, limits.OPERATORS))
    ends = (_indices(graph, slot, len(tensors)) for slot in (INPUTS, OUTPUTS))
    return TfliteFile(tensors, operators, *ends)


def _operator_name(code: Table) -> str:
    # Old writers keep the code in the older, narrower field.
    name = name_of(max(code.number(BUILTIN_CODE, "i"), code.number(DEPRECATED_CODE, "b")))
    return f"{CUSTOM} {code.text(CUSTOM_CODE)}" if name == CUSTOM else name


def _read_operator(table: Table, names: list[str], tensors: int) -> Operator:
    code = table.number(CODE, "I")
    if code >= len(names):
        raise ValueError(f"an operator with code {code} of {len(names)}")
    return Operator(names[code], _indices(table, TAKEN, tensors), _indices(table, GIVEN, tensors), table.table(OPTIONS))


def _indices(table: Table, slot: int, tensors: int) -> tuple[int, ...]:
    """Indices of tensors, each checked."""
    found = table.vector(slot, np.int32, limits.INPUTS)
    indices = () if found is None else tuple(map(int, found))
    if any(not -1 <= index < tensors for index in indices):
        raise ValueError(f"the tensors {indices} of {tensors}")
    return indices


def _read_tensor(table: Table, buffers: tuple[Table, ...]) -> Tensor:
    kind = table.number(TYPE, "b")
    if kind not in DTYPES:
        raise ValueError(f"a tensor of type number {kind}")
    if table.table(SPARSITY):
        raise ValueError("a sparse tensor")
    shape = _lengths(table, SHAPE)
    dtype = np.dtype(DTYPES[kind])
    content = _content(table.number(BUFFER, "I"), buffers)
    return Tensor(
        name=table.text(NAME),
        dtype=dtype,
        shape=shape,
        signature=_lengths(table, SIGNATURE) or shape,
        data=None if content is None else _shaped(content, dtype, shape),
        scaling=_read_scaling(table.table(QUANTIZATION)),
    )


def _lengths(table: Table, slot: int) -> tuple[int, ...]:
    found = table.vector(slot, np.int32, limits.RANK)
    return () if found is None else tuple(map(int, found))


def _content(number: int, buffers: tuple[Table, ...]) -> NDArray[np.generic] | None:
    """The bytes of a buffer; None where it is empty, as for all that is computed."""
    if number >= len(buffers):
        raise ValueError(f"buffer {number} of {len(buffers)}")
    if buffers[number].number(FAR_OFFSET, "Q") > 1:
        raise ValueError("contents outside of the FlatBuffer")
    content = buffers[number].vector(DATA, np.uint8)
    return None if content is None or not content.size else content


def _shaped(content: NDArray[np.generic], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A constant; ValueError where its bytes are not as many as its shape needs."""
    limits.check_shape(*shape)
    if content.size != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{content.size} bytes for a constant of {dtype} {shape}")
    return np.frombuffer(content.data, dtype.newbyteorder("<")).reshape(shape)


def _read_scaling(table: Table | None) -> Scaling | None:
    """How a tensor is quantised; None where it is not."""
    scales = table.vector(SCALE, np.float32, limits.SCALES) if table else None
    if table is None or scales is None or not scales.size:
        return None
    if table.table(DETAILS):
        raise ValueError("a quantisation of another kind than by scale and zero point")
    found = table.vector(ZERO_POINT, np.int64, limits.SCALES)
    zero_points = np.zeros(scales.size, np.int64) if found is None else found.astype(np.int64)
    real = scales.astype(np.float64)
    if len(zero_points) != len(real) or not (np.isfinite(real) & (real > 0)).all():
        raise ValueError(f"scales {real[:3]} with zero points {zero_points[:3]}")
    return Scaling(real, zero_points, table.number(AXIS, "i"))
