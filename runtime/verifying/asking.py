"""One file on one engine: answers compared with Keras', time taken, and whatever goes wrong told in the row."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from runtime import backends
from runtime.answer_sheet import AnswerSheet
from runtime.backends import Backend
from runtime.bench import Effort, Percentiles, percentiles, time_calls
from runtime.bundle import open_file
from runtime.errors import MissingEngine, ModelError
from runtime.ledger import Answers, NumberFormat
from runtime.manifest import ModelFile
from runtime.parity import ParityCheck, compare_answers, limits_for
from runtime.preprocess import to_input
from runtime.rounding.reading import DAMAGE
from runtime.verifying.material import Material
from runtime.verifying.row import Row

GLANCE = Effort(calls=100, seconds=0.05, starts=0)  # enough to tell files apart by; `digits bench` measures with care


@dataclass(frozen=True, slots=True)
class Task:
    """One file and one engine."""

    file: ModelFile
    engine: str
    installed: bool = True

    @property
    def able(self) -> bool:
        """Whether the engine is there and known to run such files."""
        return self.installed and not backends.unsupported(self.engine, self.file)


def fill_row(material: Material, task: Task, crash: str | None = None) -> Row:
    """A check for each data set, or one that says why there is none, and how long one image takes.

    `crash` tells that the pair takes its process down, so that it is not tried in this one. Nothing that the engine
    raises is raised here.
    """
    row = Row(task.file.path, task.engine, task.file.size)
    if not task.able:
        return _refuse(row, task, material.main)
    begin = time.monotonic()
    checks: list[ParityCheck] = []
    latency = None
    try:
        if crash:
            raise ModelError(crash)
        backend = _open(material, task)
        for sheet in material.sheets:
            checks.append(_compare(material, task, sheet, backend))  # noqa: PERF401 - those before a failure are kept
        latency = _time(task, backend, material.main)
    except (MissingEngine, ModelError) as error:  # MissingEngine: installed, but cannot be loaded
        checks.append(_unanswered(task, material.main, str(error), supported=True))
    return replace(row, checks=tuple(checks), microseconds=latency, seconds=time.monotonic() - begin)


def _refuse(row: Row, task: Task, sheet: AnswerSheet) -> Row:
    """The row of a pair that is not tried, with the reason."""
    reason = backends.unsupported(task.engine, task.file)
    if reason and task.installed and backends.runs_format(task.engine, task.file.format):
        return replace(row, checks=(_unanswered(task, sheet, reason, supported=False),))
    return replace(row, refusal=reason or backends.remedy(task.engine), missing=not reason)


def _open(material: Material, task: Task) -> Backend:
    with _guarded(task):
        return open_file(material.bundle, task.file, task.engine)


def _compare(material: Material, task: Task, sheet: AnswerSheet, backend: Backend) -> ParityCheck:
    """One file on one engine and one data set."""
    with _guarded(task):
        answers = backend.predict(to_input(sheet.images))
    limits = limits_for(task.file.variant, len(sheet.labels), sheet.data)
    excuse = material.excuse(task.file)
    form = excuse.about(sheet.images, audible=limits.noise_ratio is not None) if excuse else NumberFormat()
    given = Answers(sheet.probabilities, answers, sheet.labels, sheet.indices, material.bundle.manifest.known)
    with _followed(task):
        comparison = compare_answers(given, form)
    return ParityCheck(task.file.path, task.engine, sheet.data, limits, comparison, resolution=form.output_step)


def _time(task: Task, backend: Backend, sheet: AnswerSheet) -> Percentiles:
    """How long one image takes, alone."""
    image = to_input(sheet.images[:1])
    with _guarded(task):
        return percentiles(time_calls(lambda: backend.predict(image), GLANCE))


@contextmanager
def _guarded(task: Task) -> Iterator[None]:
    """Turn whatever an engine raises of its own into a ModelError with its words in one line."""
    try:
        yield
    except (MissingEngine, ModelError):
        raise
    except Exception as error:  # what packages of others raise is theirs to choose
        words = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelError(f"{task.file.path}: {task.engine} fails on it ({words}); try another version of it") from error


@contextmanager
def _followed(task: Task) -> Iterator[None]:
    """Turn what a network raises while its roundings are simulated into a ModelError with its words in one line."""
    try:
        yield
    except DAMAGE as error:
        words = " ".join(str(error).split())
        raise ModelError(f"{task.file.path}: its roundings cannot be followed ({words}); convert it anew") from error


def _unanswered(task: Task, sheet: AnswerSheet, reason: str, supported: bool) -> ParityCheck:
    limits = limits_for(task.file.variant, len(sheet.labels), sheet.data)
    return ParityCheck(task.file.path, task.engine, sheet.data, limits, reason=reason, supported=supported)
