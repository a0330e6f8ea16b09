"""`digits evaluate`: measure a model file's accuracy on labelled digits."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from runtime.arguments import Parser
from runtime.bundle import open_bundle, open_model
from runtime.calibration import correct
from runtime.evaluate import Evaluation, ask, evaluate
from runtime.labelled import read_samples
from runtime.manifest import Manifest
from runtime.terminal import print_json, progress_bar, talk


def main(argv: Sequence[str]) -> int:
    """Evaluate one file of a bundle."""
    options = _parse(argv)
    bundle = open_bundle(options.bundle)
    described = bundle.manifest
    file, backend = open_model(bundle, options.backend, options.file, options.threads)
    images, labels = read_samples(options.data, described)
    with progress_bar() as bar:
        shown = bar.add_task(f"{file.path} on {backend.engine}", total=len(images))
        answers = ask(backend, images, lambda done, total: bar.update(shown, completed=done, total=total))
    calibration = described.calibration(file)
    found = evaluate(correct(answers, calibration), labels, calibration.confidence, described.known)
    if options.json:
        print_json(found.to_document(file.path, backend.engine, described.classes))
    else:
        _tell(found, described, f"{described.name}, {file.path} on {backend.engine}", talk())
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser("evaluate", "Measure a model file's accuracy on labelled digits.")
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder of IDX files (its test part) or an .npz file")
    parser.add_model_options()
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(argv)


def _tell(found: Evaluation, described: Manifest, title: str, console: Console) -> None:
    """The figures for people."""
    kind = "digit" if described.reads_digits else "class"
    table = Table(kind, "samples", "errors", "right %", box=SIMPLE_HEAD, padding=0, show_edge=False, title=title)
    for column in table.columns:
        column.justify = "right"
    for name, row in zip(described.classes, found.per_class, strict=False):
        right = f"{100 * (1 - row.errors / row.samples):.2f}" if row.samples else ""
        table.add_row(name, f"{row.samples:,}", f"{row.errors:,}", right)
    low, high = found.interval95
    console.print(table)
    console.print(
        f"{found.errors:,} wrong of {found.samples:,}: {100 * found.accuracy:.2f} %"
        f" (95 % interval {100 * low:.2f} to {100 * high:.2f}), {found.rejected:,} rejected"
    )
