"""What an `.onnx` file holds: operators and constants, read from its protobuf by the field numbers of onnx.proto.

The numbers are those of github.com/onnx/onnx/blob/main/onnx/onnx.proto. Damaged bytes raise ValueError or IndexError;
so do sparse constants, functions, contents in other files and operators of other domains than ONNX's own.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from runtime.formats import limits
from runtime.formats.protobuf import Content, children, fields, signed, varints

DTYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
GRAPH, OPSETS, FUNCTIONS = 7, 8, 25  # ModelProto
NODES, CONSTANTS, INPUTS, OUTPUTS, SPARSE = 1, 5, 11, 12, 15  # GraphProto
TAKEN, GIVEN, OPERATOR, ATTRIBUTES, DOMAIN = 1, 2, 4, 5, 7  # NodeProto
NAME, REAL, WHOLE, TEXT, TENSOR, REALS, WHOLES = 1, 2, 3, 4, 5, 7, 8  # AttributeProto
DIMENSIONS, TYPE, TENSOR_NAME, RAW, FAR, PLACE = 1, 2, 8, 9, 13, 14  # TensorProto
TYPED = {4: "float32", 5: "int32", 7: "int64", 10: "float64"}  # TensorProto's lists of numbers, by field
LIST_TYPE, LIST_TENSOR, LIST_ELEMENT = 2, 1, 1  # ValueInfoProto.type, TypeProto.tensor_type, Tensor.elem_type
OPSET_DOMAIN, OPSET_VERSION = 1, 2  # OperatorSetIdProto
FIRST_OPSET, LAST_OPSET = 13, 21  # between which no operator that is run here changed its meaning
OWN_DOMAINS = ("", "ai.onnx")
FLOAT = 1

Attribute = int | float | bytes | tuple[int, ...] | tuple[float, ...] | NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One step of the graph."""

    operator: str
    inputs: tuple[str, ...]  # names of tensors; "" where an optional one is left out
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True, eq=False)
class OnnxFile:
    """The file's graph."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def read_onnx(data: bytes) -> OnnxFile:
    """The graph of an `.onnx` file; ValueError or IndexError where the bytes are no such file."""
    model = memoryview(data)
    if next(children(model, FUNCTIONS), None) is not None:
        raise ValueError("functions of its own")
    _check_opset(model)
    graph = _only(children(model, GRAPH), "graph")
    if next(children(graph, SPARSE), None) is not None:
        raise ValueError("a sparse constant")
    nodes = tuple(map(_read_node, _limited(children(graph, NODES), limits.OPERATORS)))
    constants = dict(map(_read_tensor, _limited(children(graph, CONSTANTS), limits.TENSORS)))
    inputs = tuple(_value_name(value) for value in children(graph, INPUTS))
    outputs = tuple(_value_name(value) for value in children(graph, OUTPUTS))
    return OnnxFile(nodes, constants, inputs, outputs)


def _check_opset(model: memoryview) -> None:
    """Refuse a file whose operators may mean something else than is computed here."""
    for opset in children(model, OPSETS):
        read = dict(fields(opset))
        version = read.get(OPSET_VERSION, 0)
        if _text(read.get(OPSET_DOMAIN)) not in OWN_DOMAINS:
            continue
        if not isinstance(version, int) or not FIRST_OPSET <= version <= LAST_OPSET:
            raise ValueError(f"operator set {version}; expected {FIRST_OPSET} to {LAST_OPSET}")
        return
    raise ValueError("no operator set of ONNX's own")


def _value_name(value: memoryview) -> str:
    """The name of an input or output; ValueError unless it holds float32 numbers."""
    kinds = [value]
    for number in (LIST_TYPE, LIST_TENSOR):
        kinds = [child for kind in kinds for child in children(kind, number)]
    if [dict(fields(kind)).get(LIST_ELEMENT) for kind in kinds] != [FLOAT]:
        raise ValueError("expected a float32 input and output")
    return _text(dict(fields(value)).get(NAME))


def _read_node(node: memoryview) -> Node:
    names: dict[int, list[str]] = {TAKEN: [], GIVEN: [], OPERATOR: [], DOMAIN: []}
    attributes: dict[str, Attribute] = {}
    for number, content in _few(node):
        if number in names:
            names[number].append(_text(content))
        elif number == ATTRIBUTES and isinstance(content, memoryview):
            attributes.update([_read_attribute(content)])
    domain = "".join(names[DOMAIN])
    operator = "".join(names[OPERATOR])
    if domain not in OWN_DOMAINS:
        operator = f"{domain}.{operator}"
    return Node(limits.label(operator), tuple(names[TAKEN]), tuple(names[GIVEN]), attributes)


def _read_attribute(attribute: memoryview) -> tuple[str, Attribute]:
    """An attribute's name and value; ValueError where it is of a kind that no operator here has."""
    name, reals, wholes = "", list[float](), list[int]()
    value: Attribute | None = None
    for number, content in _few(attribute):
        if number == NAME:
            name = limits.label(_text(content))
        elif number == REAL and isinstance(content, memoryview):
            value = float(np.frombuffer(content, "<f4")[0])
        elif number == WHOLE and isinstance(content, int):
            value = signed(content)
        elif number == TEXT and isinstance(content, memoryview):
            value = bytes(content)
        elif number == TENSOR and isinstance(content, memoryview):
            value = _read_tensor(content)[1]
        elif number == REALS and isinstance(content, memoryview):
            reals += np.frombuffer(content, "<f4").tolist()
        elif number == WHOLES:
            wholes += _whole_numbers(content)
    return name, (tuple(wholes) or tuple(reals)) if value is None else value


