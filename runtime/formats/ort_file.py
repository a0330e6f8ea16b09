"""What an `.ort` file holds, ONNX Runtime's own format: the same graph as an `.onnx` file's, read from its FlatBuffer.

ONNX Runtime stores the graph as it has optimised it, its operators by number and in any order, and with every edge
between them. The edges must be those that the names of tensors give. Damaged bytes raise Refused, a ValueError.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits
from runtime.formats import ort_schema as schema
from runtime.formats.flatbuffer import Table, read_flatbuffer
from runtime.formats.onnx_file import DTYPES, OWN_DOMAINS, Attribute, Node, OnnxFile, Value, check_opset
from runtime.formats.refused import Refused

IDENTIFIER = b"ORTM"  # at bytes 4 to 8
PROVIDERS = ("", "CPUExecutionProvider")
NUMBER, NAMED = 1, 2  # of the schema's enumeration DimensionValueType
Edge = tuple[int, int, int]
"""The number of another node, the place among the outputs of the first and among the inputs of the second."""


def read_ort(data: bytes) -> OnnxFile:
    """The graph of an `.ort` file; Refused where the bytes are no such file, or hold what is not read here."""
    if data[4:8] != IDENTIFIER:
        raise Refused("form", f"not an .ort file: bytes 4 to 8 are {data[4:8]!r} and not {IDENTIFIER!r}")
    session, end = read_flatbuffer(memoryview(data), schema.SESSION)
    model = session.table(schema.MODEL_OF)
    graph = model.table(schema.GRAPH) if model else None
    if model is None or graph is None:
        raise Refused("form", "no graph")
    if data[end:].strip(b"\0") or len(data) - end > 64:
        raise Refused("archive", f"{len(data) - end} bytes behind the network")
    tables = graph.tables(schema.NODES)
    nodes = [_read_node(table) for table in tables]
    _check_edges(graph, tables, nodes)
    values = {value.name: value for value in map(_read_value, graph.tables(schema.KNOWN))}
    inputs, outputs = graph.texts(schema.INPUTS), graph.texts(schema.OUTPUTS)
    if missing := [name for name in (*inputs, *outputs) if name not in values]:
        raise Refused("form", f"nothing is said of {limits.label(missing[0])!r}")
    constants = dict(_read_tensor(tensor) for tensor in graph.tables(schema.CONSTANTS))
    if sum(array.nbytes for array in constants.values()) > limits.FILE_BYTES:
        raise Refused("limits", "constants that share their contents many times")
    there = {*constants, *(name for node in nodes for name in node.outputs if name)} - {*inputs, *outputs}
    between = [value for name, value in values.items() if name in there]  # others are left from before optimising
    if len(constants) < len(graph.tables(schema.CONSTANTS)):
        raise Refused("order", "two constants of one name")
    declared = (*(values[name] for name in (*inputs, *outputs)), *between)
    return OnnxFile(_in_order(nodes), constants, inputs, outputs, declared, _read_opset(model), _read_properties(model))


def _read_opset(model: Table) -> int:
    sets = model.tables(schema.OPSETS)
    return check_opset([s.number(schema.OPSET_VERSION) for s in sets if s.text(schema.OPSET_DOMAIN) in OWN_DOMAINS])


def _read_properties(model: Table) -> dict[str, str]:
    found = {entry.text(schema.KEY): entry.text(schema.VALUE) for entry in model.tables(schema.PROPERTIES)}
    if sum(map(len, found.values())) > limits.METADATA_BYTES:
        raise Refused("metadata", f"more than {limits.METADATA_BYTES} bytes of metadata")
    return found


def _read_node(table: Table) -> Node:
    domain, operator = table.text(schema.DOMAIN), table.text(schema.OPERATOR)
    taken, given, counts = table.texts(schema.TAKEN), table.texts(schema.GIVEN), table.vector(schema.COUNTS)
    if table.text(schema.PROVIDER) not in PROVIDERS:
        raise Refused("operator", f"{limits.label(operator)} for {limits.label(table.text(schema.PROVIDER))!r}")
    if counts is None or (counts < 0).any() or counts.sum() != len(taken):
        raise Refused("form", f"{limits.label(operator)} with a wrong count of its inputs")
    attributes = [_read_attribute(attribute) for attribute in table.tables(schema.ATTRIBUTES)]
    if len(dict(attributes)) < len(attributes):
        raise Refused("options", f"{limits.label(operator)} with an attribute that stands twice")
    spelt = operator if domain in OWN_DOMAINS else f"{domain}.{operator}"
    return Node(limits.label(spelt), taken, given, dict(attributes))


def _read_attribute(table: Table) -> tuple[str, Attribute]:
    name, kind = limits.label(table.text(schema.NAME)), table.number(schema.KIND)
    if kind == 1:
        return name, table.real(schema.REAL)
    if kind == 2:
        return name, table.number(schema.WHOLE)
    if kind == 3:
        return name, table.text(schema.TEXT).encode()
    slot = {6: schema.REALS, 7: schema.WHOLES}.get(kind)
    if slot is None:
        raise Refused("options", f"the attribute {name!r} of kind {kind}")
    found = table.vector(slot)
    return name, () if found is None else tuple(found.tolist())


def _read_tensor(table: Table) -> tuple[str, NDArray[Any]]:
    dtype, lengths, raw = (
        DTYPES.get(table.number(schema.TYPE)),
        table.vector(schema.DIMENSIONS),
        table.vector(schema.RAW),
    )
    shape = () if lengths is None else tuple(lengths.tolist())
    if dtype is None:
        raise Refused("type", f"a constant of type number {table.number(schema.TYPE)}")
    limits.check_shape(*shape)
    size = 0 if raw is None else raw.size
    if raw is None or size != math.prod(shape) * dtype.itemsize:
        raise Refused("constant", f"{size} bytes for a constant of {dtype} {shape}")
    return table.text(schema.TENSOR_NAME), np.frombuffer(raw.data, dtype.newbyteorder("<")).reshape(shape)


def _read_value(table: Table) -> Value:
    kind = table.table(schema.VALUE_TYPE)
    tensor = kind.table(schema.TYPE_VALUE) if kind else None
    name = table.text(schema.VALUE_NAME)
    if tensor is None:
        return Value(name, None, None)
    if tensor.layout.name != "TensorTypeAndShape":
        raise Refused("type", f"{limits.label(name)!r} is no tensor")
    shape = tensor.table(schema.SHAPE)
    lengths = tuple(map(_length, shape.tables(schema.LENGTHS))) if shape else None
    return Value(name, DTYPES.get(tensor.number(schema.ELEMENT)), lengths)


def _length(table: Table) -> int | str | None:
    value = table.table(schema.LENGTH_OF)
    if value is None:
        return None
    kind = value.number(schema.LENGTH_KIND)
    if kind == NUMBER:
        return value.number(schema.LENGTH)
    return (value.text(schema.LENGTH_NAME) or None) if kind == NAMED else None


def _check_edges(graph: Table, tables: Sequence[Table], nodes: Sequence[Node]) -> None:
    """Refuse numbers of nodes that are not their own, and edges that are not those between equal names."""
    indices = [table.number(schema.INDEX) for table in tables]
    if len(set(indices)) < len(indices) or max(indices, default=0) >= max(1, graph.number(schema.MOST_NODES)):
        raise Refused("form", "operators whose numbers are not their own")
    if graph.number(schema.MOST_NODES) > limits.TENSORS:
        raise Refused("limits", f"numbers of operators up to {graph.number(schema.MOST_NODES)}")
    by_index = dict(zip(indices, nodes, strict=True))
    entries = graph.tables(schema.EDGES)
    told = {entry.number(schema.EDGE_NODE): entry for entry in entries}
    if set(told) - set(by_index) or len(told) < len(entries):
        raise Refused("form", "edges of operators that are not there")
    makers = {name: (index, at) for index, node in by_index.items() for at, name in enumerate(node.outputs) if name}
    coming: dict[int, set[Edge]] = {index: set() for index in indices}
    leaving: dict[int, set[Edge]] = {index: set() for index in indices}
    for index, node in by_index.items():
        for at, name in enumerate(node.inputs):
            if name in makers:
                maker, place = makers[name]
                coming[index].add((maker, place, at))
                leaving[maker].add((index, place, at))
    for index in indices:
        if _edges(told.get(index), schema.EDGES_IN) != coming[index]:
            raise Refused("order", f"operator {index} with edges that its inputs do not have")
        if _edges(told.get(index), schema.EDGES_OUT) != leaving[index]:
            raise Refused("order", f"operator {index} with edges that its outputs do not have")


def _edges(entry: Table | None, slot: int) -> set[Edge]:
    rows = entry.vector(slot) if entry else None
    return set() if rows is None else {(int(node), int(source), int(target)) for node, source, target in rows}


def _in_order(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes, each behind those that it needs; Refused where they need each other."""
    makers = {name for node in nodes for name in node.outputs if name}
    waiting, done, ordered = list(nodes), set[str](), list[Node]()
    while waiting:
        ready = [node for node in waiting if not any(name in makers and name not in done for name in node.inputs)]
        if not ready:
            raise Refused("order", f"{waiting[0].operator} and others that need each other")
        done.update(name for node in ready for name in node.outputs)
        ordered += ready
        waiting = [node for node in waiting if node not in ready]
    return tuple(ordered)
