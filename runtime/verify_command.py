"""`digits verify`: prove that converted files answer as Keras does."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from runtime import manifest
from runtime.arguments import Parser, positive
from runtime.atomic import write_json
from runtime.backends import ENGINES
from runtime.bundle import find_folder
from runtime.localise import localise_file
from runtime.localise.table import tell_localisation
from runtime.parity import ParityCheck, ParityReport
from runtime.terminal import print_json, progress_bar, talk
from runtime.verify import PAGE, verify_folder, write_report

LOCALISATION = "localisation.json"
MARKS = {"ok": "[green]✓[/green]", "failed": "[red]✗[/red]", "unsupported": "[dim]–[/dim]"}


def main(argv: Sequence[str]) -> int:
    """Verify a run or bundle; 0 if everything is within its limits, else 1."""
    options = _parse(argv)
    folder = find_folder(options.folder)
    if options.localise:
        return _localise(folder, options)
    with progress_bar() as bar:
        shown = bar.add_task("opening", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(shown, description=what, completed=done, total=total)

        report = verify_folder(folder, options.backends, options.samples, options.data, progress)
    _tell(report, talk())
    if options.json:
        print_json(report.to_document())
    target = options.out or (folder if _is_run(folder) else None)
    if target:
        write_report(report, target)
        if not options.json:
            print(target / PAGE)
    return 0 if report.passed else 1


def _localise(folder: Path, options: argparse.Namespace) -> int:
    """Follow one file through its tensors; 0 if none leaves its bound, else 1."""
    with progress_bar() as bar:
        bar.add_task(f"following {options.localise}", total=None)
        found = localise_file(folder, options.localise, options.backends, options.data, options.samples)
    tell_localisation(found, talk())
    if options.json:
        print_json(found.to_document())
    if options.out:
        write_json(options.out / LOCALISATION, found.to_document())
    return 0 if found.passed else 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser("verify", "Compare every converted file, on every installed engine, with Keras' own answers.")
    folder = "a run folder, a bundle or the name of one that comes with digits (default: see digits models)"
    parser.add_argument("folder", type=Path, nargs="?", metavar="RUN|BUNDLE", help=folder)
    parser.add_argument(
        "--backends", type=_engines, metavar="A,B", help="engines to use (every installed one but our own)"
    )
    parser.add_argument(
        "--samples", type=_samples, metavar="N|all", help="samples of the hold-out, evenly spread over it (all)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="a bundle's hold-out: IDX files or .npz (DIGITS_DATA)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for parity.json and report.html (the run itself)"
    )
    parser.add_argument(
        "--localise", metavar="FILE", help="say where this converted file leaves Keras: its first tensor out of bounds"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(argv)


def _engines(text: str) -> list[str]:
    """The names in a comma-separated list; at least one."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"expected some of {', '.join(ENGINES)}, got {text!r}")
    return names


def _samples(text: str) -> int | None:
    """A number of samples, or None for "all"."""
    return None if text == "all" else positive(text)


def _is_run(folder: Path) -> bool:
    """Whether the folder is a run, into which its reports go, and not a bundle, which stays as it was packed."""
    return manifest.load(folder).find("keras", "float32") is not None


def _tell(report: ParityReport, console: Console) -> None:
    """The table and what is behind it, for people."""
    table = Table(box=SIMPLE_HEAD, padding=0, show_edge=False, title=f"{report.name}: converted files against Keras")
    for title in ("", "file", "engine", "digits"):
        table.add_column(title, no_wrap=True)
    for title in ("samples", "right %", "Keras %", "flips", "noise", "largest"):
        table.add_column(title, justify="right", no_wrap=True)
    for check in report.checks:
        table.add_row(MARKS[check.status], check.file, check.backend, *_figures(check))
    console.print(table)
    crops = report.preprocessing
    if not crops.passed:
        console.print(f"[red]preprocessing: {crops.differing} of {crops.crops} glyphs differ from the training's[/red]")
    for check in report.checks:
        if check.status != "ok":
            reason = check.reason or "; ".join(check.broken)
            console.print(f"{check.file} on {check.backend}, {check.data}: {reason}", markup=False, soft_wrap=True)
    for note in report.notes:
        console.print(f"[bold yellow]{note}[/bold yellow]", soft_wrap=True)
    console.print("[green]parity[/green]" if report.passed else "[red]no parity[/red]")


def _figures(check: ParityCheck) -> tuple[str, ...]:
    found = check.comparison
    if not found:
        return ()
    accuracies = (f"{100 * found.accuracy:.2f}", f"{100 * found.reference_accuracy:.2f}")
    flips = f"{found.flips} ({found.unexplained_flips})" if found.unexplained_flips else str(found.flips)
    noise = "–" if found.noise_ratio is None else f"{found.noise_ratio:.2f}"
    return (check.data, f"{found.samples:,}", *accuracies, flips, noise, f"{found.max_abs_difference:.1e}")
