"""`digits score`: how well pictures with known truth are read, as they are and disturbed on purpose."""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.table import Table

from convert.reading.disturb import CLEAN, DISTURBANCES
from convert.reading.page import figures, replace_figures
from convert.reading.plain import read_plainly
from convert.reading.report import write_report
from convert.reading.score import Score, total
from convert.reading.speed import SIZES, speed_ratio
from convert.reading.trial import Read, Trial, run_trials
from convert.reading.truth import NOTHING, Truth, read_truth
from runtime.arguments import Parser
from runtime.atomic import write_text
from runtime.errors import InputError, UsageError
from runtime.pictures import load_picture
from runtime.reader import Reader, open_reader
from runtime.terminal import print_json, progress_bar, talk

SCHEMA = "digits.score/1"
KINDS = "photo,scan,canvas,string,negative"
PAGES = 12  # pictures on which speed is measured: the first of as many origins


def main(arguments: Sequence[str]) -> int:
    """Read every picture under every disturbance, print the figures, and write what was asked for."""
    options = _parse(arguments)
    disturbances = _chosen(options.disturb)
    truths = read_truth(options.manifest, options.kinds.split(","))
    reader = open_reader(options.bundle, options.backend, options.file, options.threads)
    trials = _with_progress(truths, disturbances, reader.read, "reading")
    scores = {name: total(t.score for t in trials if t.disturbance == name) for name in disturbances}
    if options.json:
        print_json({"schema": SCHEMA, "bundle": reader.bundle.manifest.name, "disturbances": _document(scores)})
    else:
        talk().print(_table(scores))
    if options.report:
        stages = write_report(options.report, trials)
        talk().print(f"{options.report}: {', '.join(f'{stage} {count}' for stage, count in stages.items())}")
    if options.page:
        _write_page(options.page, truths, trials, reader)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser("score", "Read pictures whose truth is known, also disturbed on purpose, and count what is right.")
    add = parser.add_argument
    add("manifest", type=Path, metavar="MANIFEST", help="JSON list of file, kind, lines, boxes; files stand beside it")
    add("--kinds", default=KINDS, help="kinds of pictures, comma-separated (%(default)s)")
    add("--disturb", default="none", metavar="NAMES", help='"all", "none", or names, separated by semicolons')
    add("--report", type=Path, metavar="HTML", help="write a page about every picture with an error; it shows them")
    add("--page", type=Path, metavar="MD", help="write all tables between the markers of this page, speed included")
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


def _with_progress(truths: Sequence[Truth], disturbances: Sequence[str], read: Read, what: str) -> list[Trial]:
    """All trials, with a progress bar."""

    def steps() -> Iterator[Trial]:
        with progress_bar() as bar:
            task = bar.add_task(what, total=len(truths) * len(disturbances))
            for trial in run_trials(truths, disturbances, read):
                bar.advance(task)
                yield trial

    return list(steps())


def _write_page(page: Path, truths: Sequence[Truth], trials: Sequence[Trial], reader: Reader) -> None:
    """Measure the plain reader and the speed too, and put all tables into the page."""
    plain = partial(read_plainly, backend=reader.backend)
    disturbances = list(dict.fromkeys(trial.disturbance for trial in trials))
    others = _with_progress(truths, disturbances, plain, "the plain reader")
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{page}: cannot be read ({error.strerror}); expected a page with markers") from error
    write_text(page, replace_figures(text, figures(trials, others, _speeds(truths, reader, plain))))


def _speeds(truths: Sequence[Truth], reader: Reader, plain: Read) -> list[str]:
    """One row a frame size."""
    first = {truth.origin: truth.file for truth in reversed(truths) if truth.kind not in (NOTHING, "string")}
    frames = [load_picture(path) for path in list(first.values())[:PAGES]]
    rows = []
    for size in SIZES:
        ours, theirs = speed_ratio(frames, size, reader.read, plain)
        rows.append(f"| {size[0]}×{size[1]} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.1f} |")
    return rows


def _document(scores: dict[str, Score]) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "pictures": score.pictures,
            "digits": score.right + score.missed,
            "f1": round(score.f1, 4),
            "precision": round(score.precision, 4),
            "recall": round(score.recall, 4),
            "lines_exact": round(score.lines_exact, 4),
            "pictures_exact": round(score.pictures_exact, 4),
            "false_digits_each": round(score.false_each, 4),
            "printed_digits_each": round(score.printed_each, 4),
        }
        for name, score in scores.items()
    ]


def _table(scores: dict[str, Score]) -> Table:
    """The figures for people."""
    table = Table("pictures", "F1", "precision", "recall", "lines exact", "pictures exact", "false digits each")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, score in scores.items():
        shares = (score.f1, score.precision, score.recall, score.lines_exact, score.pictures_exact)
        table.add_row(name, *(f"{share:.3f}" for share in shares), f"{score.false_each:.2f}")
    return table
