"""`digits bench`: measure speed, start-up and memory on this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from runtime.arguments import Parser, positive
from runtime.bench import FULL, QUICK, Row, document, relate
from runtime.bench_machine import describe_machine
from runtime.bench_plan import Plan, make_plan
from runtime.bundle import open_bundle
from runtime.terminal import print_json, progress_bar, talk

DESCRIPTION = """Measure each model file on each installed engine, segmentation, whole frames, and the start of a fresh
process to its first reading. The table goes to stderr; --json prints the figures as one document."""
COLUMNS = ("what", "file", "engine", "batch", "p50 µs", "p95 µs", "p99 µs", "ratio", "CPU µs", "peak MB")


def main(argv: Sequence[str]) -> int:
    """Measure and report; raises what opening the bundle and its files raises."""
    arguments = _parser().parse_args(argv)
    bundle, effort = open_bundle(arguments.bundle), QUICK if arguments.quick else FULL
    plan = make_plan(bundle, arguments.backend, arguments.file, arguments.threads, effort)
    file, engine = plan.best[0]
    rows = relate(_measure(plan), file.path, engine)
    machine = describe_machine(plan.engines)
    talk().print(_table(rows, machine, plan.threads))
    if arguments.json:
        print_json(document(machine, rows))
    return 0


def _measure(plan: Plan) -> list[Row]:
    """All rows, with a progress bar."""
    with progress_bar() as progress:
        return [step() for step in progress.track(plan.steps(), description="measuring")]


def _table(rows: Sequence[Row], machine: dict[str, Any], threads: int) -> Table:
    title = f"{machine['processor']}, {machine['cores']} cores, engine threads: {threads}"
    table = Table(title=title, caption="ratio: time against the engine and file that digits read takes")
    for number, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if number < 3 else "right")
    for before, row in zip([None, *rows], rows, strict=False):
        if before and (before.what, before.batch) != (row.what, row.batch):
            table.add_section()
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    """One row of the table as text."""
    times = row.microseconds
    return (
        row.what,
        row.file or "",
        row.backend or "",
        str(row.batch or ""),
        *(f"{value:,.1f}" if value < 1000 else f"{value:,.0f}" for value in (times.p50, times.p95, times.p99)),
        f"{row.ratio_to_engine:.2f}" if row.ratio_to_engine is not None else "",
        f"{row.cpu_microseconds.p50:,.0f}" if row.cpu_microseconds else "",
        f"{row.peak_bytes / 1e6:.0f}" if row.peak_bytes else "",
    )


def _parser() -> Parser:
    parser = Parser("bench", DESCRIPTION)
    add = parser.add_argument
    add("--quick", action="store_true", help="few repetitions: figures to look at, not to compare")
    add("--json", action="store_true", help="print the figures as JSON")
    add("--bundle", type=Path, metavar="DIR", help="bundle or run folder (default: the one that comes with digits)")
    add("--backend", metavar="ENGINE", help="only this inference engine (default: all that are installed)")
    add("--file", metavar="NAME", help="only this model file (default: all of the bundle)")
    add("--threads", type=positive, default=1, metavar="N", help="threads of the engines (default: 1)")
    return parser
