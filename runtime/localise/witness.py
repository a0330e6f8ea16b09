"""Who stands for Keras: Keras itself where it and the run's model are there, else a float32 file that agrees."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime import manifest
from runtime.answer_sheet import AnswerSheet
from runtime.bundle import Bundle, open_file
from runtime.errors import ModelError
from runtime.localise.tensors import Named, trace_file
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.rounding import read_network

KERAS = "convert.keras_layers"  # asked by name: this room imports none of the others
AGREED = 1e-4  # largest difference of a probability to Keras' own, on the golden samples
Glyphs = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """A computation whose tensors are Keras'."""

    name: str  # "keras", or the path of the file that stands for it
    trace: Callable[[Glyphs], Sequence[Named]]  # glyphs uint8 (N, 28, 28)


def find_witness(bundle: Bundle, file: ModelFile, golden: AnswerSheet) -> Witness:
    """Keras itself, or the float32 file of the bundle that gives Keras' own answers to the golden samples.

    A file of the same format comes first, as its operators are alike. Raises ModelError where there is neither.
    """
    keras = bundle.manifest.find("keras", "float32")
    if keras is not None and (bundle.folder / keras.path).exists() and importlib.util.find_spec("tensorflow"):
        layers = importlib.import_module(KERAS)
        return Witness("keras", layers.tracer(bundle.folder, bundle.manifest))
    others = [f for f in bundle.manifest.converted() if f.variant == "float32" and f.path != file.path]
    for other in sorted(others, key=lambda other: other.format != file.format):
        if _agrees(bundle, other, golden):
            return _file_witness(bundle, other)
    raise ModelError(
        f"{bundle.folder}: nothing stands for Keras: no Keras model with TensorFlow, and beside {file.path} no float32"
        " file that gives Keras' own answers; localise it in the run that it was converted from"
    )


def _agrees(bundle: Bundle, file: ModelFile, golden: AnswerSheet) -> bool:
    """Whether a file gives Keras' own answers."""
    try:
        answers = open_file(bundle, file, "reference").predict(to_input(golden.images))
    except ModelError:
        return False
    return bool(np.abs(answers - golden.probabilities).max() <= AGREED)


def _file_witness(bundle: Bundle, file: ModelFile) -> Witness:
    network = read_network(manifest.read_file(bundle.folder, file), file.path)

    def trace(glyphs: Glyphs) -> list[Named]:
        return [entry.tensor for entry in trace_file(network, file.path, to_input(glyphs))]

    return Witness(file.path, trace)