def _read_tensor(tensor: memoryview) -> tuple[str, NDArray[Any]]:
    """A constant's name and numbers; ValueError where they are not as many as its shape needs."""
    name, kind, shape, raw, listed = "", 0, list[int](), None, list[NDArray[Any]]()
    for number, content in _few(tensor):
        if number == DIMENSIONS:
            shape += _whole_numbers(content)
        elif number == TYPE and isinstance(content, int):
            kind = content
        elif number == TENSOR_NAME:
            name = _text(content)
        elif number == RAW and isinstance(content, memoryview):
            raw = content
        elif number in TYPED:
            listed.append(_numbers(content, TYPED[number]))
        elif number == FAR or (number == PLACE and content):
            raise ValueError("a constant in another file")
    if kind not in DTYPES:
        raise ValueError(f"a constant of type number {kind}")
    limits.check_shape(*shape)
    return name, _shaped(raw, listed, np.dtype(DTYPES[kind]), tuple(shape))


def _shaped(
    raw: memoryview | None, listed: list[NDArray[Any]], dtype: np.dtype[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """A constant, from its bytes or from lists of numbers."""
    if raw is not None:
        if len(raw) != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{len(raw)} bytes for a constant of {dtype} {shape}")
        return np.frombuffer(raw, dtype.newbyteorder("<")).reshape(shape)
    numbers = np.concatenate(listed) if listed else np.zeros(0)
    if dtype == np.float16:
        raise ValueError("numbers of half precision in a list")
    return numbers.astype(dtype).reshape(shape)


def _numbers(content: Content, dtype: DTypeLike) -> NDArray[Any]:
    """Numbers of one field: one by one or packed."""
    if np.issubdtype(dtype, np.integer):
        return np.array(_whole_numbers(content), np.int64)
    if isinstance(content, int):
        raise ValueError("a whole number among real ones")
    return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"))


def _whole_numbers(content: Content) -> list[int]:
    """Whole numbers of one field: one, or several packed."""
    if isinstance(content, int):
        return [signed(content)]
    found = [signed(number) for number in islice(varints(content), limits.LISTED + 1)]
    if len(found) > limits.LISTED:
        raise ValueError(f"more than {limits.LISTED} numbers in a list")
    return found


def _few(message: memoryview) -> Iterator[tuple[int, Content]]:
    """A message's fields; ValueError where there are more than any operator, attribute or constant has."""
    for count, field in enumerate(fields(message)):
        if count >= limits.FIELDS:
            raise ValueError(f"a message of more than {limits.FIELDS} fields")
        yield field


def _text(content: Content | None) -> str:
    return bytes(content).decode("utf-8", "replace")[:1000] if isinstance(content, memoryview) else ""


def _only(messages: Iterator[memoryview], what: str) -> memoryview:
    found = next(messages, None)
    if found is None or next(messages, None) is not None:
        raise ValueError(f"expected one {what}")
    return found


def _limited(messages: Iterator[memoryview], limit: int) -> Iterator[memoryview]:
    """The messages; ValueError where there are more than `limit`."""
    for number, message in enumerate(messages):
        if number >= limit:
            raise ValueError(f"more than {limit} operators or constants")
        yield message
