"""The reference engine: `.tflite` and `.onnx` classifiers computed with NumPy alone, by what the formats define."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import Form, answer_in_batches, check_shapes, refusal
from runtime.backends.quantisation import Quantisation
from runtime.backends.reference import onnx_graph, tflite_graph
from runtime.backends.reference.graph import Graph, run_graph
from runtime.backends.reference.tflite_call import step_of
from runtime.errors import ModelError
from runtime.formats import limits
from runtime.formats.onnx_file import read_onnx
from runtime.formats.onnx_header import declared_shapes
from runtime.formats.tflite_file import Tensor, read_tflite
from runtime.records import Images, Probabilities

DAMAGE = (ValueError, IndexError, MemoryError)  # what reading and running a file that does not fit raises
TFLITE = b"TFL3"  # at bytes 4 to 8 of a `.tflite` file
LARGEST_BATCH = 1024  # images of a fixed batch


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A classifier read from a file."""

    graph: Graph
    form: Form
    fixed: int | None  # the batch, where it is not free
    taken: Quantisation | None  # of the input and of the output; None for float32
    given: Quantisation | None


def open_model(_: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "ReferenceModel":  # noqa: ARG001
    """Open a `.tflite` or `.onnx` file; ModelError where it is damaged, too large or holds what is not run here.

    `threads` is not looked at: NumPy's own library of matrix products decides.
    """
    try:
        if len(data) > limits.FILE_BYTES:
            raise ValueError(f"{len(data)} bytes; at most {limits.FILE_BYTES} are allowed")
        read = _read_tflite if data[4:8] == TFLITE else _read_onnx
        with np.errstate(all="ignore"):  # what is not a number is looked for
            return ReferenceModel(read(data, path), path, engine)
    except DAMAGE as error:
        raise refusal(path, engine, error) from error


def _read_onnx(data: bytes, path: str) -> Network:
    taken, given = declared_shapes(data, path)
    graph = onnx_graph.build_graph(read_onnx(data), path)
    return Network(graph, check_shapes(taken, given, path), taken[0] if isinstance(taken[0], int) else None, None, None)


def _read_tflite(data: bytes, path: str) -> Network:
    file = read_tflite(data)
    graph = tflite_graph.build_graph(file, path)
    taken, given = file.tensors[file.inputs[0]], file.tensors[file.outputs[0]]
    form = check_shapes(taken.signature, given.shape, path)
    fixed = None if taken.signature[0] < 0 else taken.shape[0]
    return Network(graph, form, fixed, _quantisation(taken), _quantisation(given))


class ReferenceModel:
    """A classifier with float32, uint8 or int8 input and output, and a free or a fixed batch."""

    def __init__(self, network: Network, path: str, engine: str) -> None:
        self.engine = engine
        self._network = network
        self._path = path
        if network.fixed is not None and not 0 < network.fixed <= LARGEST_BATCH:
            raise ModelError(f"{path}: a fixed batch of {network.fixed} images; convert it anew")

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`."""
        network = self._network
        return answer_in_batches(images, self._run, network.form, self._path, network.fixed)

    def _run(self, images: Images) -> NDArray[np.float32]:
        taken, given = self._network.taken, self._network.given
        try:
            answers = run_graph(self._network.graph, taken.quantise(images) if taken else images)
        except DAMAGE as error:
            raise refusal(self._path, self.engine, error) from error
        return given.dequantise(answers) if given else np.asarray(answers, np.float32)


def _quantisation(tensor: Tensor) -> Quantisation | None:
    """How an end of the network is quantised; None for float32."""
    if tensor.dtype == np.float32:
        return None
    step = step_of(tensor)
    return Quantisation(step.dtype, step.scale, step.zero_point)
