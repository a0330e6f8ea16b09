"""The shapes that an `.onnx` file declares, read from its bytes as the protobuf format lays them out.

For engines that do not tell them: OpenCV 4.11 divides by zero and takes the process with it when images of another
shape or number are put into a network that was made for a fixed batch (protobuf.dev/programming-guides/encoding,
github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from collections.abc import Iterator

from runtime.errors import ModelError

Shape = tuple[int | str | None, ...]
"""One length per axis: a number, the name of a free length, or None where nothing is said."""

GRAPH, INPUT, OUTPUT = 7, 11, 12  # ModelProto.graph, GraphProto.input and .output
TYPE, TENSOR, SHAPE, DIMENSION = 2, 1, 2, 1  # ValueInfoProto.type, TypeProto.tensor_type, Tensor.shape, .dim
LENGTH, NAME = 1, 2  # Dimension.dim_value and .dim_param
WIDTHS = {1: 8, 5: 4}  # bytes of the wire types for fixed-size numbers


def declared_shapes(data: bytes, path: str) -> tuple[Shape, Shape]:
    """The shapes of the network's one input and one output; ModelError where the bytes tell no such thing."""
    try:
        graph = next(_children(memoryview(data), GRAPH))
        inputs, outputs = ([_shape(value) for value in _children(graph, number)] for number in (INPUT, OUTPUT))
    except (IndexError, ValueError, StopIteration) as error:
        raise ModelError(f"{path}: not a readable .onnx file; copy or convert it anew") from error
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"{path}: expected one input and one output, got {len(inputs)} and {len(outputs)}")
    return inputs[0], outputs[0]


def _shape(value: memoryview) -> Shape:
    """The shape of a ValueInfoProto."""
    messages = [value]
    for number in (TYPE, TENSOR, SHAPE, DIMENSION):
        messages = [child for message in messages for child in _children(message, number)]
    return tuple(map(_length, messages))


def _length(dimension: memoryview) -> int | str | None:
    for number, content in _fields(dimension):
        if number == LENGTH and isinstance(content, int):
            return content
        if number == NAME and isinstance(content, memoryview):
            return bytes(content).decode("utf-8")
    return None


def _children(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The messages that `message` holds as its field `wanted`."""
    for number, content in _fields(message):
        if number == wanted and isinstance(content, memoryview):
            yield content


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Every field's number and content; IndexError or ValueError where the bytes are no protobuf message."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        wire = key & 7
        if wire == 0:
            content, place = _varint(message, place)
            yield key >> 3, content
            continue
        size, place = _varint(message, place) if wire == 2 else (WIDTHS.get(wire, -1), place)
        if not 0 <= size <= len(message) - place:
            raise ValueError(f"wire type {wire} with {size} bytes at {place}")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
    raise ValueError("a varint has ten bytes at most")
