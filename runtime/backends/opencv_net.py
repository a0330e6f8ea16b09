"""`.onnx` files through OpenCV's own DNN module, the engine that needs no further package."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import answer_in_batches, check_shapes
from runtime.errors import ModelError
from runtime.records import GLYPH_SIDE, Images, Probabilities


def open_model(package: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "OpencvNet":  # noqa: ARG001
    """Open an `.onnx` file with OpenCV; ModelError where it refuses the file.

    `threads` is not looked at: OpenCV has one number of threads for the whole process (`cv2.setNumThreads`).
    """
    try:
        net = package.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        classes = _probe(net, 1).shape
    except package.error as error:
        raise ModelError(
            f"{path}: {engine} cannot open it ({' '.join(str(error).split())}); convert it anew"
        ) from error
    # The net does not tell its input shape, so it is tried with two images.
    try:
        free = _probe(net, 2).shape[0] == 2
    except package.error:
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
        self._net.setInput(images)
        answers: NDArray[np.float32] = self._net.forward()
        return answers


def _probe(net: Any, count: int) -> NDArray[np.float32]:  # noqa: ANN401 - cv2's stubs lack it
    """The answers for `count` empty images."""
    net.setInput(np.zeros((count, GLYPH_SIDE, GLYPH_SIDE, 1), np.float32))
    answers: NDArray[np.float32] = net.forward()
    return answers
