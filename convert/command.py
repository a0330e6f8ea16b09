"""`digits convert`: from a run's Keras model to verified `.tflite` and `.onnx` files."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from convert.adopt.order import Order, add_options, read_order
from convert.check_report import check_document, check_table
from convert.conversion_report import conversion_document, conversion_table, recipe_document, recipe_table
from convert.quiet import prepare_environment, quiet
from convert.recipe import Recipe
from convert.search_report import search_table
from convert.variants import STANDARD, all_recipes, choose_recipes, choose_variants, standard_recipes
from runtime import manifest
from runtime.arguments import Parser
from runtime.errors import MissingDependency
from runtime.terminal import print_json, progress_bar, talk

DESCRIPTION = """Convert a run's Keras model, compare every file on every installed engine with Keras' own answers, and
add the files to the run if all answer as Keras does; otherwise the run stays as it was. The files: {files}. Other
files are made by other recipes, named with --recipe."""
PREFERENCES = ("size", "latency")

Announce = Callable[[str, float], None]


def main(arguments: Sequence[str]) -> int:
    """Do what is asked for and report; exit code 1 where a file does not answer as Keras does or is not the same."""
    options = _parse(arguments)
    if options.recipes:
        return _list_recipes(options)
    recipes = _choose(options)  # before a run is made of a model: a wrong name must not leave one behind
    order = read_order(options)
    if order:
        options.run = _adopt(order)
    if options.check:
        return _check(options)
    if options.budget is not None:
        return _search(options, recipes)
    return _convert(options, recipes)


def _choose(options: argparse.Namespace) -> Sequence[Recipe]:
    """The recipes that are asked for: those named, else every one for a search, else the variants."""
    if options.recipe:
        return choose_recipes(options.recipe)
    return choose_variants(options.variants) if options.budget is None else all_recipes()


def _convert(options: argparse.Namespace, recipes: Sequence[Recipe]) -> int:
    """Convert and verify; ParityError where a file does not answer as Keras does."""

    def work(pipeline: Any, announce: Announce) -> Any:  # noqa: ANN401 - loaded by name
        return pipeline.convert_run(options.run, recipes, options.static_batch, announce)

    converted = _at_work("pipeline", recipes, work)
    if options.json:
        print_json(conversion_document(options.run, converted))
    else:
        talk().print(conversion_table(converted))
        talk().print(f"every file answers as Keras does; the report is {options.run}/report.html", soft_wrap=True)
    return 0


def _check(options: argparse.Namespace) -> int:
    """Make every converted file again and compare."""
    described = manifest.load(options.run)
    rows = _at_work("check", described, lambda check, announce: check.check_run(options.run, announce))
    others = [row.file.path for row in rows if not row.same]
    if options.json:
        print_json(check_document(options.run, rows))
    else:
        talk().print(check_table(rows))
        verdict = f"not the same: {', '.join(others)}" if others else "every file was made again, byte for byte"
        talk().print(f"{options.run}: {verdict}", soft_wrap=True)
    return 1 if others else 0


def _search(options: argparse.Namespace, recipes: Sequence[Recipe]) -> int:
    """Find the best file within the budget and convert the run to it; ParityError where there is none."""

    def work(search: Any, announce: Announce) -> Any:  # noqa: ANN401 - loaded by name
        return search.search_run(options.run, recipes, search.Wish(options.budget, options.prefer), announce)

    outcome = _at_work("search", recipes, work)
    if options.json:
        print_json(outcome.to_document())
    else:
        talk().print(search_table(outcome))
        talk().print(f"{options.run} now holds {outcome.chosen}, verified", soft_wrap=True)
    return 0


def _adopt(order: Order) -> Path:
    """Make a run of a model from elsewhere, say what was found out about it, and give the run's folder."""
    described = _at_work("adopt.session", order, lambda session, announce: session.adopt(order, announce))
    found, shape = described.training, "×".join(map(str, described.input_shape))
    ends = f"{described.known} classes, {found['ending']} at its end"
    taken = f"black and white are {found['input_range']} ({found['input_range_reason']})"
    talk().print(f"{order.model}: takes {shape}, {taken}; {ends}", soft_wrap=True, markup=False)
    return order.run


def _list_recipes(options: argparse.Namespace) -> int:
    """Every recipe that comes with the program."""
    if options.json:
        print_json(recipe_document(all_recipes()))
    else:
        talk().print(recipe_table(all_recipes(), STANDARD))
    return 0


def _at_work(
    name: str,
    subject: Sequence[Recipe] | manifest.Manifest | Order,
    work: Callable[[Any, Announce], Any],
) -> Any:  # noqa: ANN401 - what the module gives
    """Do `work` with the module `convert.<name>` under a progress bar of as many steps as it has for `subject`.

    The module loads TensorFlow, which takes seconds and is done only now. Raises MissingDependency where it, or what
    else conversion needs, is not installed.
    """
    with progress_bar() as progress:
        bar = progress.add_task("loading TensorFlow", total=None)
        prepare_environment()
        try:
            with quiet():
                module = importlib.import_module(f"convert.{name}")
        except ModuleNotFoundError as error:
            remedy = "install it with: pip install '.[convert]'"
            raise MissingDependency(f"digits convert needs the package {error.name!r}; {remedy}") from error
        progress.update(bar, total=module.count_steps(subject))

        def announce(step: str, done: float) -> None:
            progress.update(bar, description=step, completed=done)

        return work(module, announce)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    files = ", ".join(f"{recipe.path} ({recipe.help})" for recipe in standard_recipes())
    parser = Parser("convert", DESCRIPTION.format(files=files))
    add = parser.add_argument
    run = "a run folder that digits train has written, or a .keras file of your own, with --data"
    add("run", type=Path, metavar="RUN|FILE", nargs="?", help=run)
    add("--variants", default="all", help="the files to write, comma-separated (%(default)s)")
    recipe = "make files by these recipes instead: names of --recipes list or JSON files, comma-separated"
    add("--recipe", action="append", metavar="NAME|FILE", help=recipe)
    add("--recipes", choices=("list",), help="print every recipe that comes with the program and do nothing else")
    add("--check", action="store_true", help="make the run's files again and compare them byte for byte")
    budget = "look for the best of all recipes, or of those named, that changes at most so many of Keras' answers"
    add("--budget", type=_budget, metavar="flips=N", help=budget)
    add("--prefer", choices=PREFERENCES, default="size", help="what is best within the budget (%(default)s)")
    add("--static-batch", action="store_true", help="write files that take exactly one image at a time")
    add_options(parser)
    add("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    if options.run is None and not options.recipes:
        parser.error("the following arguments are required: RUN")
    if options.check and options.data is not None:
        parser.error("--check makes the files of a run again; name the run that was made of the .keras file")
    if options.check and options.budget is not None:
        parser.error("--check and --budget are two different things; ask for one")
    if options.static_batch and options.budget is not None:
        parser.error("--budget measures files that take any number of images; leave --static-batch out")
    return options


def _budget(text: str) -> int:
    """The number of `flips=N`."""
    name, _, number = text.partition("=")
    if name != "flips" or not (number.isascii() and number.isdigit()) or len(number) > 9:
        raise argparse.ArgumentTypeError(f"expected flips=N, N being a whole number, got {text!r}")
    return int(number)
