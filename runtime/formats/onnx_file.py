"""What an `.onnx` file holds: operators, constants and the shapes that it declares, read from its protobuf.

Damaged bytes, sparse constants, functions, graphs in graphs, contents in other files and whatever else no classifier
needs raise Refused, a ValueError.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from runtime.formats import limits
from runtime.formats import onnx_schema as schema
from runtime.formats.protobuf import Content, Message, read_message, signed, varints
from runtime.formats.refused import Refused

KINDS = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
DTYPES = {number: np.dtype(name) for number, name in KINDS.items()}
FIRST_OPSET, LAST_OPSET = 13, 21  # between which no operator that is run here changed its meaning
OWN_DOMAINS = ("", "ai.onnx")

Attribute = int | float | bytes | tuple[int, ...] | tuple[float, ...] | NDArray[Any]
Shape = tuple[int | str | None, ...]
"""One length per axis: a number, the name of a free length, or None where nothing is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One step of the graph."""

    operator: str  # with its domain, unless that is ONNX's own
    inputs: tuple[str, ...]  # names of tensors; "" where an optional one is left out
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor whose kind the file declares."""

    name: str
    dtype: np.dtype[Any] | None  # None where it is none of KINDS
    shape: Shape | None  # None where nothing is said


@dataclass(frozen=True, slots=True, eq=False)
class OnnxFile:
    """The file's graph, and what else it says."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    declared: tuple[Value, ...] = ()  # of the inputs, then of the outputs, then of what lies between
    opset: int = LAST_OPSET
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_onnx(data: bytes) -> OnnxFile:
    """The graph of an `.onnx` file; Refused where the bytes are no such file, or hold what is not read here."""
    model = read_message(memoryview(data), schema.MODEL)
    opset = _read_opset(model)
    graph = read_message(_graph(model), schema.GRAPH_LAYOUT)
    nodes = tuple(map(_read_node, _limited(graph, schema.NODES, limits.OPERATORS)))
    constants = dict(map(_read_tensor, _limited(graph, schema.CONSTANTS, limits.TENSORS)))
    if len(constants) < len(graph.messages(schema.CONSTANTS)):
        raise Refused("order", "two constants of one name")
    inputs, outputs, between = (
        tuple(map(read_value, graph.messages(number))) for number in (schema.INPUTS, schema.OUTPUTS, schema.KNOWN)
    )
    if any(value.dtype != np.float32 for value in (*inputs, *outputs)):
        raise Refused("type", "expected a float32 input and output")
    return OnnxFile(
        nodes,
        constants,
        tuple(value.name for value in inputs),
        tuple(value.name for value in outputs),
        (*inputs, *outputs, *between),
        opset,
        _read_properties(model),
    )


def read_ends(data: bytes) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """The network's inputs and outputs alone; Refused as `read_onnx`."""
    graph = read_message(_graph(read_message(memoryview(data), schema.MODEL)), schema.GRAPH_LAYOUT)
    inputs, outputs = (tuple(map(read_value, graph.messages(n))) for n in (schema.INPUTS, schema.OUTPUTS))
    return inputs, outputs


def read_value(message: memoryview) -> Value:
    """A ValueInfoProto."""
    value = read_message(message, schema.VALUE_LAYOUT)
    kinds = [read_message(kind, schema.TYPE_LAYOUT) for kind in value.messages(schema.VALUE_OF)]
    tensors = [read_message(t, schema.TENSOR_TYPE) for kind in kinds for t in kind.messages(schema.TENSOR_OF)]
    shapes = [read_message(s, schema.SHAPE_LAYOUT) for tensor in tensors for s in tensor.messages(schema.SHAPE)]
    lengths = [_length(dimension) for shape in shapes for dimension in shape.messages(schema.DIMENSION)]
    dtype = DTYPES.get(tensors[0].whole(schema.ELEMENT)) if tensors else None
    return Value(value.text(schema.VALUE_NAME), dtype, tuple(lengths) if shapes else None)


def _length(message: memoryview) -> int | str | None:
    dimension = read_message(message, schema.DIMENSION_LAYOUT)
    if schema.LENGTH in dimension:
        return dimension.whole(schema.LENGTH)
    return dimension.text(schema.LENGTH_NAME) or None


def _graph(model: Message) -> memoryview:
    graphs = model.messages(schema.GRAPH)
    if not graphs:
        raise Refused("form", "no graph")
    return graphs[0]


def _read_opset(model: Message) -> int:
    """The version of ONNX's own operators."""
    sets = [read_message(message, schema.OPSET) for message in model.messages(schema.OPSETS)]
    return check_opset([s.whole(schema.OPSET_VERSION) for s in sets if s.text(schema.OPSET_DOMAIN) in OWN_DOMAINS])


def check_opset(versions: Sequence[int]) -> int:
    """The one version of ONNX's own operators; Refused where they may mean something else than is computed here."""
    if len(versions) != 1 or not FIRST_OPSET <= versions[0] <= LAST_OPSET:
        got = " and ".join(map(str, versions)) or "none of ONNX's own"
        raise Refused("operator-set", f"operator set {got}; expected {FIRST_OPSET} to {LAST_OPSET}")
    return versions[0]


def _read_properties(model: Message) -> dict[str, str]:
    """What the file says beside the network."""
    entries = [read_message(message, schema.ENTRY) for message in model.messages(schema.PROPERTIES)]
    if sum(len(content) for entry in entries for content in entry.messages(schema.VALUE)) > limits.METADATA_BYTES:
        raise Refused("metadata", f"more than {limits.METADATA_BYTES} bytes of metadata")
    return {entry.text(schema.KEY): entry.text(schema.VALUE) for entry in entries}


