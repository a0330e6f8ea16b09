"""From a `.tflite` file to the graph that the reference engine runs: which kernel each operator is."""

from collections.abc import Callable

from runtime.backends.reference import tflite_arithmetic, tflite_layers, tflite_shapes
from runtime.backends.reference.graph import Array, Graph, Kernel, Key, Step, assemble
from runtime.backends.reference.tflite_call import Call, make_call
from runtime.errors import ModelError
from runtime.formats.tflite_file import TfliteFile

Build = Callable[[Call], Kernel]

BUILDERS: dict[str, Build] = {
    "CONV_2D": tflite_layers.build_convolution,
    "DEPTHWISE_CONV_2D": tflite_layers.build_depthwise,
    "FULLY_CONNECTED": tflite_layers.build_connected,
    "MAX_POOL_2D": tflite_layers.build_largest,
    "AVERAGE_POOL_2D": tflite_layers.build_average,
    "SOFTMAX": tflite_arithmetic.build_softmax,
    "LEAKY_RELU": tflite_arithmetic.build_leaky,
    "PRELU": tflite_arithmetic.build_prelu,
    "QUANTIZE": tflite_arithmetic.build_quantise,
    "DEQUANTIZE": tflite_arithmetic.build_dequantise,
    "RESHAPE": tflite_shapes.build_reshape,
    "SHAPE": tflite_shapes.build_shape,
    "STRIDED_SLICE": tflite_shapes.build_slice,
    "PACK": tflite_shapes.build_stack,
    "CONCATENATION": tflite_shapes.build_join,
    "PAD": tflite_shapes.build_pad,
    "PADV2": tflite_shapes.build_pad,
    "GATHER": tflite_shapes.build_gather,
    "TRANSPOSE": tflite_shapes.build_transpose,
    "EXPAND_DIMS": tflite_shapes.build_expand,
    "SQUEEZE": tflite_shapes.build_squeeze,
    **dict.fromkeys(tflite_arithmetic.LIMITED, tflite_arithmetic.build_limited),
    **dict.fromkeys(tflite_arithmetic.BINARY, tflite_arithmetic.build_binary),
    **dict.fromkeys(tflite_arithmetic.FUNCTIONS, tflite_arithmetic.build_function),
    **dict.fromkeys(tflite_arithmetic.REDUCED, tflite_arithmetic.build_reduced),
}
"""Every operator of `.tflite` files that is run, and what makes its kernel."""


def build_graph(file: TfliteFile, path: str) -> Graph:
    """The graph of a file with one input and one output.

    Raises ModelError for an operator that is not among BUILDERS, and ValueError for what does not fit together.
    """
    if len(file.inputs) != 1 or len(file.outputs) != 1:
        raise ValueError(f"expected one input and one output, got {len(file.inputs)} and {len(file.outputs)}")
    missing = dict.fromkeys(operator.name for operator in file.operators if operator.name not in BUILDERS)
    if missing:
        raise ModelError(f"{path}: the reference engine does not know {', '.join(missing)}; take another engine for it")
    constants: dict[Key, Array] = {
        index: tensor.data for index, tensor in enumerate(file.tensors) if tensor.data is not None
    }
    steps = [
        Step(
            operator.name,
            tuple(None if index < 0 else index for index in operator.inputs),
            operator.outputs[0],
            BUILDERS[operator.name](call),
        )
        for operator, call in ((operator, make_call(file, operator)) for operator in file.operators)
    ]
    return assemble(file.inputs[0], file.outputs[0], constants, steps)
