"""`digits measure`: what converted runs are worth, on their own hold-out and on whatever data is at hand."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.progress import Progress
from rich.table import Table

from convert.measure.record import (
    FILE_NAME,
    SHIPS,
    check_converted,
    fingerprint,
    is_measured,
    looking_into,
    read_record,
)
from convert.quiet import prepare_environment, quiet
from runtime import manifest
from runtime.arguments import Parser
from runtime.atomic import write_json
from runtime.errors import MissingDependency
from runtime.terminal import print_json, progress_bar, talk

DESCRIPTION = f"""Measure converted runs: size, arithmetic and speed, errors of every file on the hold-out and of
{SHIPS} on further digits, calibration, and how well what is no digit is rejected. The figures go to {FILE_NAME}
in each run, pictures of them beside it. A run that was measured on the same before is not measured again."""


def main(arguments: Sequence[str]) -> int:
    """Measure each run and say what came out."""
    options = _parse(arguments)
    documents = _measure(options)
    if options.json:
        print_json({"schema": "digits.measurements/1", "measurements": documents})
    else:
        columns = []
        for run, document in zip(options.runs, documents, strict=True):
            with looking_into(run / FILE_NAME):
                columns.append((str(document["run"]), _figures(document)))
        talk().print(_table(columns))
    return 0


def _measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Every run's figures; TensorFlow and the data are loaded only if there is something to measure."""
    for run in options.runs:
        check_converted(run, manifest.load(run))
    data = fingerprint(options.sets, options.photos)
    todo = [run for run in options.runs if options.again or not is_measured(run, data)]
    if todo:
        with progress_bar() as progress:
            _measure_each(todo, options, data, progress)
    return [read_record(run / FILE_NAME) for run in options.runs]


def _measure_each(runs: Sequence[Path], options: argparse.Namespace, data: str, progress: Progress) -> None:
    """Measure one run after the other; each writes its figures as soon as it is done."""
    bar = progress.add_task("loading TensorFlow", total=None)
    session, draw_pictures = _load()

    def count(done: int, total: int) -> None:
        progress.update(bar, description="cutting digits out of photographs", completed=done, total=total)

    elsewhere = session.read_elsewhere(options.sets, options.photos, count)
    for done, run in enumerate(runs):

        def announce(what: str, step: int, name: str = run.resolve().name, first: int = done) -> None:
            total = session.STEPS * len(runs)
            progress.update(bar, description=f"{name}: {what}", completed=session.STEPS * first + step, total=total)

        document, shown, said = session.measure_run(run.resolve(), elsewhere, announce)
        draw_pictures(run, document, shown, said)
        write_json(run / FILE_NAME, {**document, "data_sha256": data})


def _load() -> tuple[ModuleType, Callable[..., None]]:
    """What needs TensorFlow and matplotlib; MissingDependency where they are not installed."""
    prepare_environment()
    try:
        with quiet():
            from convert.measure import session  # noqa: PLC0415
            from convert.measure.figures import draw_pictures  # noqa: PLC0415
    except ModuleNotFoundError as error:
        remedy = "install it with: pip install '.[convert]'"
        raise MissingDependency(f"digits measure needs the package {error.name!r}; {remedy}") from error
    return session, draw_pictures


def _table(columns: Sequence[tuple[str, dict[str, str]]]) -> Table:
    """The figures that decide, for people: a column for each run, of its name and its figures by what they are."""
    table = Table("errors of int8.tflite, where nothing else is said", *(name for name, _ in columns))
    for column in table.columns[1:]:
        column.justify = "right"
    for row in dict.fromkeys(row for _, figures in columns for row in figures):
        table.add_row(row, *(figures.get(row, "") for _, figures in columns))
    return table


def _figures(document: dict[str, Any]) -> dict[str, str]:
    """One run's figures by what they are."""
    files = {file["file"]: file for file in document["files"]}
    sets = {f"{lot['name']} ({lot['samples']:,})": str(lot[SHIPS]["errors"]) for lot in document["sets"]}
    junk = {
        f"{name} accepted by {found['method']}, %": f"{100 * share:.1f}"
        for found in document["rejection"][SHIPS]
        for name, share in found["accepted"].items()
    }
    return {
        "parameters": f"{document['parameters']:,}",
        "multiply-adds": f"{document['multiply_adds']:,}",
        "bytes": f"{files[SHIPS]['bytes']:,}",
        "time of a digit, normalising is 1": f"{document['latency']['ratio']:.2f}",
        f"validation ({document['validation'][SHIPS]['samples']:,})": str(document["validation"][SHIPS]["errors"]),
        **{f"hold-out, {name}": str(file["errors"]) for name, file in files.items()},
        "hold-out, answers that int8 changed": str(files[SHIPS]["changed"]),
        **sets,
        **junk,
    }


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser("measure", DESCRIPTION)
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="a run folder that digits convert has verified"
    )
    parser.add_argument("--sets", type=Path, metavar="DIR", help="a folder of .npz files with labelled digits")
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="a folder of pictures with a manifest.json of true boxes"
    )
    parser.add_argument("--again", action="store_true", help="measure also what was measured before")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(arguments)
