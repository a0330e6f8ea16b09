"""The structure of a `.tflite` file, read through TensorFlow's flatbuffer schema."""

import math
from collections import Counter
from typing import Any

from tensorflow.lite.python import schema_py_generated as schema

from convert.structure import Operator, Structure, Tensor
from runtime.errors import ModelError

IDENTIFIER = b"TFL3"  # at bytes 4 to 8


def read_tflite(data: bytes, source: object) -> Structure:
    """The structure of the file's only graph; `source` names the file in errors.

    Raises ModelError where the bytes are no such file, hold several graphs, or ask for operators that are not
    TensorFlow's own.
    """
    if data[4:8] != IDENTIFIER:
        raise ModelError(f"{source}: not a .tflite file (its first bytes are {data[:8]!r})")
    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        return _read_graph(model)
    except ModelError:
        raise
    except Exception as error:  # a damaged flatbuffer leads the generated reader anywhere
        raise ModelError(f"{source}: a damaged .tflite file ({error}); convert it anew") from error


def _read_graph(model: Any) -> Structure:  # noqa: ANN401 - generated classes have no types
    if len(model.subgraphs) != 1:
        raise ModelError(f"expected one graph, got {len(model.subgraphs)}")
    graph = model.subgraphs[0]
    tensors = [_read_tensor(tensor) for tensor in graph.tensors]
    constants: Counter[str] = Counter()
    for tensor, described in zip(graph.tensors, tensors, strict=True):
        if _is_stored(model, tensor):
            constants[described.dtype] += math.prod(size or 0 for size in described.shape)
    return Structure(
        inputs=tuple(tensors[index] for index in graph.inputs),
        outputs=tuple(tensors[index] for index in graph.outputs),
        operators=tuple(_read_operator(model, operator, tensors) for operator in graph.operators),
        constants=dict(constants),
    )


def _read_tensor(tensor: Any) -> Tensor:  # noqa: ANN401
    """A tensor's dtype and shape, where a signature of -1 means any size."""
    shape = [] if tensor.shape is None else tensor.shape
    signature = shape if tensor.shapeSignature is None else tensor.shapeSignature
    return Tensor(_name(schema.TensorType, tensor.type).lower(), tuple(None if n < 0 else int(n) for n in signature))


def _is_stored(model: Any, tensor: Any) -> bool:  # noqa: ANN401
    """Whether the file holds the tensor's numbers."""
    data = model.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def _read_operator(model: Any, operator: Any, tensors: list[Tensor]) -> Operator:  # noqa: ANN401
    code = model.operatorCodes[operator.opcodeIndex]
    # Old writers keep the code in the older, narrower field.
    name = _name(schema.BuiltinOperator, max(code.builtinCode, code.deprecatedBuiltinCode))
    touched = [tensors[index].dtype for index in (*operator.inputs, *operator.outputs) if index >= 0]
    return Operator(name, whole_numbers=not any(dtype.startswith("float") for dtype in touched))


def _name(enumeration: type, value: int) -> str:
    """The schema's name for a number."""
    return next(name for name, number in vars(enumeration).items() if number == value)
