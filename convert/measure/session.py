"""One run measured, from its files to its figures."""

from collections.abc import Callable
from pathlib import Path

from convert.keras_model import load_keras
from convert.measure.arithmetic import count_multiply_adds
from convert.measure.document import Subject, compose
from convert.measure.latency import measure_latency
from convert.measure.logits import QuantisedLogits, without_softmax
from convert.measure.material import Elsewhere, Progress, read_photographs, read_run, read_sets
from convert.measure.record import SHIPS, Document, check_converted
from convert.measure.witness import Shown, Witness, hear_file, hear_keras
from convert.quiet import quiet
from runtime.bundle import Bundle, choose, open_bundle, open_file
from runtime.evaluate import ask
from runtime.reader import check_reads
from runtime.records import Probabilities

Announce = Callable[[str, int], None]
"""Called with what is being done now and how many of STEPS are done."""

STEPS = 5


def read_elsewhere(sets: Path | None, photos: Path | None, progress: Progress) -> Elsewhere:
    """The data beside the runs' own; InputError where a folder that is named does not hold it."""
    labelled = read_sets(sets) if sets else ()
    return Elsewhere(labelled, *read_photographs(photos, progress)) if photos else Elsewhere(labelled)


def measure_run(run: Path, elsewhere: Elsewhere, announce: Announce) -> tuple[Document, Shown, Witness]:
    """The figures of a converted run, as schema digits.measurement/1, what was shown, and what its int8 file said.

    Raises ModelError where the run is damaged, was not converted, or its model is not one for digits on a page.
    """
    announce("opening the run", 0)
    bundle = open_bundle(run)
    check_reads(bundle)
    check_converted(run, bundle.manifest)
    shown = Shown(read_run(run, bundle.manifest), elsewhere)
    with quiet():
        model = load_keras(run, bundle.manifest)
        bare = without_softmax(model)
        announce("asking Keras", 1)
        of_keras = hear_keras(model, bare, shown)
        announce("quantising without softmax", 2)
        quantised = QuantisedLogits(bare, shown.own.calibration) if bare is not None else None
        multiply_adds = count_multiply_adds(model)
    announce(f"asking {SHIPS}", 3)
    file, engine = choose(bundle, file=SHIPS)
    backend = open_file(bundle, file, engine)
    of_file = hear_file(backend, SHIPS, bundle.manifest.calibration(file), quantised, shown)
    announce("asking the other files", 4)
    others = _ask_others(bundle, shown)
    subject = Subject(bundle, shown, (of_keras, of_file), others, multiply_adds, measure_latency(backend))
    return compose(subject), shown, of_file


def _ask_others(bundle: Bundle, shown: Shown) -> dict[str, Probabilities]:
    """The answers of the further converted files to the hold-out, by path."""
    answers = {}
    for file in bundle.manifest.converted():
        if file.path != SHIPS:
            listed, engine = choose(bundle, file=file.path)
            answers[file.path] = ask(open_file(bundle, listed, engine), shown.own.holdout.images)
    return answers
