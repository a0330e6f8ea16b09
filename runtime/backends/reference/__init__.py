"""The reference engine: `.tflite` and `.onnx` classifiers computed with NumPy alone, by what the formats define."""

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import answer_in_batches, check_shapes, refusal
from runtime.backends.quantisation import Quantisation
from runtime.backends.reference import limits
from runtime.backends.reference.graph import Graph, run_graph
from runtime.backends.reference.tflite_call import step_of
from runtime.backends.reference.tflite_file import Tensor, read_tflite
from runtime.backends.reference.tflite_graph import build_graph
from runtime.errors import ModelError
from runtime.records import Images, Probabilities

DAMAGE = (ValueError, IndexError, MemoryError)  # what reading and running a file that does not fit raises


def open_model(_: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "ReferenceModel":  # noqa: ARG001
    """Open a `.tflite` or `.onnx` file; ModelError where it is damaged, too large or holds what is not run here.

    `threads` is not looked at: NumPy's own library of matrix products decides.
    """
    try:
        if len(data) > limits.FILE_BYTES:
            raise ValueError(f"{len(data)} bytes; at most {limits.FILE_BYTES} are allowed")
        return _open_tflite(data, path, engine)
    except DAMAGE as error:
        raise refusal(path, engine, error) from error


def _open_tflite(data: bytes, path: str, engine: str) -> "ReferenceModel":
    file = read_tflite(data)
    graph = build_graph(file, path)
    taken, given = file.tensors[file.inputs[0]], file.tensors[file.outputs[0]]
    classes = check_shapes(taken.signature, given.shape, path)
    fixed = taken.shape[0] if taken.signature[0] >= 0 else None
    return ReferenceModel(graph, classes, path, engine, fixed, (_quantisation(taken), _quantisation(given)))


class ReferenceModel:
    """A classifier with float32, uint8 or int8 input and output, and a free or a fixed batch."""

    def __init__(
        self,
        graph: Graph,
        classes: int,
        path: str,
        engine: str,
        fixed: int | None,
        quantisations: tuple[Quantisation | None, Quantisation | None] = (None, None),
    ) -> None:
        self.engine = engine
        self._graph = graph
        self._classes = classes
        self._path = path
        self._fixed = fixed
        self._taken, self._given = quantisations
        if fixed is not None and not 0 < fixed <= limits.TENSORS:
            raise ModelError(f"{path}: a fixed batch of {fixed} images; convert it anew")

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`."""
        return answer_in_batches(images, self._run, self._classes, self._path, self._fixed)

    def _run(self, images: Images) -> NDArray[np.float32]:
        fed = self._taken.quantise(images) if self._taken else images
        try:
            answers = run_graph(self._graph, fed)
        except DAMAGE as error:
            raise refusal(self._path, self.engine, error) from error
        return self._given.dequantise(answers) if self._given else np.asarray(answers, np.float32)


def _quantisation(tensor: Tensor) -> Quantisation | None:
    """How an end of the network is quantised; None for float32."""
    if tensor.dtype == np.float32:
        return None
    step = step_of(tensor)
    return Quantisation(step.dtype, step.scale, step.zero_point)
