"""How one converted file is made, as data: how its numbers are stored, and how the ranges of whole ones are found."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from runtime.errors import InputError

SCHEMA = "digits.recipe/1"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
CHOICES = {
    "format": ("tflite", "onnx", "ort"),
    "weights": ("float32", "float16", "int8"),
    "activations": ("float32", "dynamic", "int8", "int16"),
    "scales": ("channel", "tensor"),
    "ends": ("float32", "uint8"),
}
METHODS = ("minmax", "entropy", "percentile")
TEXTS = ("variant", "help", *CHOICES)
MOST_IMAGES = 10_000  # to calibrate with; beyond some hundreds nothing changes but the time
FLOATS = ("float32", "float16")  # weights whose name a file has, since the limits of verification go by it
WHOLE = ("int8", "int16")  # activations that are whole numbers, whose ranges calibration finds
SUPPORTED = {
    "tflite": {
        *(("float32", "float32"), ("float16", "float32"), ("int8", "float32")),
        *(("int8", "dynamic"), ("int8", "int8"), ("int8", "int16")),
    },
    "onnx": {("float32", "float32"), ("int8", "float32"), ("int8", "int8")},
}
SUPPORTED["ort"] = SUPPORTED["onnx"]
"""What is made of each format: pairs of weights and activations."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """How the ranges of whole-number activations are found."""

    method: str = "minmax"  # one of METHODS
    images: int = 500  # representative ones, at most
    percentile: float | None = None  # 50–100, for "percentile" alone: the share of numbers that stay inside


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of converted file."""

    variant: str  # its name: how its numbers are stored
    format: str  # "tflite", "onnx" or "ort"
    help: str
    weights: str = "float32"  # or "float16" or "int8"
    activations: str = "float32"  # or "dynamic" (quantised while running), "int8" or "int16"
    scales: str = "channel"  # or "tensor": what has a scale of its own among the weights
    ends: str = "float32"  # or "uint8": the dtype of input and output
    calibration: Ranges | None = None  # None where no activation is quantised beforehand

    @property
    def path(self) -> str:
        """The file's name in a run or bundle."""
        return f"{self.variant}.{self.format}"

    @property
    def in_whole_numbers(self) -> bool:
        """Whether the file computes in whole numbers alone."""
        return self.activations in WHOLE

    @property
    def needs_quantiser(self) -> bool:
        """Whether AI Edge Quantizer makes the file: TensorFlow's converter knows no weights in 8 bits alone."""
        return (self.format, self.weights, self.activations) == ("tflite", "int8", "float32")

    def to_document(self) -> dict[str, Any]:
        """The recipe as JSON, schema digits.recipe/1."""
        document = {"schema": SCHEMA, **asdict(self)}
        if self.calibration is None:
            del document["calibration"]
        elif self.calibration.percentile is None:
            del document["calibration"]["percentile"]
        return document


def parse_recipe(text: str | bytes, source: object) -> Recipe:
    """The recipe that a JSON text holds; `source` names it in errors.

    Raises InputError where it is no such JSON, a field is missing, unknown or wrong, or no tool makes such a file.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source}: not a recipe ({error})") from error
    return read_recipe(document, source)


def read_recipe(document: object, source: object) -> Recipe:
    """The recipe of a JSON document, as `parse_recipe`."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"{source}: expected a JSON object of schema {SCHEMA!r}")
    unknown = set(document) - {"schema", "calibration", *TEXTS}
    missing = {"variant", "format", "help"} - set(document)
    if unknown or missing:
        problem = f"unknown fields {sorted(unknown)}" if unknown else f"without {sorted(missing)}"
        raise InputError(f"{source}: {problem}; docs/quantisation.md describes recipes")
    texts = {name: _read_text(document[name], name, source) for name in TEXTS if name in document}
    recipe = Recipe(**texts, calibration=_read_ranges(document.get("calibration"), source))
    _check_together(recipe, source)
    return recipe


def _read_text(value: object, name: str, source: object) -> str:
    """A field that is a text, one of a list where there is one."""
    allowed = CHOICES.get(name)
    if not isinstance(value, str) or (allowed and value not in allowed) or not value.isprintable():
        raise InputError(f"{source}: expected {name} to be {_one_of(allowed) if allowed else 'a text'}, got {value!r}")
    if name == "variant" and not NAME.fullmatch(value):
        raise InputError(f"{source}: expected a variant of small letters, digits and hyphens, got {value!r}")
    return value


def _read_ranges(value: object, source: object) -> Ranges | None:
    """The field "calibration"."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"method", "images", "percentile"}:
        raise InputError(f"{source}: expected calibration with method, images and percentile, got {value!r}")
    method, images, percentile = value.get("method"), value.get("images", 500), value.get("percentile")
    if method not in METHODS:
        raise InputError(f"{source}: expected the method of calibration to be {_one_of(METHODS)}, got {method!r}")
    if type(images) is not int or not 1 <= images <= MOST_IMAGES:
        raise InputError(f"{source}: expected 1 to {MOST_IMAGES} images to calibrate with, got {images!r}")
    if (percentile is None) == (method == "percentile"):
        raise InputError(f"{source}: a percentile belongs to the method 'percentile' and to no other")
    if percentile is not None and not (type(percentile) in (int, float) and 50 <= percentile <= 100):
        raise InputError(f"{source}: expected a percentile from 50 to 100, got {percentile!r}")
    return Ranges(str(method), images, None if percentile is None else float(percentile))


def _check_together(recipe: Recipe, source: object) -> None:
    """Refuse fields that do not fit each other."""
    made = (recipe.weights, recipe.activations)
    if made not in SUPPORTED[recipe.format]:
        raise InputError(f"{source}: no .{recipe.format} file with weights in {made[0]} and activations in {made[1]}")
    if {recipe.variant, recipe.weights} & set(FLOATS) and recipe.variant != recipe.weights:
        raise InputError(f"{source}: files with weights in {' or '.join(FLOATS)} are called so, and no others")
    if recipe.in_whole_numbers and recipe.calibration is None:
        raise InputError(f"{source}: activations in {recipe.activations} need a calibration")
    if recipe.calibration and not recipe.in_whole_numbers:
        raise InputError(f"{source}: activations in {recipe.activations} are not calibrated")
    if recipe.format == "tflite" and recipe.calibration and recipe.calibration.method != "minmax":
        raise InputError(f"{source}: .tflite files are calibrated by minmax alone")
    if recipe.ends == "uint8" and (recipe.format, recipe.activations) != ("tflite", "int8"):
        raise InputError(f"{source}: uint8 input and output belong to .tflite files with activations in int8")
    if recipe.scales == "tensor" and recipe.activations not in ("int8",):
        raise InputError(f"{source}: one scale for a whole layer belongs to activations in int8")


def _one_of(names: tuple[str, ...]) -> str:
    return " or ".join(map(repr, names))
