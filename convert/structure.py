"""What a converted file is made of, and whether that is what was asked for.

A converter can end well and still have written rubbish: a file without weights that answers 0.1 for every class,
weights left in float32, a batch normalisation that was not folded. None of these needs an image to be found.
"""

from dataclasses import dataclass

from convert.operators import ALLOWED, SCALING, WEIGHTED
from convert.recipe import Recipe
from runtime.errors import ModelError
from runtime.records import GLYPH, Shape

BIASES = {"int8": "int32", "int16": "int64"}  # of `.tflite` files, by their activations
SHARE = 0.9  # of the parameters that must be found; equal constants may be stored once


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a file."""

    dtype: str  # NumPy's name
    shape: tuple[int | None, ...]  # None: any size


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of a file's computation."""

    name: str  # as the format spells it
    whole_numbers: bool  # whether it computes in whole numbers


@dataclass(frozen=True, slots=True)
class Structure:
    """What one converted file holds, read from the file itself."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    constants: dict[str, int]  # how many numbers are stored, by dtype


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the Keras model demands of every file made of it."""

    parameters: int  # with batch normalisation folded
    classes: int
    scaling: bool  # whether the network itself scales its activations
    static_batch: bool
    shape: Shape = GLYPH  # of one image


def check_structure(structure: Structure, recipe: Recipe, expected: Expectation) -> None:
    """Raise ModelError where a file is not what `recipe` promises of the model."""
    problems = (
        *_check_ends(structure, recipe, expected),
        *_check_operators(structure, recipe, expected),
        *_check_constants(structure, recipe, expected),
    )
    if problems:
        raise ModelError(f"{recipe.path}: the converter wrote a wrong file: {'; '.join(problems)}")


def _check_ends(structure: Structure, recipe: Recipe, expected: Expectation) -> list[str]:
    """What is wrong with inputs and outputs."""
    dtype = recipe.ends
    batch = 1 if expected.static_batch else None
    taken = (Tensor(dtype, (batch, *expected.shape)),)
    given = (Tensor(dtype, (batch, expected.classes)),)
    ends = (("input", structure.inputs, taken), ("output", structure.outputs, given))
    return [f"expected {name} {_spell(want)}, got {_spell(got)}" for name, got, want in ends if got != want]


def _check_operators(structure: Structure, recipe: Recipe, expected: Expectation) -> list[str]:
    """What is wrong with the operators."""
    found = {operator.name for operator in structure.operators}
    problems = []
    if strange := found - ALLOWED[recipe.format]:
        problems.append(f"unexpected operators {', '.join(sorted(strange))}")
    if not found & WEIGHTED:
        problems.append("no operator has weights")
    if found & SCALING and not expected.scaling:
        problems.append(f"batch normalisation was not folded ({', '.join(sorted(found & SCALING))})")
    floating = {o.name for o in structure.operators if o.name in WEIGHTED and not o.whole_numbers}
    if floating and recipe.in_whole_numbers:
        problems.append(f"{', '.join(sorted(floating))} computes in floating point")
    return problems


def _check_constants(structure: Structure, recipe: Recipe, expected: Expectation) -> list[str]:
    """What is wrong with the numbers that are stored."""
    dtypes = _stored_as(recipe)
    stored = sum(structure.constants.get(dtype, 0) for dtype in dtypes)
    if stored >= SHARE * expected.parameters:
        return []
    return [f"expected {expected.parameters} weights in {' and '.join(dtypes)}, got {stored}"]


def _stored_as(recipe: Recipe) -> tuple[str, ...]:
    """The dtypes of the numbers that a file holds its weights and biases in."""
    if recipe.weights != "int8":
        return (recipe.weights,)
    if recipe.format == "tflite" and recipe.in_whole_numbers:
        return "int8", BIASES[recipe.activations]
    return "int8", "float32"  # biases and small weights stay float32


def _spell(tensors: tuple[Tensor, ...]) -> str:
    """Tensors for people, such as "float32 (any, 28, 28, 1)"."""
    shapes = (", ".join("any" if size is None else str(size) for size in tensor.shape) for tensor in tensors)
    return " and ".join(f"{tensor.dtype} ({shape})" for tensor, shape in zip(tensors, shapes, strict=True)) or "nothing"
