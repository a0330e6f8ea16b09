"""One recipe in a search: its file made, run on every engine, and measured; what was found is kept."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.pipeline import build_from
from convert.provenance import describe_images, record_conversion
from convert.quiet import quiet
from convert.recipe import Recipe
from convert.representative import find_representative
from convert.source import Source
from runtime import backends, manifest
from runtime.atomic import write_bytes, write_json
from runtime.backends import Backend
from runtime.bundle import Bundle, open_file
from runtime.errors import DigitsError
from runtime.evaluate import ask
from runtime.manifest import ModelFile
from runtime.parity import find_right
from runtime.preprocess import to_input
from runtime.records import Probabilities

NEVER = float("inf")
ROUNDS, CALLS = 31, 10  # of timing: the median of so many, each so many digits long


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What every candidate is asked about, and where its results are kept."""

    images: NDArray[np.uint8]  # (N, 28, 28) of the hold-out
    labels: NDArray[np.uint8]  # (N,)
    reference: Probabilities  # (N, K), Keras' own
    known: int  # classes beside "not a digit"
    folder: Path


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate on one engine."""

    engine: str
    flips: int | None = None  # answers that differ from Keras'; None where it did not answer
    errors: int | None = None  # wrong digits
    microseconds: float | None = None  # of one digit, as `time_digit` measures
    reason: str | None = None  # why it did not answer


@dataclass(frozen=True, slots=True)
class Candidate:
    """One recipe's file, measured."""

    path: str
    help: str
    size: float = NEVER  # bytes
    trials: tuple[Trial, ...] = ()
    reason: str | None = None  # why there is no file

    @property
    def flips(self) -> float:
        """The most flips of any engine that runs the file; infinite where none does."""
        return max((trial.flips for trial in self.trials if trial.flips is not None), default=NEVER)

    @property
    def microseconds(self) -> float:
        """The time of the engine that is fastest with it; infinite where none runs it."""
        return min((trial.microseconds for trial in self.trials if trial.microseconds is not None), default=NEVER)

    def to_document(self) -> dict[str, Any]:
        """The candidate as JSON, null where there is no figure."""
        size = int(self.size) if np.isfinite(self.size) else None
        engines = [asdict(trial) for trial in self.trials]
        return {"file": self.path, "help": self.help, "size": size, "reason": self.reason, "engines": engines}


def find_candidate(source: Source, recipe: Recipe, asked: Asked) -> Candidate:
    """The recipe's file, made and measured, or as it was found when everything was the same as now."""
    with quiet():
        images = find_representative(source, recipe)
        record = record_conversion(recipe, source.model, images, source.expected.static_batch)
    engines = [name for name in backends.usual() if backends.runs_format(name, recipe.format)]
    versions = {name: backends.version(name) for name in engines}
    key = {"record": record, "engines": versions, "holdout": describe_images(asked.images)}
    kept = asked.folder / f"{recipe.path}.json"
    found = _read(kept, key)
    if found is None:
        found = _measure(source, recipe, asked, engines)
        write_json(kept, {"key": key, "candidate": found.to_document()})
    return found


def _read(path: Path, key: dict[str, Any]) -> Candidate | None:
    """What was kept under the same key; None where there is nothing of the kind."""
    try:
        document = json.loads(path.read_bytes())
        if document["key"] != key:
            return None
        kept = document["candidate"]
        size = NEVER if kept["size"] is None else kept["size"]
        return Candidate(
            kept["file"], kept["help"], size, tuple(Trial(**trial) for trial in kept["engines"]), kept["reason"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _measure(source: Source, recipe: Recipe, asked: Asked, engines: list[str]) -> Candidate:
    """Make the file and ask every engine."""
    try:
        with quiet():
            data = build_from(source, recipe).data
    except DigitsError as error:
        return Candidate(recipe.path, recipe.help, reason=str(error))
    write_bytes(asked.folder / recipe.path, data)
    file = manifest.describe(asked.folder, recipe.path, recipe.format, recipe.variant)
    bundle = Bundle(asked.folder, source.described, "")
    trials = tuple(_try(bundle, file, engine, asked) for engine in engines)
    return Candidate(recipe.path, recipe.help, len(data), trials)


def _try(bundle: Bundle, file: ModelFile, engine: str, asked: Asked) -> Trial:
    """One engine's answers and its speed."""
    reason = backends.unsupported(engine, file)
    if reason:
        return Trial(engine, reason=reason)
    try:
        backend = open_file(bundle, file, engine)
        answers = ask(backend, asked.images)
        microseconds = time_digit(backend, asked.images[:1])
    except DigitsError as error:
        return Trial(engine, reason=str(error).replace(f"{bundle.folder}/", ""))
    flips = int((answers.argmax(axis=1) != asked.reference.argmax(axis=1)).sum())
    errors = int((~find_right(answers, asked.labels, asked.known)).sum())
    return Trial(engine, flips, errors, microseconds)


def time_digit(backend: Backend, image: NDArray[np.uint8]) -> float:
    """The processor's microseconds for one image, (1, 28, 28), alone on one thread.

    Not time on the clock: files are compared with each other while conversions, and who knows what else, keep the
    machine busy. `digits bench` has the clock.
    """
    one = to_input(image)
    times = []
    for _ in range(ROUNDS + 1):
        start = time.process_time_ns()
        for _ in range(CALLS):
            backend.predict(one)
        times.append((time.process_time_ns() - start) / (1000 * CALLS))
    return round(float(np.median(times[1:])), 2)  # the first round is slower: caches fill, engines choose their kernels
