"""The recipes that come with the program, and which of them a conversion is asked for."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from convert.recipe import Recipe, parse_recipe
from runtime.errors import InputError, UsageError

BOOK = Path(__file__).parent / "recipes"
STANDARD = (
    *("float32.tflite", "float16.tflite", "dynamic.tflite", "int8.tflite", "uint8.tflite"),
    *("float32.onnx", "int8.onnx"),
)
"""The files that a conversion writes where nothing else is asked for."""
RECIPE_LIMIT = 2**16  # bytes; a recipe is some hundreds


@cache
def all_recipes() -> tuple[Recipe, ...]:
    """Every recipe that comes with the program: the standard ones first, the others by format and name."""
    found = {path.stem: parse_recipe(path.read_bytes(), path) for path in BOOK.glob("*.json")}
    others = sorted(found.keys() - set(STANDARD), key=lambda name: name.rpartition(".")[::-1])
    return tuple(found[name] for name in (*STANDARD, *others))


def standard_recipes() -> tuple[Recipe, ...]:
    """The recipes of STANDARD, in that order."""
    return all_recipes()[: len(STANDARD)]


def choose_variants(text: str) -> tuple[Recipe, ...]:
    """The standard recipes named in a comma-separated list, or every one for "all", in the table's order.

    Raises UsageError for a name that is not in the table.
    """
    names = {name.strip() for name in text.split(",")} - {""}
    if names == {"all"}:
        return standard_recipes()
    if not names or names - set(STANDARD):
        wrong = ", ".join(sorted(names - set(STANDARD))) or "nothing"
        raise UsageError(f"variants: expected all or some of {', '.join(STANDARD)}; got {wrong}")
    return tuple(recipe for recipe in standard_recipes() if recipe.path in names)


def choose_recipes(words: Iterable[str]) -> tuple[Recipe, ...]:
    """The recipes named in comma-separated lists, each by the file that it makes or by the path of its JSON.

    Raises UsageError for a name that is neither, or two recipes for one file; InputError for a JSON that is no recipe.
    """
    names = [name for word in words for name in map(str.strip, word.split(",")) if name]
    chosen = tuple(dict.fromkeys(_find(name) for name in names))
    if len({recipe.path for recipe in chosen}) < len(chosen):
        paths = [recipe.path for recipe in chosen]
        twice = next(path for path in paths if paths.count(path) > 1)
        raise UsageError(f"recipe: two different recipes would write {twice}")
    return chosen


def _find(name: str) -> Recipe:
    """The recipe of one name."""
    known = {recipe.path: recipe for recipe in all_recipes()}
    if name in known:
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"recipe: expected a JSON file or one of {', '.join(known)}; got {name}")
    if path.stat().st_size > RECIPE_LIMIT:
        raise InputError(f"{path}: {path.stat().st_size} bytes is too large for a recipe")
    recipe = parse_recipe(path.read_bytes(), path)
    if recipe.path in known and recipe != known[recipe.path]:
        raise UsageError(f"{path}: {recipe.path} is the name of a recipe that comes with the program; choose another")
    return recipe
