"""`.tflite` files through the interpreter that LiteRT and tflite-runtime share."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import answer_in_batches, check_shapes, refusal
from runtime.backends.quantisation import Quantisation
from runtime.errors import ModelError
from runtime.records import Images, Probabilities

REFUSALS = (ValueError, RuntimeError, MemoryError)  # what the interpreter raises


def open_model(package: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "TfliteModel":
    """Open a `.tflite` file with `package`'s interpreter; ModelError where it refuses the file."""
    try:
        interpreter = package.Interpreter(model_content=data, num_threads=threads)
        interpreter.allocate_tensors()
    except REFUSALS as error:
        raise refusal(path, engine, error) from error
    return TfliteModel(interpreter, path, engine)


class TfliteModel:
    """A `.tflite` classifier with float32, uint8 or int8 input and output, and a free or a fixed batch."""

    def __init__(self, interpreter: Any, path: str, engine: str) -> None:  # noqa: ANN401 - two packages share its class
        self.engine = engine
        self._path = path
        self._interpreter = interpreter
        taken, given = interpreter.get_input_details(), interpreter.get_output_details()
        if len(taken) != 1 or len(given) != 1:
            raise ModelError(f"{path}: expected one input and one output, got {len(taken)} and {len(given)}")
        self._input, self._output = taken[0]["index"], given[0]["index"]
        self._input_quantisation = _quantisation(taken[0], path)
        self._output_quantisation = _quantisation(given[0], path)
        # A free batch is −1 in the signature; the shape itself then says 1.
        signature = tuple(map(int, taken[0]["shape_signature"]))
        self._form = check_shapes(signature, tuple(map(int, given[0]["shape"])), path)
        self._batch = int(taken[0]["shape"][0])
        self._fixed = None if signature[0] < 0 else self._batch

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`."""
        return answer_in_batches(images, self._run, self._form, self._path, self._fixed)

    def _run(self, images: Images) -> NDArray[np.float32]:
        fed = self._input_quantisation.quantise(images) if self._input_quantisation else images
        try:
            if len(images) != self._batch:
                self._resize(len(images))
            self._interpreter.set_tensor(self._input, fed)
            self._interpreter.invoke()
        except REFUSALS as error:
            raise refusal(self._path, self.engine, error) from error
        answers = self._interpreter.get_tensor(self._output)
        real: NDArray[np.float32] = (
            self._output_quantisation.dequantise(answers) if self._output_quantisation else answers
        )
        return real

    def _resize(self, count: int) -> None:
        """Prepare the interpreter for `count` images at once."""
        self._interpreter.resize_tensor_input(self._input, (count, *self._form.shape))
        self._interpreter.allocate_tensors()
        self._batch = count


def _quantisation(details: dict[str, Any], path: str) -> Quantisation | None:
    """How a tensor is quantised, read from the file; None for float32."""
    dtype = np.dtype(details["dtype"])
    if dtype == np.float32:
        return None
    scale, zero_point = details["quantization"]
    if dtype not in (np.dtype(np.uint8), np.dtype(np.int8)) or not scale > 0:
        raise ModelError(f"{path}: expected a float32, uint8 or int8 tensor with a scale, got {dtype} with {scale}")
    return Quantisation(dtype, float(scale), int(zero_point))
