"""Gates: what a project asks of its converted files beyond parity, and which of them do not give it."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runtime.arguments import positive
from runtime.errors import UsageError
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

SHARES = ("accuracy", "agreement")  # figures from 0 to 1
FLOORS = (*SHARES, "samples")


@dataclass(frozen=True, slots=True)
class Gates:
    """What is asked of every row that was compared; nothing where nothing is said."""

    floors: tuple[tuple[str, float], ...] = ()  # a figure of FLOORS and the least that it may be
    flips: int | None = None  # at most so many, explained or not
    sizes: tuple[tuple[str | None, int], ...] = ()  # a file's path (None: every file) and its most bytes

    def to_document(self) -> dict[str, Any]:
        """The gates as JSON; only what was asked is in it."""
        document: dict[str, Any] = {"floors": dict(self.floors)} if self.floors else {}
        if self.flips is not None:
            document["max_flips"] = self.flips
        if self.sizes:
            document["max_size"] = {path or "*": most for path, most in self.sizes}
        return document


def add_gate_options(parser: argparse.ArgumentParser) -> None:
    """Add `--floor`, `--max-flips` and `--max-size`, which `read_gates` reads."""
    add = parser.add_argument
    floor = "fail below this, such as accuracy=.99, agreement=.999 or samples=10000; may be repeated"
    add("--floor", type=_floor, action="append", default=[], metavar="FIGURE=LEAST", help=floor)
    add("--max-flips", type=_count, metavar="N", help="fail if more answers than this are not Keras'")
    size = "fail if a file (or each, without FILE=) has more bytes than this; may be repeated"
    add("--max-size", type=_size, action="append", default=[], metavar="[FILE=]BYTES", help=size)


def read_gates(options: argparse.Namespace) -> Gates:
    """The gates that a command line asks for."""
    return Gates(tuple(options.floor), options.max_flips, tuple(options.max_size))


def check_names(gates: Gates, paths: Iterable[str]) -> None:
    """Raise UsageError for a gate on a file that is none of `paths`."""
    known = list(paths)
    for path, _ in gates.sizes:
        if path is not None and path not in known:
            raise UsageError(f"--max-size {path}: there is no such file; one of {', '.join(known)}")


def judge(report: ParityReport, gates: Gates) -> ParityReport:
    """The report with what the gates say in its rows; a row that does not pass one has failed."""
    compared = {row.file for row in report.rows if row.comparison}
    rows = [replace(row, breaches=tuple(_find_breaches(row, gates, row.file not in compared))) for row in report.rows]
    return replace(report, rows=tuple(rows), gates=gates.to_document())


def _find_breaches(row: Row, gates: Gates, unseen: bool) -> Iterator[str]:
    """The gates that a row does not pass, in words; the size of a file that nothing ran is told in all its rows."""
    if row.checks or unseen:
        yield from _too_large(row, gates)
    if not row.main or not row.comparison:
        return
    for figure, least in dict(gates.floors).items():
        found = getattr(row.comparison, figure)
        if not found >= least:
            yield f"{row.main.data}: {figure} {found:.6g}, at least {least:.6g} asked"
    if gates.flips is not None and row.comparison.flips > gates.flips:
        yield f"{row.main.data}: flips {row.comparison.flips}, at most {gates.flips} asked"


def _too_large(row: Row, gates: Gates) -> Iterator[str]:
    """What is said of the file by name goes before what is said of every file."""
    limits: dict[str | None, int] = dict(gates.sizes)
    most = limits.get(row.file, limits.get(None))
    if most is not None and row.size > most:
        yield f"{row.size} bytes, at most {most} asked"


def _floor(text: str) -> tuple[str, float]:
    """FIGURE=LEAST."""
    figure, _, least = text.partition("=")
    if figure not in FLOORS:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(FLOORS)} and its least value, got {text!r}")
    if figure not in SHARES:
        return figure, positive(least)
    try:
        value = float(least)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1 such as {figure}=.99, got {text!r}")
    return figure, value


def _count(text: str) -> int:
    """A whole number of at least 0."""
    return 0 if text == "0" else positive(text)


def _size(text: str) -> tuple[str | None, int]:
    """[FILE=]BYTES."""
    path, found, most = text.rpartition("=")
    return (path if found else None), positive(most)


def describe_gates(gates: Mapping[str, Any]) -> Sequence[str]:
    """What was asked, in words."""
    floors = [f"{figure} ≥ {least:g}" for figure, least in gates.get("floors", {}).items()]
    flips = [f"flips ≤ {gates['max_flips']}"] if "max_flips" in gates else []
    sizes = [
        f"{'every file' if path == '*' else path} ≤ {most:,} bytes" for path, most in gates.get("max_size", {}).items()
    ]
    return [*floors, *flips, *sizes]
