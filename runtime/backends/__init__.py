"""The inference engines behind one door: open a model file, give it images, get probabilities."""

import hashlib
import importlib
import importlib.metadata
import importlib.util
from contextlib import suppress
from types import ModuleType
from typing import NamedTuple, Protocol

from runtime.errors import MissingEngine, ModelError, UsageError
from runtime.hush import hushed
from runtime.inspection import check_bytes
from runtime.manifest import ModelFile
from runtime.records import Images, Probabilities


class Backend(Protocol):
    """A model file opened by one engine."""

    @property
    def engine(self) -> str:
        """The engine's name, one of ENGINES."""

    def predict(self, images: Images) -> Probabilities:
        """The answers, float32 (N, K) with rows that sum to 1, for float32 (N, 28, 28, 1) in [0, 1], N ≥ 0.

        Models of another kind take images of another shape, (N, H, W, C). Quantised files are given and asked whole
        numbers inside; nobody outside sees them. Raises ValueError for images of another shape or dtype and ModelError
        for answers that are no probabilities.
        """


class Engine(NamedTuple):
    """Where an engine comes from and what it runs."""

    package: str  # whose presence tells that it is installed
    distribution: str  # as pip names it
    formats: tuple[str, ...]  # of the files it runs
    adapter: str  # our module that opens them
    extra: str  # installs it


REFERENCE = "reference"
"""Our own engine."""

_TABLE = {
    "litert": Engine("ai_edge_litert", "ai-edge-litert", ("tflite",), "tflite_model", "litert"),
    "tflite-runtime": Engine("tflite_runtime", "tflite-runtime", ("tflite",), "tflite_model", "tflite"),
    "onnxruntime": Engine("onnxruntime", "onnxruntime", ("onnx", "ort"), "onnx_session", "onnx"),
    "opencv": Engine("cv2", "opencv-python", ("onnx",), "opencv_net", ""),
    # Our own, always there and last: it is chosen by itself only where no other engine runs any of the files.
    REFERENCE: Engine("runtime", "digits", ("tflite", "onnx"), "reference", ""),
}

ENGINES = tuple(_TABLE)
"""Every engine, in the order in which an installed one is preferred."""

_REFUSED = {
    ("tflite-runtime", "dynamic"): "its last release lacks FULLY_CONNECTED version 12, which dynamic-range files use",
}


def installed() -> tuple[str, ...]:
    """The engines found on this machine, in the order of ENGINES; none of them is imported."""
    return tuple(name for name, engine in _TABLE.items() if importlib.util.find_spec(engine.package))


def usual() -> tuple[str, ...]:
    """The engines that comparisons and benchmarks use unasked: those installed, and ours only where there is no other.

    Ours is there to be right and takes many times as long: it is asked by name.
    """
    others = tuple(name for name in installed() if name != REFERENCE)
    return others or (REFERENCE,)


def version(engine: str) -> str:
    """The version of an installed engine; "unknown" where neither pip nor the engine itself tells it."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(_TABLE[engine].distribution)
    with suppress(MissingEngine):  # installed without pip, as Debian's python3-opencv is
        return str(getattr(_load(engine), "__version__", "unknown"))
    return "unknown"


def unsupported(engine: str, file: ModelFile) -> str | None:
    """Why `engine` cannot run `file`, whether it is installed or not; None if it can."""
    if not runs_format(engine, file.format):
        return f"{engine} runs {' and '.join(f'.{name}' for name in _find(engine).formats)} files only"
    return _REFUSED.get((engine, file.variant))


def runs_format(engine: str, format: str) -> bool:  # noqa: A002 - the field's own name
    """Whether `engine` runs files of `format`, "tflite" or "onnx", at all."""
    return format in _find(engine).formats


def check_installed(engine: str) -> None:
    """Raise MissingEngine with the command that installs `engine` where it is not there."""
    known = _find(engine)
    if not importlib.util.find_spec(known.package):
        raise MissingEngine(f"the engine {engine} is not installed; {remedy(engine)}")


def remedy(engine: str) -> str:
    """How to install `engine`."""
    known = _find(engine)
    extra = f"[{known.extra}]" if known.extra else ""
    return f"install it with: pip install '.{extra}' (or pip install {known.distribution})"


def open_backend(data: bytes, file: ModelFile, engine: str, threads: int = 1) -> Backend:
    """Open `data`, the contents of `file`, with `engine` on `threads` threads.

    The bytes must have the size and hash that `file` says and keep the rules of `runtime.inspection`, since engines
    crash on damaged ones instead of refusing them; an engine gets bytes and never a path. Raises UsageError for an
    engine that does not exist or cannot run the file, MissingEngine where it is not installed, and ModelError for a
    file that is damaged, breaks a rule or is no classifier.
    """
    reason = unsupported(engine, file)
    if reason:
        raise UsageError(f"{file.path}: {engine} cannot run it: {reason}")
    check_installed(engine)
    _check_contents(data, file)
    check_bytes(data, file.format, file.path)
    adapter = importlib.import_module(f"runtime.backends.{_TABLE[engine].adapter}")
    with hushed():
        backend: Backend = adapter.open_model(_load(engine), data, file.path, engine, threads)
    return backend


def _find(engine: str) -> Engine:
    if engine not in _TABLE:
        raise UsageError(f"there is no engine {engine!r}; one of {', '.join(ENGINES)}")
    return _TABLE[engine]


def _load(engine: str) -> ModuleType:
    """Import the engine's package; MissingEngine where it is there but broken."""
    known = _TABLE[engine]
    try:
        shared = known.adapter == "tflite_model"  # an interpreter, in a module of its own
        return importlib.import_module(f"{known.package}.interpreter" if shared else known.package)
    except (ImportError, AttributeError) as error:  # AttributeError: built for another NumPy
        raise MissingEngine(f"the engine {engine} cannot be loaded ({error}); {remedy(engine)}") from error


def _check_contents(data: bytes, file: ModelFile) -> None:
    """Refuse bytes that are not those of `file`."""
    if len(data) != file.size:
        raise ModelError(f"{file.path}: the manifest says {file.size} bytes, got {len(data)}; copy the bundle again")
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise ModelError(f"{file.path}: the manifest says sha256 {file.sha256}, got {digest}; copy the bundle again")
