"""The structure of an `.onnx` file, after ONNX's own checker has passed it."""

import math
from collections import Counter

import numpy as np
import onnx

from convert.keras_model import first_line
from convert.structure import Operator, Structure, Tensor
from runtime.errors import ModelError


def read_onnx(data: bytes, source: object) -> Structure:
    """The structure of the file's graph; `source` names the file in errors.

    Raises ModelError where the bytes are no such file, the checker refuses it, or it keeps numbers in other files,
    which could be any file of the machine that reads it.
    """
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own error class differs between its implementations
        raise ModelError(f"{source}: not an .onnx file ({first_line(error)})") from error
    if any(constant.data_location == onnx.TensorProto.EXTERNAL for constant in _all_constants(model.graph)):
        raise ModelError(f"{source}: it keeps numbers in other files, which is refused; convert it anew")
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ModelError(f"{source}: a damaged .onnx file ({first_line(error)}); convert it anew") from error
    return _read_graph(model.graph)


def _read_graph(graph: onnx.GraphProto) -> Structure:
    constants: Counter[str] = Counter()
    for constant in graph.initializer:
        constants[_dtype(constant.data_type)] += math.prod(constant.dims)
    dequantised = {name for node in graph.node if node.op_type == "DequantizeLinear" for name in node.output}
    return Structure(
        inputs=tuple(map(_read_value, graph.input)),
        outputs=tuple(map(_read_value, graph.output)),
        # The third input, the bias, may stay in floating point: engines quantise it themselves.
        operators=tuple(Operator(_spell(node), dequantised.issuperset(node.input[:2])) for node in graph.node),
        constants=dict(constants),
    )


def _all_constants(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    """The graph's constants, also those that nodes carry as attributes."""
    carried = [a.t for node in graph.node for a in node.attribute if a.type == onnx.AttributeProto.TENSOR]
    return [*graph.initializer, *carried]


def _read_value(value: onnx.ValueInfoProto) -> Tensor:
    """An input's or output's dtype and shape, where a named size means any."""
    tensor = value.type.tensor_type
    shape = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim)
    return Tensor(_dtype(tensor.elem_type), shape)


def _dtype(number: int) -> str:
    """NumPy's name for one of ONNX's types."""
    return str(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(number)))


def _spell(node: onnx.NodeProto) -> str:
    """An operator's name, with its domain unless that is ONNX's own."""
    return f"{node.domain}.{node.op_type}" if node.domain else node.op_type
