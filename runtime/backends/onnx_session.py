"""`.onnx` files through ONNX Runtime."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.answers import answer_in_batches, check_shapes, refusal
from runtime.errors import ModelError
from runtime.records import Images, Probabilities

FATAL = 4  # the log level at which ONNX Runtime keeps quiet; what fails is raised as well


def open_model(package: ModuleType, data: bytes, path: str, engine: str, threads: int) -> "OnnxSession":
    """Open an `.onnx` file with ONNX Runtime on the processor; ModelError where it refuses the file."""
    options = package.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL
    try:
        # Without the fallback, which tries the same provider again and says so on standard output.
        session = package.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:  # its exceptions share no base class, and one may be a UnicodeDecodeError of its message
        raise refusal(path, engine, error) from error
    return OnnxSession(session, path, engine)


class OnnxSession:
    """An `.onnx` classifier with float32 input and output, and a free or a fixed batch."""

    def __init__(self, session: Any, path: str, engine: str) -> None:  # noqa: ANN401 - the package is optional
        self.engine = engine
        self._path = path
        self._session = session
        taken, given = session.get_inputs(), session.get_outputs()
        if len(taken) != 1 or len(given) != 1 or {taken[0].type, given[0].type} != {"tensor(float)"}:
            kinds = ", ".join(value.type for value in (*taken, *given))
            raise ModelError(f"{path}: expected one float input and one float output, got {kinds}")
        self._input = taken[0].name
        self._form = check_shapes(tuple(taken[0].shape), tuple(given[0].shape), path)
        batch = taken[0].shape[0]
        self._fixed = batch if isinstance(batch, int) else None

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`."""
        return answer_in_batches(images, self._run, self._form, self._path, self._fixed)

    def _run(self, images: Images) -> NDArray[np.float32]:
        try:
            answers: NDArray[np.float32] = self._session.run(None, {self._input: images})[0]
        except Exception as error:  # as when it is opened
            raise refusal(self._path, self.engine, error) from error
        return answers
