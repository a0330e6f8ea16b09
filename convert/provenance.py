"""How a converted file was made, so that anyone can make it again: recipe, model, images and the tools' versions."""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from convert.recipe import Recipe
from runtime import __version__

ALWAYS = ("tensorflow", "keras", "numpy")
TOOLS = {
    "tflite": ("flatbuffers",),
    "onnx": ("tf2onnx", "onnx", "onnxruntime"),
    "ort": ("tf2onnx", "onnx", "onnxruntime"),
}
QUANTISER = "ai-edge-quantizer"
OTHER_NAMES = {"tensorflow": ("tensorflow-cpu",)}  # distributions of the same package


def record_conversion(
    recipe: Recipe, model: keras.Model, images: NDArray[np.uint8] | None, static_batch: bool
) -> dict[str, Any]:
    """The record of a file, fit for JSON; `images` are those that its ranges were found with, if any."""
    record = {
        "recipe": recipe.to_document(),
        "keras": hash_model(model),
        "static_batch": static_batch,
        "versions": find_versions(recipe),
    }
    return record if images is None else {**record, "calibration": describe_images(images)}


def hash_model(model: keras.Model) -> str:
    """The sha256 of a model's configuration and weights; saving it again, which changes the file, does not change it.

    How it was compiled is left out, as nothing that is converted depends on it.
    """
    document = json.loads(model.to_json())
    configuration = {name: document[name] for name in ("class_name", "config", "module")}
    digest = hashlib.sha256(json.dumps(configuration, sort_keys=True).encode())
    for variable in model.weights:
        values = np.ascontiguousarray(variable.numpy())
        digest.update(f"{variable.path} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def describe_images(images: NDArray[np.uint8]) -> dict[str, Any]:
    """How many images there are, and the sha256 of their bytes in order."""
    return {"images": len(images), "sha256": hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest()}


def find_versions(recipe: Recipe) -> dict[str, str]:
    """The versions of everything that takes part in making a file by `recipe`."""
    names = [*ALWAYS, *TOOLS[recipe.format], *([QUANTISER] if recipe.needs_quantiser else [])]
    return {"digits": __version__} | {name: _version(name) for name in sorted(names)}


def changed_versions(record: Mapping[str, Any], recipe: Recipe) -> dict[str, tuple[str, str]]:
    """What has another version now than when `record` was written: then and now."""
    then, now = dict(record.get("versions") or {}), find_versions(recipe)
    return {name: (str(then.get(name)), version) for name, version in now.items() if then.get(name) != version}


def _version(name: str) -> str:
    """The version of an installed distribution, or "unknown"."""
    for known in (name, *OTHER_NAMES.get(name, ())):
        try:
            return importlib.metadata.version(known)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"
