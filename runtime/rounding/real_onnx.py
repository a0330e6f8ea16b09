"""An `.onnx` file's network in real numbers: pairs of QuantizeLinear and DequantizeLinear become nothing."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from runtime.backends.reference import onnx_graph
from runtime.backends.reference.graph import Array, Key
from runtime.formats.onnx_file import Node, OnnxFile, read_onnx
from runtime.formats.onnx_header import declared_shapes
from runtime.rounding.network import Network, Own, new_steps, softmax_input

BETWEEN = ("QuantizeLinear", "DequantizeLinear")


def read(data: bytes, path: str) -> Network:
    """The network of the file's bytes; ValueError, IndexError or ModelError where it cannot be read."""
    file = read_onnx(data)
    batch = declared_shapes(data, path)[0][0]
    stored = {node.outputs[0]: node for node in file.nodes if _is_stored(node, file)}
    same = _same_numbers(file, stored)
    graph = onnx_graph.build_graph(_in_real_numbers(file, stored, same), path)
    steps = _steps(file, stored, same)
    logits = softmax_input(graph)
    names: dict[Key, str] = {step.output: str(step.output) for step in graph.steps}
    seen: dict[Key, Key] = {root: name for name, root in same.items()}  # the last one stays
    own = Own(
        lambda: onnx_graph.build_graph(file, path), seen, take=lambda images: images, real=lambda _, values: values
    )
    return Network(
        graph=graph,
        own=own,
        names={graph.input: str(graph.input), **names},
        steps=new_steps(graph, steps),
        by_image=frozenset(),
        input_step=_largest(steps.get(graph.input)),
        output_step=_largest(steps.get(graph.output)),
        logits_step=None if logits is None else _largest(steps.get(logits)),
        batch=batch if isinstance(batch, int) else None,
    )


def _is_stored(node: Node, file: OnnxFile) -> bool:
    """Whether a node brings back a constant."""
    return node.operator == "DequantizeLinear" and node.inputs[0] in file.constants


def _same_numbers(file: OnnxFile, stored: Mapping[str, Node]) -> dict[str, str]:
    """For what a node only writes in another way, the tensor that it is written from."""
    same: dict[str, str] = {}
    for node in file.nodes:
        if node.operator in BETWEEN and node.outputs[0] not in stored and not _rectifies(node, file):
            source = node.inputs[0]
            same[node.outputs[0]] = same.get(source, source)
    return same


def _rectifies(node: Node, file: OnnxFile) -> bool:
    """Whether a node also is the rectifier: where no number stands below 0, converters leave the Relu out."""
    if node.operator != "QuantizeLinear" or node.inputs[0] in file.inputs:
        return False
    zero_point = file.constants[node.inputs[2]] if len(node.inputs) > 2 else np.zeros(1, np.uint8)
    return bool((zero_point == np.iinfo(zero_point.dtype).min).all())


def _in_real_numbers(file: OnnxFile, stored: Mapping[str, Node], same: Mapping[str, str]) -> OnnxFile:
    """The file without pairs of QuantizeLinear and DequantizeLinear."""
    real = {name: _dequantised(file, node) for name, node in stored.items()}
    nodes = [
        Node("Relu", node.inputs[:1], node.outputs, {}) if _rectifies(node, file) else node
        for node in file.nodes
        if node.operator not in BETWEEN or _rectifies(node, file)
    ]
    return OnnxFile(
        nodes=tuple(replace(node, inputs=tuple(same.get(name, name) for name in node.inputs)) for node in nodes),
        constants={**file.constants, **real},
        inputs=file.inputs,
        outputs=tuple(same.get(name, name) for name in file.outputs),
    )


def _dequantised(file: OnnxFile, node: Node) -> Array:
    """The real numbers of a constant."""
    kernel = onnx_graph.BUILDERS[node.operator](node)
    return kernel(*(file.constants[name] for name in node.inputs if name))


def _steps(file: OnnxFile, stored: Mapping[str, Node], same: Mapping[str, str]) -> dict[Key, Array]:
    """How coarse each tensor is; the coarsest of all ways in which the same numbers are written."""
    steps: dict[Key, Array] = {}
    for node in file.nodes:
        if node.operator not in BETWEEN:
            continue
        constant = node.outputs[0] in stored
        root = same.get(node.outputs[0], node.outputs[0])
        rank = file.constants[node.inputs[0]].ndim if constant else 0
        steps[root] = np.maximum(steps.get(root, np.float64(0)), _step(file, node, rank))
    return steps


def _step(file: OnnxFile, node: Node, rank: int) -> Array:
    """The scale, shaped to meet a tensor of `rank` axes where there are several."""
    scale = np.asarray(file.constants[node.inputs[1]], np.float64)
    if scale.size == 1:
        return scale.reshape(())
    axis = node.attributes.get("axis", 1)
    if not isinstance(axis, int) or not rank:
        raise ValueError(f"{node.operator} of {node.inputs[0]} with {scale.size} scales")
    return scale.reshape([-1 if index == axis % rank else 1 for index in range(rank)])


def _largest(step: Array | None) -> float | None:
    return None if step is None else float(np.max(step))