def _read_node(message: memoryview) -> Node:
    node = read_message(message, schema.NODE)
    domain, operator = node.text(schema.DOMAIN), node.text(schema.OPERATOR)
    attributes = [_read_attribute(part) for part in _limited(node, schema.ATTRIBUTES, limits.ATTRIBUTES)]
    if len(dict(attributes)) < len(attributes):
        raise Refused("options", f"{limits.label(operator)} with an attribute that stands twice")
    taken, given = tuple(node.texts(schema.TAKEN)), tuple(node.texts(schema.GIVEN))
    if len(taken) + len(given) > limits.INPUTS:
        raise Refused("limits", f"{limits.label(operator)} with more than {limits.INPUTS} inputs and outputs")
    spelt = operator if domain in OWN_DOMAINS else f"{domain}.{operator}"
    return Node(limits.label(spelt), taken, given, dict(attributes))


def _read_attribute(message: memoryview) -> tuple[str, Attribute]:
    """An attribute's name and value; Refused where it says to be of another kind than it is."""
    attribute = read_message(message, schema.ATTRIBUTE)
    name, kind = limits.label(attribute.text(schema.NAME)), attribute.whole(schema.VALUE_TYPE)
    held = set(attribute) - {schema.NAME, schema.COMMENT, schema.VALUE_TYPE}
    holder = schema.HOLDERS.get(kind)
    if holder is None or not held <= {holder}:
        raise Refused("options", f"the attribute {name!r} of kind {kind} holds something else")
    return name, _attribute_value(attribute, holder)


def _attribute_value(attribute: Message, holder: int) -> Attribute:
    """An attribute's value; 0 or empty where it is left out."""
    contents = attribute.messages(holder)
    if holder == schema.REAL_VALUE:
        return float(_reals(contents, "float32")[0]) if contents else 0.0
    if holder == schema.WHOLE_VALUE:
        return attribute.whole(holder)
    if holder == schema.TEXT_VALUE:
        return bytes(contents[0]) if contents else b""
    if holder == schema.TENSOR_VALUE:
        return _read_tensor(contents[0])[1] if contents else np.zeros(0)
    return (
        tuple(_reals(contents, "float32").tolist()) if holder == schema.REAL_VALUES else tuple(_whole_numbers(contents))
    )


def _read_tensor(message: memoryview) -> tuple[str, NDArray[Any]]:
    """A constant's name and numbers; Refused where they are not as many as its shape needs."""
    tensor = read_message(message, schema.TENSOR)
    dtype = DTYPES.get(tensor.whole(schema.TYPE))
    if tensor.whole(schema.LOCATION):
        raise Refused("external-data", "a constant in another file")
    if dtype is None:
        raise Refused("type", f"a constant of type number {tensor.whole(schema.TYPE)}")
    shape = tuple(_whole_numbers(tensor.get(schema.DIMENSIONS, [])))
    limits.check_shape(*shape)
    return tensor.text(schema.TENSOR_NAME), _shaped(tensor, dtype, shape)


def _shaped(tensor: Message, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A constant, from its bytes or from a list of numbers."""
    listed = [number for number in schema.TYPED if number in tensor]
    if schema.RAW in tensor and not listed:
        raw = tensor.messages(schema.RAW)[0]
        if len(raw) != math.prod(shape) * dtype.itemsize:
            raise Refused("constant", f"{len(raw)} bytes for a constant of {dtype} {shape}")
        return np.frombuffer(raw, dtype.newbyteorder("<")).reshape(shape)
    if len(listed) > 1 or schema.RAW in tensor or dtype == np.float16:
        raise Refused("constant", f"a constant of {dtype} {shape} with its numbers in the wrong place")
    numbers = _numbers(tensor, listed[0]) if listed else np.zeros(0)
    if numbers.size != math.prod(shape):
        raise Refused("constant", f"{numbers.size} numbers for a constant of {dtype} {shape}")
    return numbers.astype(dtype).reshape(shape)


def _numbers(tensor: Message, number: int) -> NDArray[Any]:
    """The numbers of one of TensorProto's lists."""
    dtype = np.dtype(schema.TYPED[number])
    contents = tensor[number]
    return np.array(_whole_numbers(contents), dtype) if dtype.kind == "i" else _reals(contents, dtype)


def _reals(contents: Iterable[Content], dtype: DTypeLike) -> NDArray[Any]:
    """Real numbers of one field: one by one or packed."""
    kind = np.dtype(dtype).newbyteorder("<")
    parts = [content for content in contents if isinstance(content, memoryview)]
    if any(len(part) % kind.itemsize for part in parts):
        raise Refused("form", f"a list of numbers of {kind.itemsize} bytes that does not end with one")
    return np.concatenate([np.zeros(0, kind), *(np.frombuffer(part, kind) for part in parts)])


def _whole_numbers(contents: Iterable[Content]) -> list[int]:
    """Whole numbers of one field: one by one or packed."""
    found: list[int] = []
    for content in contents:
        room = limits.LISTED - len(found) + 1
        found += [content] if isinstance(content, int) else islice(varints(content), room)
    if len(found) > limits.LISTED:
        raise Refused("limits", f"more than {limits.LISTED} numbers in a list")
    return list(map(signed, found))


def _limited(message: Message, number: int, limit: int) -> list[memoryview]:
    """A field's messages; Refused where there are more than `limit`."""
    found = message.messages(number)
    if len(found) > limit:
        raise Refused("limits", f"{len(found)} operators, constants or attributes; at most {limit} are allowed")
    return found
