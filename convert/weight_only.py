"""Weights in 8 bits under a network that computes in float32."""

from typing import Any

import numpy as np
import onnx

from runtime.errors import MissingDependency

WEIGHTED = {"Conv": 0, "Gemm": None, "MatMul": 1}  # operators whose second input is quantised, and along which axis
LEVELS = 127  # steps on each side of 0
FEWEST = 64  # numbers; smaller weights would lose more bytes to their scales than they save


def quantise_weights(data: bytes) -> bytes:
    """A float32 `.tflite` file with its weights in 8 bits, one scale for each filter, brought back as it is run.

    Through AI Edge Quantizer; MissingDependency where it is not installed.
    """
    try:
        from ai_edge_quantizer import quantizer, recipe  # noqa: PLC0415 - an extra of its own
    except ModuleNotFoundError as error:
        remedy = "install it with: pip install '.[quantise]'"
        raise MissingDependency(f"weights in 8 bits need the package {error.name!r}; {remedy}") from error
    tool = quantizer.Quantizer(bytearray(data))
    tool.load_quantization_recipe(recipe.weight_only_wi8_afp32())
    return bytes(tool.quantize().quantized_model)


def quantise_onnx_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a float32 `.onnx` graph, its weights in 8 bits before DequantizeLinear, one scale for each filter."""
    quantised = onnx.ModelProto()
    quantised.CopyFrom(model)
    graph = quantised.graph
    constants = {constant.name: constant for constant in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        name = node.input[1] if node.op_type in WEIGHTED else ""
        values = onnx.numpy_helper.to_array(constants[name]) if name in constants else np.zeros(0, np.float32)
        if values.size >= FEWEST:
            graph.initializer.remove(constants.pop(name))
            graph.initializer.extend(_stored(name, values, _axis(node)))
            nodes.append(_restored(name, _axis(node)))
            node.input[1] = f"{name}_restored"
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    return quantised


def _axis(node: onnx.NodeProto) -> int:
    """The axis of a node's weights that counts the filters."""
    axis = WEIGHTED[node.op_type]
    transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return int(not transposed) if axis is None else axis


def _stored(name: str, values: np.ndarray[Any, Any], axis: int) -> list[onnx.TensorProto]:
    """The whole numbers, their scales and zero points."""
    others = tuple(index for index in range(values.ndim) if index != axis)
    largest = np.abs(values).max(axis=others)
    scales = np.where(largest > 0, largest / LEVELS, 1).astype(np.float32)
    shape = [-1 if index == axis else 1 for index in range(values.ndim)]
    whole = np.clip(np.rint(values / scales.reshape(shape)), -LEVELS, LEVELS).astype(np.int8)
    parts = {"": whole, "_scale": scales, "_zero": np.zeros(len(scales), np.int8)}
    return [onnx.numpy_helper.from_array(part, f"{name}{ending}") for ending, part in parts.items()]


def _restored(name: str, axis: int) -> onnx.NodeProto:
    """The node that brings the weights back."""
    return onnx.helper.make_node(
        "DequantizeLinear", [name, f"{name}_scale", f"{name}_zero"], [f"{name}_restored"], axis=axis
    )
