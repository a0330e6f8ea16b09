"""The findings of a verification in the terminal: one table of all engines and files, and what is behind it."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime.parity_page import DATA_NAMES
from runtime.verifying.figures import spell
from runtime.verifying.report import ParityReport
from runtime.verifying.row import FAILED, OK, Row

MARKS = {OK: Text("✓", "green"), FAILED: Text("✗", "red")}
WIDE = 100  # columns, where nobody's terminal says how many there are
ROOMY = 96  # columns, from which the intervals are shown


def tell(report: ParityReport, console: Console) -> None:
    """Print the table, what is out of its limits, what was not run and the verdict."""
    if not console.is_terminal:
        console.width = max(console.width, WIDE)
    console.print(_table(report, console.width >= ROOMY))
    crops = report.preprocessing
    if not crops.passed:
        said = f"preprocessing: {crops.differing} of {crops.crops} glyphs differ from the training's"
        console.print(said, style="red")
    for row in report.failed:
        console.print(f"{row.file} on {row.engine}: {'; '.join(row.reasons)}", soft_wrap=True)
    for (engine, status, reason), files in report.not_run.items():
        console.print(f"{engine}, {status}: {reason} ({', '.join(files)})", style="dim", soft_wrap=True)
    for note in report.notes:
        console.print(note, style="bold yellow", soft_wrap=True)
    console.print(report.verdict, style="green" if report.passed else "red")


def _table(report: ParityReport, roomy: bool) -> Table:
    """A line for each engine and file."""
    table = Table(box=SIMPLE_HEAD, padding=0, show_edge=False, title=_title(report))
    for heading in ("", "file", "engine"):
        table.add_column(heading, no_wrap=True)
    headings = ["bytes", "right %", "95 %", "agree %", "flips", "µs p50 / p95"]
    for heading in headings if roomy else [name for name in headings if name != "95 %"]:
        table.add_column(heading, justify="right", no_wrap=True)
    files = [row.file for row in report.rows]
    for row, following in zip(report.rows, [*files[1:], None], strict=True):
        table.add_row(MARKS.get(row.status, "–"), row.file, row.engine, *_cells(row, roomy), style=_style(row))
        if following not in (row.file, None):
            table.add_section()
    return table


def _title(report: ParityReport) -> str:
    """Whose files they are, and of which samples the figures."""
    data = next((row.main.data for row in report.rows if row.main), None)
    samples = f", {report.samples:,} samples ({DATA_NAMES.get(data, data)})" if data else ""
    return f"{report.name}: converted files against Keras{samples}"


def _cells(row: Row, roomy: bool) -> list[str]:
    """A row's figures; one that has none says what it is instead."""
    words = spell(row)
    if not row.comparison:
        return [words.size, row.status]
    interval = [words.interval] if roomy else []
    return [words.size, words.right, *interval, words.agreement, words.flips, words.times]


def _style(row: Row) -> str | None:
    return None if row.comparison or row.status == FAILED else "dim"
