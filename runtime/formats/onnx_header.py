"""The shapes that an `.onnx` file declares, read from its bytes as the protobuf format lays them out.

For engines that do not tell them: OpenCV 4.11 divides by zero and takes the process with it when images of another
shape or number are put into a network that was made for a fixed batch (github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from runtime.errors import ModelError
from runtime.formats.protobuf import children, fields

Shape = tuple[int | str | None, ...]
"""One length per axis: a number, the name of a free length, or None where nothing is said."""

GRAPH, INPUT, OUTPUT = 7, 11, 12  # ModelProto.graph, GraphProto.input and .output
TYPE, TENSOR, SHAPE, DIMENSION = 2, 1, 2, 1  # ValueInfoProto.type, TypeProto.tensor_type, Tensor.shape, .dim
LENGTH, NAME = 1, 2  # Dimension.dim_value and .dim_param


def declared_shapes(data: bytes, path: str) -> tuple[Shape, Shape]:
    """The shapes of the network's one input and one output; ModelError where the bytes tell no such thing."""
    try:
        graph = next(children(memoryview(data), GRAPH))
        inputs, outputs = ([_shape(value) for value in children(graph, number)] for number in (INPUT, OUTPUT))
    except (IndexError, ValueError, StopIteration) as error:
        raise ModelError(f"{path}: not a readable .onnx file; copy or convert it anew") from error
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"{path}: expected one input and one output, got {len(inputs)} and {len(outputs)}")
    return inputs[0], outputs[0]


def _shape(value: memoryview) -> Shape:
    """The shape of a ValueInfoProto."""
    messages = [value]
    for number in (TYPE, TENSOR, SHAPE, DIMENSION):
        messages = [child for message in messages for child in children(message, number)]
    return tuple(map(_length, messages))


def _length(dimension: memoryview) -> int | str | None:
    for number, content in fields(dimension):
        if number == LENGTH and isinstance(content, int):
            return content
        if number == NAME and isinstance(content, memoryview):
            return bytes(content).decode("utf-8")
    return None
