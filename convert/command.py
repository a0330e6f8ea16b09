"""`digits convert`: from a run's Keras model to verified `.tflite` and `.onnx` files."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from convert.quiet import prepare_environment, quiet
from convert.recipe import Recipe
from convert.variants import choose_variants, standard_recipes
from runtime.arguments import Parser
from runtime.errors import MissingDependency
from runtime.terminal import print_json, progress_bar, talk

if TYPE_CHECKING:
    from convert.pipeline import ConvertedFile

DESCRIPTION = """Convert a run's Keras model, compare every file on every installed engine with Keras' own answers, and
add the files to the run if all answer as Keras does; otherwise the run stays as it was. The files: {files}."""


def main(arguments: Sequence[str]) -> int:
    """Convert, verify and report; ParityError (exit code 1) where a file does not answer as Keras does."""
    options = _parse(arguments)
    variants = choose_variants(options.variants)
    converted = _convert(options.run, variants, options.static_batch)
    if options.json:
        print_json(_document(options.run, converted))
    else:
        talk().print(_table(converted))
        talk().print(f"every file answers as Keras does; the report is {options.run}/report.html", soft_wrap=True)
    return 0


def _convert(run: Path, variants: Sequence[Recipe], static_batch: bool) -> "list[ConvertedFile]":
    """Run the pipeline with a progress bar; TensorFlow is loaded only now, as it takes seconds."""
    with progress_bar() as progress:
        bar = progress.add_task("loading TensorFlow", total=None)
        prepare_environment()
        try:
            with quiet():
                from convert import pipeline  # noqa: PLC0415
        except ModuleNotFoundError as error:
            remedy = "install it with: pip install '.[convert]'"
            raise MissingDependency(f"digits convert needs the package {error.name!r}; {remedy}") from error
        progress.update(bar, total=pipeline.count_steps(variants))

        def announce(step: str, done: float) -> None:
            progress.update(bar, description=step, completed=done)

        return pipeline.convert_run(run, variants, static_batch, announce)


def _table(converted: "Sequence[ConvertedFile]") -> Table:
    """The new files for people; sizes are compared with the weights in float32, as Keras holds them."""
    table = Table("file", "bytes", "of float32", "operators", "digits changed on")
    for column in table.columns[1:4]:
        column.justify = "right"
    for entry in converted:
        flips = ", ".join(f"{engine}: {count}" for engine, count in entry.flips.items())
        operators = sum(entry.operators.values())
        table.add_row(entry.file.path, f"{entry.file.size:,}", f"{entry.size_ratio:.0%}", str(operators), flips)
    return table


def _document(run: Path, converted: "Sequence[ConvertedFile]") -> dict[str, object]:
    """The new files as JSON."""
    files = [
        {
            "path": entry.file.path,
            "size": entry.file.size,
            "sha256": entry.file.sha256,
            "size_ratio": round(entry.size_ratio, 4),
            "operators": entry.operators,
            "flips": entry.flips,
            "calibration": asdict(entry.file.calibration) if entry.file.calibration else None,
        }
        for entry in converted
    ]
    return {"schema": "digits.conversion/1", "run": str(run), "files": files}


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    files = ", ".join(f"{recipe.path} ({recipe.help})" for recipe in standard_recipes())
    parser = Parser("convert", DESCRIPTION.format(files=files))
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder that digits train has written")
    parser.add_argument("--variants", default="all", help="the files to write, comma-separated (%(default)s)")
    parser.add_argument("--static-batch", action="store_true", help="write files that take exactly one image at a time")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(arguments)
