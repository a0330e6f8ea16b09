"""The recipes that come with the program, and how they are asked for."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from convert.recipe import SCHEMA, Ranges
from convert.variants import BOOK, STANDARD, all_recipes, choose_recipes, choose_variants, standard_recipes
from runtime.errors import InputError, UsageError


def write(folder: Path, **changes: object) -> Path:
    """A recipe's JSON: a file of our own with other fields."""
    document = {**standard_recipes()[3].to_document(), "variant": "mine", **changes}
    path = folder / "recipe.json"
    path.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
    return path


def test_every_recipe_is_named_as_its_file() -> None:
    recipes = {recipe.path: recipe for recipe in all_recipes()}

    assert sorted(recipes) == sorted(path.stem for path in BOOK.glob("*.json"))
    assert tuple(recipe.path for recipe in standard_recipes()) == STANDARD == tuple(recipes)[: len(STANDARD)]
    for name, recipe in recipes.items():
        assert json.loads((BOOK / f"{name}.json").read_text()) == recipe.to_document()


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("all", list(STANDARD)),
        ("int8.onnx", ["int8.onnx"]),
        ("float32.onnx, int8.tflite,float32.onnx,", ["int8.tflite", "float32.onnx"]),
    ],
    ids=["all", "one", "some, in the table's order"],
)
def test_variants_are_chosen_by_file_name(text: str, paths: list[str]) -> None:
    assert [variant.path for variant in choose_variants(text)] == paths


@pytest.mark.parametrize(
    ("text", "named"),
    [("int8", "int8"), ("all,int8.tflite", "all"), ("", "nothing"), ("float32.tflite,int4.onnx", "int4.onnx")],
)
def test_a_wrong_name_is_named_with_the_right_ones(text: str, named: str) -> None:
    with pytest.raises(UsageError, match=f"expected all or some of float32.tflite, .*int8.onnx; got {named}$"):
        choose_variants(text)


def test_recipes_are_chosen_by_name_and_by_file(tmp_path: Path) -> None:
    path = write(tmp_path, calibration={"method": "minmax", "images": 60})
    chosen = choose_recipes(["int16.tflite, int8.ort", str(path), "int16.tflite"])

    assert [recipe.path for recipe in chosen] == ["int16.tflite", "int8.ort", "mine.tflite"]
    assert chosen[-1] == replace(standard_recipes()[3], variant="mine", calibration=Ranges("minmax", 60))


def test_a_copy_of_a_known_recipe_is_that_recipe(tmp_path: Path) -> None:
    assert choose_recipes([str(write(tmp_path, variant="int8"))]) == (standard_recipes()[3],)


def test_an_unknown_recipe_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"expected a JSON file or one of float32\.tflite, .*; got int4.tflite$"):
        choose_recipes(["int4.tflite"])


def test_two_recipes_do_not_write_one_file(tmp_path: Path) -> None:
    first = write(tmp_path).rename(tmp_path / "first.json")
    with pytest.raises(UsageError, match=r"two different recipes would write mine\.tflite"):
        choose_recipes([f"{first},{write(tmp_path, scales='tensor')}"])


def test_a_name_of_ours_stays_ours(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"int8\.tflite is the name of a recipe that comes with the program"):
        choose_recipes([str(write(tmp_path, variant="int8", scales="tensor"))])


MINMAX = {"method": "minmax", "images": 5}
WRONG: dict[str, tuple[dict[str, object], str]] = {
    "schema": ({"schema": "digits.recipe/2"}, f"schema '{SCHEMA}'"),
    "unknown field": ({"bits": 8}, r"unknown fields \['bits'\]"),
    "missing field": ({"help": None}, r"without \['help'\]"),
    "unknown format": ({"format": "pb"}, "expected format to be 'tflite' or 'onnx' or 'ort', got 'pb'"),
    "not a text": ({"weights": 8}, "expected weights to be .*, got 8"),
    "a name with a path": ({"variant": "../x"}, "small letters, digits and hyphens, got '../x'"),
    "a line break": ({"help": "a\nb"}, "expected help to be a text"),
    "no such file": ({"weights": "float16"}, "no .tflite file with weights in float16 and activations in int8"),
    "onnx in 16 bits": ({"format": "onnx", "activations": "int16"}, "no .onnx file"),
    "nothing to calibrate": ({"activations": "dynamic"}, "activations in dynamic are not calibrated"),
    "no calibration": ({"calibration": None}, "activations in int8 need a calibration"),
    "a method": ({"calibration": {"method": "guess"}}, "'minmax' or 'entropy' or 'percentile', got 'guess'"),
    "of tflite": ({"calibration": {"method": "entropy"}}, "calibrated by minmax alone"),
    "no images": ({"calibration": {**MINMAX, "images": 0}}, "expected 1 to 10000 images"),
    "images that are true": ({"calibration": {**MINMAX, "images": True}}, "expected 1 to 10000 images"),
    "a stray percentile": ({"calibration": {**MINMAX, "percentile": 99}}, "belongs to the method 'percentile'"),
    "a percentile of 5": (
        {"format": "onnx", "calibration": {"method": "percentile", "percentile": 5}},
        "expected a percentile from 50 to 100, got 5",
    ),
    "calibration as text": ({"calibration": "minmax"}, "expected calibration with method, images and percentile"),
    "uint8 outside": ({"format": "onnx", "ends": "uint8"}, "uint8 input and output belong to .tflite files"),
    "float32 by name": ({"variant": "float32"}, "files with weights in float32 or float16 are called so"),
    "one scale": (
        {"weights": "int8", "activations": "dynamic", "calibration": None, "scales": "tensor"},
        "one scale for a whole layer belongs to activations in int8",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    path = write(tmp_path, **changes)

    with pytest.raises(InputError, match=message) as caught:
        choose_recipes([str(path)])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000], ids=["empty", "a list", "cut off", "deep"])
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)

    with pytest.raises(InputError, match=r"x\.json"):
        choose_recipes([str(path)])


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(" " * 100_000)

    with pytest.raises(InputError, match="100000 bytes is too large for a recipe"):
        choose_recipes([str(path)])
