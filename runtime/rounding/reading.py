"""From the bytes of a converted file to its network in real numbers."""

from runtime.errors import ModelError
from runtime.rounding import real_onnx, real_tflite
from runtime.rounding.network import Network

TFLITE = b"TFL3"  # at bytes 4 to 8 of a `.tflite` file
DAMAGE = (ValueError, IndexError, MemoryError)  # what reading a file that does not fit raises


def read_network(data: bytes, path: str) -> Network:
    """The network of a `.tflite` or `.onnx` file.

    Raises ModelError where the file is damaged or holds operators that the reference engine does not run.
    """
    try:
        read = real_tflite.read if data[4:8] == TFLITE else real_onnx.read
        return read(data, path)
    except DAMAGE as error:
        raise ModelError(f"{path}: its numbers cannot be followed ({error}); convert it anew") from error
