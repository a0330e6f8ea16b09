"""What every file of every shipped bundle answers on this machine, engine by engine; run inside too, all by itself.

`python answers.py BACKGROUND.npz [N]` prints one JSON document: probabilities for each bundle's golden digits, and for
the images of the .npz file, which are no digits; for the first N of both, if that is said. Engines that are there to be
right and not fast are asked about the first 20 of both at most.
"""

import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime import backends, manifest
from runtime.answer_sheet import open_golden
from runtime.backends import Backend
from runtime.backends.tflite_model import TfliteModel
from runtime.bundle import Bundle, open_bundle, open_file, shipped_bundles
from runtime.errors import DigitsError
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.terminal import print_json

REFERENCE_KERNELS = "litert, reference kernels"
SLOW = (backends.REFERENCE, REFERENCE_KERNELS)
FEW = 20  # images of each kind


def main(background: Path, samples: int | None) -> None:
    """Print the document."""
    images = np.load(background)["images"][:samples]
    found = [answer for name in shipped_bundles() for answer in _ask_bundle(name, images, samples)]
    print_json({"machine": _describe(), "answers": found})


def _ask_bundle(name: str, background: NDArray[np.uint8], samples: int | None) -> Iterator[dict[str, Any]]:
    """Every file of a bundle on every engine that runs it."""
    bundle = open_bundle(Path(name))
    golden = open_golden(bundle)[0].images[:samples]
    for file in bundle.manifest.converted():
        for engine in _engines(file):
            most = FEW if engine in SLOW else None
            images = to_input(np.concatenate([golden[:most], background[:most]]))
            row: dict[str, Any] = {"bundle": name, "file": file.path, "engine": engine}
            try:
                yield row | {"probabilities": _open(bundle, file, engine).predict(images).tolist()}
            except DigitsError as error:
                yield row | {"error": str(error)}


def _engines(file: ModelFile) -> list[str]:
    """The installed engines that run `file`; LiteRT's reference kernels are an engine of their own here."""
    names = [name for name in backends.installed() if not backends.unsupported(name, file)]
    return [*names, REFERENCE_KERNELS] if "litert" in names and file.variant == "int8" else names


def _open(bundle: Bundle, file: ModelFile, engine: str) -> Backend:
    if engine != REFERENCE_KERNELS:
        return open_file(bundle, file, engine)
    from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: PLC0415 - not every place has it

    data = manifest.read_file(bundle.folder, file)
    interpreter = Interpreter(
        model_content=data, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    return TfliteModel(interpreter, file.path, "litert")


def _describe() -> dict[str, Any]:
    """What answers here."""
    engines = {name: backends.version(name) for name in backends.installed() if name != backends.REFERENCE}
    own = {"numpy": np.__version__, "cv2": cv2.__version__, "engines": engines}
    return {"processor": platform.machine(), "python": platform.python_version(), **own}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
