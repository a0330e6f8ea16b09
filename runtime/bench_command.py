"""`digits bench`: measure speed, start-up and memory on this machine."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich import box
from rich.table import Table

from runtime.arguments import Parser
from runtime.bench import FULL, QUICK, Row, document, relate
from runtime.bench_machine import describe_machine
from runtime.bench_plan import Plan, make_plan
from runtime.bundle import open_bundle
from runtime.terminal import print_json, progress_bar, talk

DESCRIPTION = """Measure each model file on each installed engine but our own, segmentation, whole frames, and the start
of a fresh process to its first reading. The table goes to stderr; --json prints the figures as one document."""

LEFT = ("what", "file", "engine", "first reading with")  # columns of words


def main(argv: Sequence[str]) -> int:
    """Measure and report; raises what opening the bundle and its files raises."""
    arguments = _parser().parse_args(argv)
    bundle, effort = open_bundle(arguments.bundle), QUICK if arguments.quick else FULL
    plan = make_plan(bundle, arguments.backend, arguments.file, arguments.threads, effort)
    file, engine = plan.best[0]
    rows = relate(_measure(plan), file.path, engine)
    machine = describe_machine(plan.engines)
    _show(rows, machine)
    if arguments.json:
        print_json(document(machine, rows))
    return 0


def _measure(plan: Plan) -> list[Row]:
    """All rows, with a progress bar."""
    with progress_bar() as progress:
        return [step() for step in progress.track(plan.steps(), description="measuring")]


def _show(rows: Sequence[Row], machine: dict[str, Any]) -> None:
    """Print the tables for people: how fast, then what a start costs."""
    console = talk()
    console.print(f"{machine['processor']}, {machine['cores']} cores, engine threads: {rows[0].threads}")
    console.print(_speeds(rows))
    starts = [row for row in rows if row.what == "start"]
    if not starts:
        console.print("classify: per picture; this model reads no pages; ratio: 1 is the engine that is taken unasked")
        return
    console.print(_starts(starts))
    console.print("classify: per digit, the others: per page; ratio: 1 is the engine that digits read takes")


def _speeds(rows: Sequence[Row]) -> Table:
    """Percentiles and ratio of every row."""
    table = _empty_table("what", "file", "engine", "p50", "p95", "p99", "ratio")
    for _, kind in groupby((row for row in rows if row.what != "start"), key=_kind):
        for row in kind:
            times = row.microseconds
            ratio = f"{row.ratio_to_engine:.2f}" if row.ratio_to_engine else ""
            table.add_row(*_names(row), *map(duration, (times.p50, times.p95, times.p99)), ratio)
        table.add_section()
    return table


def _starts(rows: Sequence[Row]) -> Table:
    """Wall clock, CPU time and memory of the starts."""
    table = _empty_table("first reading with", "engine", "wall", "CPU", "peak MB")
    for row in rows:
        cpu = duration(row.cpu_microseconds.p50) if row.cpu_microseconds else ""
        table.add_row(*_names(row)[1:], duration(row.microseconds.p50), cpu, f"{(row.peak_bytes or 0) / 1e6:.0f}")
    return table


def duration(microseconds: float) -> str:
    """A time with three figures and its unit: "17.6 µs", "18.5 ms", "1.63 s"."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{_figures(microseconds / size)} {unit}"
    return f"{_figures(microseconds)} µs"


def _figures(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _empty_table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column, justify="left" if column in LEFT else "right", no_wrap=True)
    return table


def _names(row: Row) -> tuple[str, str, str]:
    what = f"classify ×{row.batch}" if row.what == "classify" else row.what
    return what, row.file or "", row.backend or ""


def _kind(row: Row) -> tuple[str, int | None]:
    """Rows of one kind stand together in the table."""
    return row.what.partition(" ")[0], row.batch


def _parser() -> Parser:
    parser = Parser("bench", DESCRIPTION)
    add = parser.add_argument
    add("--quick", action="store_true", help="few repetitions: figures to look at, not to compare")
    add("--json", action="store_true", help="print the figures as JSON")
    parser.add_model_options(engine="every one installed but our own", file="every one")
    return parser
