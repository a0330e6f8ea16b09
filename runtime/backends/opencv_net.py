"""`.onnx` files through OpenCV's own DNN module, the engine that needs no further package."""

from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import answer_in_batches, check_shapes, refusal
from runtime.records import GLYPH_SIDE, Images, Probabilities


def open_model(_: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "OpencvNet":  # noqa: ARG001
    """Open an `.onnx` file with OpenCV; ModelError where it refuses the file.

    `threads` is not looked at: OpenCV has one number of threads for the whole process (`cv2.setNumThreads`).
    """
    try:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        classes = _forward(net, _empty(1)).shape
    except cv2.error as error:
        raise refusal(path, engine, error) from error
    # The net does not tell its input shape, so it is tried with two images.
    try:
        free = _forward(net, _empty(2)).shape[0] == 2
    except cv2.error:
        free = False
    return OpencvNet(net, check_shapes((None, GLYPH_SIDE, GLYPH_SIDE, 1), classes, path), path, engine, free)


class OpencvNet:
    """An `.onnx` classifier with float32 input and output, and a free batch or a batch of one."""

    def __init__(self, net: Any, classes: int, path: str, engine: str, free: bool) -> None:  # noqa: ANN401 - cv2's stubs lack it
        self.engine = engine
        self._net = net
        self._classes = classes
        self._path = path
        self._fixed = None if free else 1

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`."""
        return answer_in_batches(images, self._run, self._classes, self._path, self._fixed)

    def _run(self, images: Images) -> NDArray[np.float32]:
        try:
            return _forward(self._net, images)
        except cv2.error as error:
            raise refusal(self._path, self.engine, error) from error


def _forward(net: Any, images: Images) -> NDArray[np.float32]:  # noqa: ANN401 - cv2's stubs lack it
    net.setInput(images)
    answers: NDArray[np.float32] = net.forward()
    return answers


def _empty(count: int) -> Images:
    return np.zeros((count, GLYPH_SIDE, GLYPH_SIDE, 1), np.float32)
