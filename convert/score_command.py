"""`digits score`: how well pictures with known truth are read, as they are and disturbed on purpose."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from rich.table import Table

from convert.reading.ablation import compare
from convert.reading.disturb import CLEAN, DISTURBANCES
from convert.reading.page import write_page
from convert.reading.plain import read_plainly
from convert.reading.report import Case, check_place, count_stages, find_cases, write_report
from convert.reading.speed import measure_large, measure_speeds
from convert.reading.summary import Row, summarise
from convert.reading.trial import Read, Trial, applicable, run_trials
from convert.reading.truth import KINDS, NOTHING, STRING, Truth, read_truth
from runtime.arguments import Parser
from runtime.errors import MissingDependency, UsageError
from runtime.pictures import load_picture
from runtime.plain import counted
from runtime.reader import Reader, open_reader
from runtime.terminal import print_json, progress_bar, talk

SCHEMA = "digits.score/1"
TIMED = 12  # pictures on which speed is measured: the first of as many origins
EMPTY = 6  # pictures with nothing to read that are timed too when they are large: they are looked at twice


def main(arguments: Sequence[str]) -> int:
    """Read every picture under every disturbance, print the figures, and write what was asked for."""
    options = _parse(arguments)
    disturbances = _chosen(options.disturb)
    if options.report:
        check_place(options.report)
    truths = read_truth(options.manifest, options.kinds.split(","))
    draw_figures = _load_figures() if options.page else None
    reader = open_reader(options.bundle, options.backend, options.file, options.threads)
    trials = _with_progress(truths, disturbances, reader.read, "reading")
    document = _head(reader) | _figures(truths, disturbances, trials, reader, beside=draw_figures is not None)
    if options.page or options.report:
        cases = find_cases(trials, reader)
        document |= {"failing": len(cases), "pictures": len(truths), "stages": count_stages(cases)}
        _write_report(options.report, trials, cases, reader)
    if draw_figures:
        write_page(options.page, document)
        draw_figures(document, options.page.parent / "figures")
    _show(document, as_json=options.json)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser("score", "Read pictures whose truth is known, also disturbed on purpose, and count what is right.")
    add = parser.add_argument
    truth = "JSON list of file, kind, lines, boxes, the files beside it; or a folder with such a manifest.json"
    add("manifest", type=Path, metavar="MANIFEST", help=truth)
    add("--kinds", default=",".join(KINDS), help="kinds of pictures, comma-separated (%(default)s)")
    add("--disturb", default="none", metavar="NAMES", help='"all", "none", or names, separated by semicolons')
    add("--report", type=Path, metavar="DIR", help="write a folder about every picture with an error; it shows them")
    page = "write this page, its figures and its JSON: all figures beside those of a plain reader, and the speed"
    add("--page", type=Path, metavar="MD", help=page)
    add("--json", action="store_true", help="print one JSON document")
    parser.add_model_options()
    return parser.parse_args(arguments)


def _chosen(names: str) -> list[str]:
    """The disturbances asked for, the clean pictures always first."""
    if names in ("all", "none"):
        return list(DISTURBANCES) if names == "all" else [CLEAN]
    chosen = [name.strip() for name in names.split(";")]
    for name in chosen:
        if name not in DISTURBANCES:
            raise UsageError(f"--disturb: there is no {name!r}; all, none, or some of {'; '.join(DISTURBANCES)}")
    return list(dict.fromkeys([CLEAN, *chosen]))


def _load_figures() -> Callable[[Row, Path], None]:
    """What draws the page's pictures; MissingDependency where matplotlib is not installed, before all the work."""
    try:
        from convert.reading.figures import draw_figures  # noqa: PLC0415
    except ModuleNotFoundError as error:
        remedy = "install it with: pip install '.[convert]'"
        raise MissingDependency(f"digits score --page needs the package {error.name!r}; {remedy}") from error
    return draw_figures


def _with_progress(truths: Sequence[Truth], disturbances: Sequence[str], read: Read, what: str) -> list[Trial]:
    """All trials, with a progress bar."""

    def steps() -> Iterator[Trial]:
        with progress_bar() as bar:
            steps = sum(len(applicable(truth, truths, disturbances)) for truth in truths)
            task = bar.add_task(what, total=steps)
            for trial in run_trials(truths, disturbances, read):
                bar.advance(task)
                yield trial

    return list(steps())


def _head(reader: Reader) -> Row:
    """What was measured."""
    bundle = {"name": reader.bundle.manifest.name, "sha256": reader.bundle.sha256}
    return {"schema": SCHEMA, "bundle": bundle, "file": reader.file.path, "backend": reader.engine}


def _figures(
    truths: Sequence[Truth], disturbances: Sequence[str], trials: Sequence[Trial], reader: Reader, *, beside: bool
) -> Row:
    """The summary of the trials; with `beside`, the plain reader, the speed and the variants are measured too."""
    if not beside:
        return summarise(trials)
    plain = partial(read_plainly, backend=reader.backend)
    others = _with_progress(truths, disturbances, plain, "the plain reader")
    first = {truth.origin: truth.file for truth in reversed(truths) if truth.kind not in (NOTHING, STRING)}
    frames = [load_picture(path) for path in list(first.values())[:TIMED]]
    empty = [truth.file for truth in truths if truth.kind == NOTHING][:EMPTY]
    speeds = measure_speeds(frames, reader.read, plain)
    large = measure_large(chain(frames, map(load_picture, empty)), reader.read)
    variants = compare(reader, partial(_with_progress, truths, [CLEAN]))
    return {**summarise(trials, others, speeds), "large": large, "variants": variants}


def _write_report(folder: Path | None, trials: Sequence[Trial], cases: Sequence[Case], reader: Reader) -> None:
    """Write the report into `folder`, if there is one, and say so."""
    if folder:
        write_report(folder, trials, cases, reader)
        talk().print(f"{folder}/index.html: {counted(len(cases), 'picture')} with an error", soft_wrap=True)


def _show(document: Row, *, as_json: bool) -> None:
    """Print the document as data, or its figures for people."""
    if as_json:
        print_json(document)
    else:
        talk().print(_table(document["disturbances"]))


def _table(rows: Sequence[Row]) -> Table:
    """The figures for people."""
    keys = ("f1", "precision", "recall", "lines_exact", "pictures_exact")
    table = Table("pictures", *(key.replace("_", " ") for key in keys), "false digits each")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        shares = ("–" if row[key] is None else f"{row[key]:.3f}" for key in keys)
        table.add_row(row["name"], *shares, f"{row['false_digits_each']:.2f}")
    return table
