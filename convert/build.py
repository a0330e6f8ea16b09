"""One converted file from a Keras model and a recipe: the same bytes in every process, as far as its format allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray

from convert.onnx_export import convert_to_onnx
from convert.onnx_structure import read_onnx
from convert.ort_format import convert_to_ort
from convert.recipe import Recipe
from convert.structure import Expectation, Structure, check_structure
from convert.tflite import convert_to_tflite
from convert.tflite_metadata import embed_metadata
from convert.tflite_structure import read_tflite
from runtime.file_metadata import as_properties


@dataclass(frozen=True, slots=True)
class Built:
    """A converted file that is not on a disk yet."""

    data: bytes
    structure: Structure
    constant: bytes  # what is the same each time: the file itself, or for `.ort` the graph that it was written from


def build_file(
    model: keras.Model,
    recipe: Recipe,
    images: NDArray[np.uint8] | None,
    document: Mapping[str, Any],
    expected: Expectation,
) -> Built:
    """The file that `recipe` makes of `model`.

    `images`, uint8 (N, 28, 28), are those to find ranges with, where the recipe has any; `document` is what the file
    is to say of itself. Raises ModelError where a converter fails or the file is not what the recipe promises.
    """
    if recipe.format == "tflite":
        data = embed_metadata(convert_to_tflite(model, recipe, images, expected.static_batch), document, recipe)
        structure = read_tflite(data, recipe.path)
    else:
        data = _with_properties(convert_to_onnx(model, recipe, images, expected.static_batch), document)
        structure = read_onnx(data, recipe.path)
    check_structure(structure, recipe, expected)
    return Built(convert_to_ort(data, recipe.path) if recipe.format == "ort" else data, structure, data)


def _with_properties(graph: onnx.ModelProto, document: Mapping[str, Any]) -> bytes:
    """The bytes of a graph that says `document` of itself."""
    onnx.helper.set_model_props(graph, dict(sorted(as_properties(document).items())))
    return bytes(graph.SerializeToString(deterministic=True))
