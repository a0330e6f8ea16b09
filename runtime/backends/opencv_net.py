"""`.onnx` files through OpenCV's own DNN module, the engine that needs no further package."""

from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import Form, answer_in_batches, check_shapes, refusal
from runtime.formats.onnx_header import declared_shapes
from runtime.records import Images, Probabilities


def open_model(_: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "OpencvNet":  # noqa: ARG001
    """Open an `.onnx` file with OpenCV; ModelError where it refuses the file.

    `threads` is not looked at: OpenCV has one number of threads for the whole process (`cv2.setNumThreads`).
    """
    taken, given = declared_shapes(data, path)
    form = check_shapes(taken, given, path)
    try:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    except cv2.error as error:
        raise refusal(path, engine, error) from error
    return OpencvNet(net, form, path, engine, taken[0] if isinstance(taken[0], int) else None)


class OpencvNet:
    """An `.onnx` classifier with float32 input and output, and a free or a fixed batch."""

    def __init__(self, net: Any, form: Form, path: str, engine: str, fixed: int | None) -> None:  # noqa: ANN401 - cv2's stubs lack it
        self.engine = engine
        self._net = net
        self._form = form
        self._path = path
        self._fixed = fixed

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`."""
        return answer_in_batches(images, self._run, self._form, self._path, self._fixed)

    def _run(self, images: Images) -> NDArray[np.float32]:
        try:
            self._net.setInput(images)
            answers: NDArray[np.float32] = self._net.forward()
        except cv2.error as error:
            raise refusal(self._path, self.engine, error) from error
        return answers
