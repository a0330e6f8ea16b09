"""An ONNX graph in its canonical form: the same network gives the same bytes in every process.

tf2onnx and ONNX Runtime name and order nodes and tensors after counters and sets that differ from run to run. Here the
nodes are ordered by walking from the output to the inputs, and everything is named after its place in that order.
"""

from collections.abc import Iterator

import onnx

from runtime import __version__

INPUT, OUTPUT, BATCH = "image", "probabilities", "batch"
DEFAULT_DOMAIN = ("", "ai.onnx")


def canonical(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with canonical order and names and nothing else in it.

    `model` has one input and one output. What the output does not need is left out, as are value infos and doc strings.
    """
    nodes = _in_order(model.graph)
    names = _names(model.graph, nodes)
    constants = {constant.name: constant for constant in model.graph.initializer}
    used = dict.fromkeys(name for node in nodes for name in node.input if name in constants)
    graph = onnx.helper.make_graph(
        [_rename_node(node, title, names) for title, node in zip(_titles(nodes), nodes, strict=True)],
        "digits",
        [_rename_value(model.graph.input[0], names)],
        [_rename_value(model.graph.output[0], names)],
        [_rename_constant(constants[name], names) for name in used],
    )
    opset = next(entry.version for entry in model.opset_import if entry.domain in DEFAULT_DOMAIN)
    return onnx.helper.make_model(
        graph,
        ir_version=model.ir_version,
        opset_imports=[onnx.helper.make_opsetid("", opset)],
        producer_name="digits",
        producer_version=__version__,
    )


def free_batch(model: onnx.ModelProto) -> None:
    """Let a network that was made for a batch of one take any number of images, in place.

    The converter writes the batch into the first place of the input's, the output's and every reshape's shape and
    nowhere else, because no layer of a classifier mixes images. A network made for any batch would compute those shapes
    anew for every batch, with five more operators that some engines cannot read.
    """
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    shapes = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for constant in model.graph.initializer:
        if constant.name in shapes:
            _free_first(constant)


def _free_first(constant: onnx.TensorProto) -> None:
    """Turn the shape (1, …) into (-1, …)."""
    shape = onnx.numpy_helper.to_array(constant).copy()
    if shape[0] == 1 and (shape[1:] > 0).all():
        shape[0] = -1
        constant.CopyFrom(onnx.numpy_helper.from_array(shape, constant.name))


def _in_order(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes that the output needs, each after those it needs itself, first inputs first."""
    makers = {name: node for node in graph.node for name in node.output}
    ordered: dict[str, onnx.NodeProto] = {}
    waiting = [graph.output[0].name]
    while waiting:
        node = makers[waiting[-1]]
        needed = (name for name in node.input if name in makers and makers[name].output[0] not in ordered)
        if missing := next(needed, None):
            waiting.append(missing)
        else:
            waiting.pop()
            ordered[node.output[0]] = node
    return list(ordered.values())


def _names(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> dict[str, str]:
    """New names for all tensors: after the node that makes them, or the first that reads them and their place there."""
    names = {"": ""}
    for title, node in zip(_titles(nodes), nodes, strict=True):
        for place, source in enumerate(node.input):
            names.setdefault(source, f"{title}_{place}")
        for place, result in enumerate(node.output):
            names[result] = f"{title}_out{place or ''}"
    names[graph.input[0].name] = INPUT
    names[graph.output[0].name] = OUTPUT
    return names


def _titles(nodes: list[onnx.NodeProto]) -> Iterator[str]:
    """A name for each node, such as "003_conv"."""
    return (f"{index:03}_{node.op_type.lower()}" for index, node in enumerate(nodes))


def _rename_node(node: onnx.NodeProto, title: str, names: dict[str, str]) -> onnx.NodeProto:
    """The node with new names and its attributes in alphabetical order."""
    sources, results = ([names[name] for name in ends] for ends in (node.input, node.output))
    renamed = onnx.helper.make_node(node.op_type, sources, results, title)
    renamed.attribute.extend(sorted(node.attribute, key=lambda attribute: attribute.name))
    return renamed


def _rename_value(value: onnx.ValueInfoProto, names: dict[str, str]) -> onnx.ValueInfoProto:
    """An input or output under its new name."""
    tensor = value.type.tensor_type
    shape = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
    return onnx.helper.make_tensor_value_info(names[value.name], tensor.elem_type, shape)


def _rename_constant(constant: onnx.TensorProto, names: dict[str, str]) -> onnx.TensorProto:
    """A constant under its new name, its numbers stored as raw bytes."""
    return onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(constant), names[constant.name])
