"""The structure of a `.tflite` file that keeps the rules of `digits inspect`."""

import math
from collections import Counter

from convert.structure import Operator, Structure, Tensor
from runtime.formats import tflite_file
from runtime.inspection import check_bytes


def read_tflite(data: bytes, source: object) -> Structure:
    """The structure of the file's only graph; `source` names the file in errors.

    Raises ModelError where the bytes are no such file or break a rule: several graphs, operators of their own, shapes
    or scales that do not fit.
    """
    check_bytes(data, "tflite", str(source))
    file = tflite_file.read_tflite(data)
    tensors = [_describe(tensor) for tensor in file.tensors]
    constants: Counter[str] = Counter()
    for tensor in file.tensors:
        if tensor.data is not None:
            constants[tensor.dtype.name] += math.prod(tensor.shape)
    return Structure(
        inputs=tuple(tensors[index] for index in file.inputs),
        outputs=tuple(tensors[index] for index in file.outputs),
        operators=tuple(_read_operator(operator, tensors) for operator in file.operators),
        constants=dict(constants),
    )


def _describe(tensor: tflite_file.Tensor) -> Tensor:
    """A tensor's dtype and shape, where a signature of -1 means any size."""
    return Tensor(tensor.dtype.name, tuple(None if length < 0 else length for length in tensor.signature))


def _read_operator(operator: tflite_file.Operator, tensors: list[Tensor]) -> Operator:
    touched = [tensors[index].dtype for index in (*operator.inputs, *operator.outputs) if index >= 0]
    return Operator(operator.name, whole_numbers=not any(dtype.startswith("float") for dtype in touched))
