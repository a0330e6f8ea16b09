"""The structure of an `.onnx` file that keeps the rules of `digits inspect` and has passed ONNX's own checker."""

from collections import Counter

import onnx

from convert.keras_model import first_line
from convert.structure import Operator, Structure, Tensor
from runtime.errors import ModelError
from runtime.formats import onnx_file
from runtime.inspection import check_bytes


def read_onnx(data: bytes, source: object) -> Structure:
    """The structure of the file's graph; `source` names the file in errors.

    Raises ModelError where the bytes are no such file, break a rule, such as keeping numbers in other files, which
    could be any file of the machine that reads it, or where the checker refuses them.
    """
    check_bytes(data, "onnx", str(source))
    try:
        onnx.checker.check_model(data, full_check=True)
    except Exception as error:  # of the checker, of shape inference, or of protobuf
        raise ModelError(f"{source}: a damaged .onnx file ({first_line(error)}); convert it anew") from error
    return _describe(onnx_file.read_onnx(data))


def _describe(file: onnx_file.OnnxFile) -> Structure:
    constants: Counter[str] = Counter()
    for constant in file.constants.values():
        constants[constant.dtype.name] += constant.size
    dequantised = {name for node in file.nodes if node.operator == "DequantizeLinear" for name in node.outputs}
    ends = [_read_value(value) for value in file.declared[: len(file.inputs) + len(file.outputs)]]
    return Structure(
        inputs=tuple(ends[: len(file.inputs)]),
        outputs=tuple(ends[len(file.inputs) :]),
        # The third input, the bias, may stay in floating point: engines quantise it themselves.
        operators=tuple(Operator(node.operator, dequantised.issuperset(node.inputs[:2])) for node in file.nodes),
        constants=dict(constants),
    )


def _read_value(value: onnx_file.Value) -> Tensor:
    """An input's or output's dtype and shape, where a named size means any."""
    dtype = value.dtype.name if value.dtype else "unknown"
    return Tensor(dtype, tuple(length if isinstance(length, int) else None for length in value.shape or ()))
