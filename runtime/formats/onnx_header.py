"""The shapes that an `.onnx` file declares for its input and its output.

For engines that do not tell them: OpenCV 4.11 divides by zero and takes the process with it when images of another
shape or number are put into a network that was made for a fixed batch.
"""

from runtime.errors import ModelError
from runtime.formats.onnx_file import Shape, read_ends
from runtime.formats.refused import Refused


def declared_shapes(data: bytes, path: str) -> tuple[Shape, Shape]:
    """The shapes of the network's one input and one output; ModelError where the bytes tell no such thing."""
    try:
        inputs, outputs = read_ends(data)
    except Refused as error:
        raise ModelError(f"{path}: not a readable .onnx file ({error}); copy or convert it anew") from error
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"{path}: expected one input and one output, got {len(inputs)} and {len(outputs)}")
    return inputs[0].shape or (), outputs[0].shape or ()
