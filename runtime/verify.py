"""Verification: every converted file of a run or bundle, on every engine, against Keras' own answers."""

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime import __version__, backends, manifest, parity_page
from runtime.answer_sheet import AnswerSheet, open_further, open_golden, open_holdout, take
from runtime.atomic import write_json, write_text
from runtime.backends import Backend
from runtime.bundle import Bundle, open_bundle, open_file
from runtime.errors import MissingEngine, ModelError
from runtime.ledger import NumberFormat
from runtime.manifest import ModelFile
from runtime.parity import ParityCheck, ParityReport, compare, limits_for
from runtime.preprocess import to_input
from runtime.records import Frame
from runtime.rounding.excuse import Excuse

REPORT, PAGE = "parity.json", "report.html"

Progress = Callable[[str, int, int], None]
"""Called with what is checked next, how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to be opened by one engine."""

    file: ModelFile
    engine: str


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What every file is asked about, and what is known of how each rounds."""

    bundle: Bundle
    sheets: tuple[AnswerSheet, ...]  # golden first, then the hold-out where it is at hand
    excuses: dict[str, Excuse | str]  # by the file's path; why there is none; filled as files are met

    @property
    def main(self) -> AnswerSheet:
        """What accuracies are told of."""
        return self.sheets[min(1, len(self.sheets) - 1)]

    def excuse(self, file: ModelFile) -> Excuse | None:
        """How `file` rounds; None where its network cannot be followed."""
        if file.path not in self.excuses:
            try:
                data = manifest.read_file(self.bundle.folder, file)
                self.excuses[file.path] = Excuse(data, file.path, self.sheets[0].images)
            except ModelError as error:
                self.excuses[file.path] = str(error)
        found = self.excuses[file.path]
        return found if isinstance(found, Excuse) else None


def verify_folder(
    folder: Path,
    engines: Sequence[str] | None = None,
    samples: int | None = None,
    data: Path | None = None,
    progress: Progress | None = None,
) -> ParityReport:
    """Compare every converted file of the run or bundle at `folder` with Keras' own answers.

    `engines` are those to use (None: the usual ones); `samples` of the hold-out are taken, evenly spread (None:
    all) and of what else a run holds; `data` holds the hold-out's pictures where the folder does not. The golden
    samples are always compared, whole.
    A file that cannot be opened or does not answer, and an engine that cannot be loaded, is a failed check, not an
    exception.

    Raises MissingEngine and UsageError for engines, ModelError where the folder, Keras' answers or the list of files do
    not fit, InputError where `data` is not the hold-out.
    """
    bundle = open_bundle(folder)
    names = tuple(dict.fromkeys(engines or backends.usual()))
    for name in names:
        backends.check_installed(name)
    tasks = _plan(bundle, names)
    golden, preprocessing = open_golden(bundle)
    holdout = open_holdout(bundle, data)
    others = [] if isinstance(holdout, str) else [holdout, *open_further(bundle)]
    material = Material(bundle, (golden, *(take(sheet, samples) for sheet in others)), {})
    checks = tuple(_check_all(material, tasks, progress))
    return ParityReport(
        name=bundle.manifest.name,
        sha256=bundle.sha256,
        created=manifest.now(),
        samples=len(material.main.labels),
        preprocessing=preprocessing,
        checks=checks,
        versions=_versions(names),
        notes=tuple(_notes(material, checks, holdout)),
        pictures=_pictures(checks, material.sheets),
    )


def write_report(report: ParityReport, folder: Path) -> None:
    """Write `parity.json` and `report.html` to `folder`, each whole or not at all."""
    write_json(folder / REPORT, report.to_document())
    write_text(folder / PAGE, parity_page.render_page(report))


def _plan(bundle: Bundle, engines: Sequence[str]) -> list[Task]:
    """Every file with every engine of its format, in the manifest's order."""
    files = bundle.manifest.converted()
    if not files:
        raise ModelError(f"{bundle.folder}: the manifest lists no converted file; run digits convert on it first")
    return [Task(file, name) for file in files for name in engines if backends.runs_format(name, file.format)]


def _check_all(material: Material, tasks: Sequence[Task], progress: Progress | None) -> Iterator[ParityCheck]:
    """Every task's checks; none keeps the others from running."""
    for number, task in enumerate(tasks):
        if progress:
            progress(f"{task.file.path} on {task.engine}", number, len(tasks))
        yield from _check(material, task)


def _check(material: Material, task: Task) -> Iterator[ParityCheck]:
    """One file on one engine: a check per data set, or one that says why there is none."""
    refused = backends.unsupported(task.engine, task.file)
    if refused:
        yield _unanswered(task, material.main, refused, supported=False)
        return
    try:
        backend = open_file(material.bundle, task.file, task.engine)
        for sheet in material.sheets:
            yield _compare(material, task, sheet, backend)
    except (MissingEngine, ModelError) as error:  # MissingEngine: installed, but cannot be loaded
        yield _unanswered(task, material.main, str(error), supported=True)


def _compare(material: Material, task: Task, sheet: AnswerSheet, backend: Backend) -> ParityCheck:
    """One file on one engine and one data set."""
    answers = backend.predict(to_input(sheet.images))
    limits = limits_for(task.file.variant, len(sheet.labels), sheet.data)
    excuse = material.excuse(task.file)
    form = excuse.about(sheet.images, audible=limits.noise_ratio is not None) if excuse else NumberFormat()
    comparison = compare(sheet.probabilities, answers, sheet.labels, form, sheet.indices)
    return ParityCheck(task.file.path, task.engine, sheet.data, limits, comparison, resolution=form.output_step)


def _unanswered(task: Task, sheet: AnswerSheet, reason: str, supported: bool) -> ParityCheck:
    limits = limits_for(task.file.variant, len(sheet.labels), sheet.data)
    return ParityCheck(task.file.path, task.engine, sheet.data, limits, reason=reason, supported=supported)


def _notes(material: Material, checks: Sequence[ParityCheck], holdout: AnswerSheet | str) -> Iterator[str]:
    """What was not compared, and why."""
    if isinstance(holdout, str):
        yield f"golden samples only: {holdout}"
    if not any(check.comparison for check in checks):
        names = ", ".join(file.path for file in material.bundle.manifest.converted())
        yield f"nothing was compared: no engine that was used runs {names}"
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
