"""One file localised: its worst samples found, its tensors traced, its engines and its reading compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime import backends, manifest
from runtime.answer_sheet import AnswerSheet, open_further, open_golden, open_holdout, take
from runtime.backends.reference.graph import Key
from runtime.bundle import Bundle, find_file, open_bundle, open_file
from runtime.errors import MissingEngine, ModelError, UsageError
from runtime.ledger import deviations
from runtime.localise.bounds import check_tensors, find_compared, find_first
from runtime.localise.report import EngineCheck, Localisation
from runtime.localise.stages import StageCheck, check_stages, open_frame, reader_version
from runtime.localise.tensors import trace_file
from runtime.localise.witness import find_witness
from runtime.manifest import ModelFile
from runtime.parity import compare
from runtime.preprocess import to_input
from runtime.reader import Reader
from runtime.records import Probabilities
from runtime.rounding import disturb, find_ranges, read_network
from runtime.rounding.excuse import Excuse
from runtime.rounding.network import Network
from runtime.rounding.reading import DAMAGE

WORST = 6  # samples that are followed through the network
ROUNDS = 8  # enough for the spread of whole tensors
SEEN = 32  # golden samples that tell a tensor's range
REFERENCE = "reference"


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The samples that are followed."""

    data: str
    places: tuple[int, ...]
    images: NDArray[np.uint8]  # (N, 28, 28)


def localise_file(
    folder: Path, path: str, engines: Sequence[str] | None = None, data: Path | None = None, samples: int | None = None
) -> Localisation:
    """Find where the file `path` of the run or bundle at `folder` leaves Keras.

    The samples followed are the worst of the golden ones and of `samples` of the hold-out and of what else a run holds
    (None: all), where the hold-out is at hand. `engines` are compared with the reference engine (None: all that are
    installed and run the file). Raises UsageError for a file that is not listed and an engine that does not run it,
    MissingEngine for one that is not installed, ModelError where the file cannot be read at all or nothing stands for
    Keras.
    """
    bundle = open_bundle(folder)
    file = find_file(bundle, path)
    names = _engines(file, engines)
    golden, _ = open_golden(bundle)
    witness = find_witness(bundle, file, golden)
    network = read_network(manifest.read_file(bundle.folder, file), path)
    sheets = [golden, *_open_others(bundle, data, samples)]
    chosen = _choose(bundle, file, names, sheets)
    traced = trace_file(network, path, to_input(chosen.images))
    spread = _spread(network, path, take(golden, SEEN), chosen)
    widest = deviations(sum(len(sheet.labels) for sheet in sheets))
    checks = check_tensors(traced, witness.trace(chosen.images), spread, widest)
    bound = widest * max(checks[-1].allowed, network.output_step or 0.0)
    first = find_first(traced, checks)
    stages, same_reader = _check_reading(bundle, file, golden)
    return Localisation(
        file=path,
        witness=witness.name,
        data=chosen.data,
        samples=chosen.places,
        tensors=tuple(checks),
        first=first,
        compared=find_compared(traced, checks, first) if first else None,
        engines=tuple(_check_engines(bundle, file, names, chosen, bound)),
        stages=stages,
        same_reader=same_reader,
    )


def _engines(file: ModelFile, asked: Sequence[str] | None) -> list[str]:
    """The engines that run the file; one that was asked for is never left out without a word."""
    for name in asked or ():
        backends.check_installed(name)
        if reason := backends.unsupported(name, file):
            raise UsageError(f"{file.path}: {name} cannot run it: {reason}; name another with --backends")
    return [name for name in asked or backends.installed() if not backends.unsupported(name, file)]


def _open_others(bundle: Bundle, data: Path | None, samples: int | None) -> list[AnswerSheet]:
    """What is followed beside the golden samples, as `digits verify` compares it: nothing without the hold-out."""
    holdout = open_holdout(bundle, data)
    others = [] if isinstance(holdout, str) else [holdout, *open_further(bundle)]
    return [take(sheet, samples) for sheet in others]


def _choose(bundle: Bundle, file: ModelFile, engines: Sequence[str], sheets: Sequence[AnswerSheet]) -> Chosen:
    """The samples with the largest differences on the first engine that answers; the first golden ones if none does."""
    for engine in engines:
        try:
            backend = open_file(bundle, file, engine)
            answers = [backend.predict(to_input(sheet.images)) for sheet in sheets]
        except (MissingEngine, ModelError):
            continue
        return _worst(sheets, answers)
    return Chosen(sheets[0].data, tuple(range(WORST)), sheets[0].images[:WORST])


def _worst(sheets: Sequence[AnswerSheet], answers: Sequence[Probabilities]) -> Chosen:
    """The worst samples of the data set that has the worst one."""
    found = [compare(s.probabilities, given, s.labels) for s, given in zip(sheets, answers, strict=True)]
    sheet, comparison = max(zip(sheets, found, strict=True), key=lambda pair: pair[1].max_abs_difference)
    rows = list(comparison.worst[:WORST])
    return Chosen(sheet.data, tuple(sheet.indices[rows].tolist()), sheet.images[rows])


def _spread(network: Network, path: str, seen: AnswerSheet, chosen: Chosen) -> dict[Key, float]:
    """How far rounding moves each tensor, root of the mean square; ModelError where that cannot be followed."""
    try:
        ranges = find_ranges(network, to_input(seen.images))
        return disturb(network, to_input(chosen.images), ranges, ROUNDS).spread
    except DAMAGE as error:
        raise ModelError(f"{path}: its roundings cannot be followed ({error}); convert it anew") from error


def _check_engines(
    bundle: Bundle, file: ModelFile, engines: Sequence[str], chosen: Chosen, bound: float
) -> Iterator[EngineCheck]:
    """Each engine's answers to the samples beside those of the reference engine, which computes what the file says."""
    images = to_input(chosen.images)
    own = open_file(bundle, file, REFERENCE).predict(images)
    for name in engines:
        if name == REFERENCE:
            continue
        try:
            off = open_file(bundle, file, name).predict(images) - own
            yield EngineCheck(name, float(np.sqrt(np.mean(np.square(off, dtype=np.float64)))), bound)
        except (MissingEngine, ModelError) as error:
            yield EngineCheck(name, None, bound, str(error))


def _check_reading(bundle: Bundle, file: ModelFile, golden: AnswerSheet) -> tuple[tuple[StageCheck, ...], bool]:
    """The stages of the golden frame, read on the reference engine, and whether the reader is the one that made it."""
    frame = open_frame(bundle)
    if frame is None:
        return (), True
    backend = open_file(bundle, file, REFERENCE)
    excuse = Excuse(manifest.read_file(bundle.folder, file), file.path, golden.images)
    stages = check_stages(frame, Reader(bundle, file, backend), excuse.about(np.asarray(frame["glyphs"], np.uint8)))
    return stages, str(frame["reader"]) == reader_version()
