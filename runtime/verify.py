"""Verification: every converted file of a run or bundle, on every engine, against Keras' own answers."""

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime import __version__, backends, manifest, parity_page
from runtime.answer_sheet import AnswerSheet, open_further, open_golden, open_holdout, take
from runtime.atomic import write_json, write_text
from runtime.bundle import Bundle, open_bundle
from runtime.errors import ModelError
from runtime.parity import ParityCheck
from runtime.records import Frame
from runtime.verifying.asking import Task, fill_row
from runtime.verifying.material import Material
from runtime.verifying.probe import Trial, find_crashes
from runtime.verifying.report import ParityReport
from runtime.verifying.row import FAILED, Row

REPORT, PAGE = "parity.json", "report.html"

Progress = Callable[[str, int, int], None]
"""Called with what is checked next, how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to verify with."""

    engines: Sequence[str] | None = None  # None: the usual ones
    samples: int | None = None  # of the hold-out and of what else a run holds, evenly spread; None: all
    data: Path | None = None  # the hold-out's pictures, where the folder has none
    probe: bool = False  # whether every pair is tried in another process first, so that a crash is a failed row too


def verify_folder(
    folder: Path,
    engines: Sequence[str] | None = None,
    samples: int | None = None,
    data: Path | None = None,
    progress: Progress | None = None,
) -> ParityReport:
    """As `verify`, in this process alone."""
    return verify(folder, Wish(engines, samples, data), progress)


def verify(folder: Path, wish: Wish, progress: Progress | None = None) -> ParityReport:
    """Compare every converted file of the run or bundle at `folder` with Keras' own answers, as `wish` says.

    The golden samples are always compared, whole. A file that cannot be opened or does not answer, and an engine that
    cannot be loaded or raises, is a failed row, not an exception.

    Raises MissingEngine and UsageError for engines, ModelError where the folder, Keras' answers or the list of files do
    not fit, InputError where `wish.data` is not the hold-out.
    """
    bundle = open_bundle(folder)
    names = tuple(dict.fromkeys(wish.engines or backends.usual()))
    for name in names:
        backends.check_installed(name)
    tasks = _plan(bundle, names, everything=not wish.engines)
    golden, preprocessing = open_golden(bundle)
    holdout = open_holdout(bundle, wish.data)
    others = [] if isinstance(holdout, str) else [holdout, *open_further(bundle)]
    material = Material(bundle, (golden, *(take(sheet, wish.samples) for sheet in others)), {})
    trial = _try_engines(bundle, tasks) if wish.probe else Trial()
    rows = tuple(_fill_table(material, tasks, progress, trial))
    checks = [check for row in rows for check in row.checks]
    return ParityReport(
        name=bundle.manifest.name,
        sha256=bundle.sha256,
        created=manifest.now(),
        samples=len(material.main.labels),
        preprocessing=preprocessing,
        rows=rows,
        versions=_versions(names),
        notes=tuple(_notes(material, rows, holdout, trial)),
        pictures=_pictures(checks, material.sheets),
    )


def write_report(report: ParityReport, folder: Path) -> None:
    """Write `parity.json` and `report.html` to `folder`, each whole or not at all."""
    write_json(folder / REPORT, report.to_document())
    write_text(folder / PAGE, parity_page.render_page(report))


def _plan(bundle: Bundle, engines: Sequence[str], everything: bool) -> list[Task]:
    """Every file with every engine, in the manifest's order; with `everything` also those that are not installed."""
    files = bundle.manifest.converted()
    if not files:
        raise ModelError(f"{bundle.folder}: the manifest lists no converted file; run digits convert on it first")
    absent = [name for name in backends.ENGINES if everything and name not in backends.installed()]
    known = [*((name, True) for name in engines), *((name, False) for name in absent)]
    return [Task(file, name, installed) for file in files for name, installed in known]


def _try_engines(bundle: Bundle, tasks: Sequence[Task]) -> Trial:
    """What another process says of the pairs that will be asked."""
    return find_crashes(bundle.folder, [(task.file.path, task.engine) for task in tasks if task.able])


def _fill_table(material: Material, tasks: Sequence[Task], progress: Progress | None, trial: Trial) -> Iterator[Row]:
    """Every task's row; none keeps the others from being filled."""
    able = [task for task in tasks if task.able]
    done = 0
    for task in tasks:
        if task.able and progress:
            progress(f"{task.file.path} on {task.engine}", done, len(able))
        yield fill_row(material, task, trial.crashes.get((task.file.path, task.engine)))
        done += task.able


def _notes(material: Material, rows: Sequence[Row], holdout: AnswerSheet | str, trial: Trial) -> Iterator[str]:
    """What was not compared or tried, and why."""
    if trial.untried:
        yield trial.untried
    if isinstance(holdout, str):
        yield f"golden samples only: {holdout}"
    if not any(row.comparison for row in rows):
        names = ", ".join(file.path for file in material.bundle.manifest.converted())
        refused = ", ".join(dict.fromkeys(row.file for row in rows if row.status == FAILED))
        why = f"no answer came from {refused}" if refused else f"no engine that was used runs {names}"
        yield f"nothing was compared: {why}"
    for reason in material.excuses.values():
        if isinstance(reason, str):
            yield f"no rounding excuses its flips: {reason}"


def _pictures(checks: Sequence[ParityCheck], sheets: Sequence[AnswerSheet]) -> dict[tuple[str, int], Frame]:
    """The glyph of every flip that a check describes."""
    rows = {(sheet.data, int(place)): (sheet, row) for sheet in sheets for row, place in enumerate(sheet.indices)}
    wanted = {(c.data, flip.index) for c in checks if c.comparison for flip in c.comparison.flipped}
    return {key: sheet.images[row] for key, (sheet, row) in rows.items() if key in wanted}


def _versions(engines: Sequence[str]) -> dict[str, str]:
    """What took part in the comparison."""
    own = {"digits": __version__, "python": platform.python_version(), "numpy": np.__version__}
    machine = {"machine": platform.machine(), "system": platform.system()}
    return {engine: backends.version(engine) for engine in engines} | own | machine
