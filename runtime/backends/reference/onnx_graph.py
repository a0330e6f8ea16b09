"""From an `.onnx` file to the graph that the reference engine runs: which kernel each operator is."""

import numpy as np

from runtime.backends.reference import float_kernels, onnx_arithmetic, onnx_layers
from runtime.backends.reference.graph import Array, Graph, Key, Step, assemble
from runtime.backends.reference.onnx_arithmetic import (
    Build,
    build_binary,
    build_function,
    build_reduced,
    build_scaled,
)
from runtime.errors import ModelError
from runtime.formats.onnx_file import Node, OnnxFile

BUILDERS: dict[str, Build] = {
    "Conv": onnx_layers.build_convolution,
    "Gemm": onnx_layers.build_gemm,
    "MatMul": onnx_layers.build_product,
    "MaxPool": onnx_layers.build_largest,
    "AveragePool": onnx_layers.build_average,
    "GlobalAveragePool": onnx_layers.build_global(np.mean),
    "GlobalMaxPool": onnx_layers.build_global(np.max),
    "Relu": build_function(lambda values: np.maximum(values, 0)),
    "Sigmoid": build_function(float_kernels.logistic),
    "Tanh": build_function(np.tanh),
    "Elu": build_scaled(float_kernels.elu, 1.0),
    "LeakyRelu": build_scaled(float_kernels.leaky, 0.01),
    "PRelu": build_binary(float_kernels.leaky),
    "HardSigmoid": onnx_arithmetic.build_hard_sigmoid,
    "Clip": onnx_arithmetic.build_clip,
    "Softmax": onnx_arithmetic.build_softmax,
    "Add": build_binary(np.add),
    "Sub": build_binary(np.subtract),
    "Mul": build_binary(np.multiply),
    "Div": build_binary(np.divide),
    "Max": build_binary(np.maximum),
    "Min": build_binary(np.minimum),
    "ReduceMean": build_reduced(np.mean),
    "ReduceSum": build_reduced(np.sum),
    "ReduceMax": build_reduced(np.max),
    "QuantizeLinear": onnx_arithmetic.build_quantise,
    "DequantizeLinear": onnx_arithmetic.build_dequantise,
    "Flatten": onnx_arithmetic.build_flatten,
    "Reshape": onnx_arithmetic.build_reshape,
    "Transpose": onnx_arithmetic.build_transpose,
    "Squeeze": onnx_arithmetic.build_squeeze,
    "Unsqueeze": onnx_arithmetic.build_unsqueeze,
    "Concat": onnx_arithmetic.build_join,
    "Pad": onnx_arithmetic.build_pad,
}
"""Every operator of `.onnx` files that is run, and what makes its kernel."""


def build_graph(file: OnnxFile, path: str) -> Graph:
    """The graph of a file with one input and one output.

    Raises ModelError for an operator that is not among BUILDERS, and ValueError for what does not fit together.
    """
    if len(file.inputs) != 1 or len(file.outputs) != 1:
        raise ValueError(f"expected one input and one output, got {len(file.inputs)} and {len(file.outputs)}")
    missing = dict.fromkeys(node.operator for node in file.nodes if node.operator not in BUILDERS)
    if missing:
        raise ModelError(f"{path}: the reference engine does not know {', '.join(missing)}; take another engine for it")
    constants: dict[Key, Array] = {name: array for name, array in file.constants.items()}  # noqa: C416
    return assemble(file.inputs[0], file.outputs[0], constants, [_step(node) for node in file.nodes])


def _step(node: Node) -> Step:
    if len(node.outputs) != 1:
        raise ValueError(f"{node.operator} with {len(node.outputs)} outputs")
    inputs = tuple(name or None for name in node.inputs)
    return Step(node.operator, inputs, node.outputs[0], BUILDERS[node.operator](node))
