"""`digits verify`: prove that converted files answer as Keras does."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from runtime import manifest
from runtime.arguments import Parser, positive
from runtime.atomic import write_json, write_text
from runtime.backends import ENGINES
from runtime.bundle import find_folder
from runtime.errors import UsageError
from runtime.localise import localise_file
from runtime.localise.table import tell_localisation
from runtime.terminal import print_json, progress_bar, talk
from runtime.verify import PAGE, Wish, verify, write_report
from runtime.verifying.gates import add_gate_options, check_names, judge, read_gates
from runtime.verifying.junit import render_junit
from runtime.verifying.markdown import render_summary
from runtime.verifying.report import ParityReport
from runtime.verifying.table import tell

LOCALISATION = "localisation.json"


def main(argv: Sequence[str]) -> int:
    """Verify a run or bundle; 0 if everything is within its limits, else 1."""
    options = _parse(argv)
    folder = find_folder(options.folder)
    if options.localise:
        return _localise(folder, options)
    gates = read_gates(options)
    check_names(gates, [file.path for file in manifest.load(folder).converted()])
    report = judge(_verify(folder, options), gates)
    tell(report, talk())
    if options.json:
        print_json(report.to_document())
    _write(report, folder, options)
    return 0 if report.passed else 1


def _verify(folder: Path, options: argparse.Namespace) -> ParityReport:
    """The report, made with a progress bar."""
    with progress_bar() as bar:
        shown = bar.add_task("trying each engine" if options.probe else "opening", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(shown, description=what, completed=done, total=total)

        return verify(folder, Wish(options.backends, options.samples, options.data, options.probe), progress)


def _write(report: ParityReport, folder: Path, options: argparse.Namespace) -> None:
    """Write what was asked for, each file whole or not at all."""
    if options.junit:
        write_text(options.junit, render_junit(report))
    if options.markdown:
        write_text(options.markdown, render_summary(report))
    target = options.out or (folder if _is_run(folder) else None)
    if target:
        write_report(report, target)
        if not options.json:
            print(target / PAGE)


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
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for parity.json and report.html (the run itself), or localisation.json",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML: a test for each engine and file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a summary in Markdown")
    add_gate_options(parser)
    parser.add_argument(
        "--no-probe",
        dest="probe",
        action="store_false",
        help="do not try each engine in a process of its own first, which lets one that crashes end the whole run",
    )
    parser.add_argument(
        "--localise", metavar="FILE", help="say where this converted file leaves Keras: its first tensor out of bounds"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(argv)
    if options.localise and (options.junit or options.markdown or read_gates(options).to_document()):
        raise UsageError("--localise follows one file; --junit, --markdown and gates go without it")
    return options


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
