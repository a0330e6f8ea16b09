"""From a run's Keras model to verified files: convert, check, verify beside the run, and only then move in."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras

from convert.confidence import Sample, calibrate_file, read_sample
from convert.gate import pass_gate
from convert.golden import DRAWN, LABELLED, make_frame, make_golden, make_reference, read_arrays, read_further
from convert.keras_model import answer, count_parameters, load_keras, scales_activations
from convert.onnx_export import convert_to_onnx
from convert.onnx_structure import read_onnx
from convert.quiet import quiet
from convert.structure import Expectation, Structure, check_structure
from convert.tflite import convert_to_tflite
from convert.tflite_structure import read_tflite
from convert.threshold import fit_thresholds
from convert.variants import Variant
from convert.workplace import REPORTS, forget_failure, move_in, workplace
from runtime import manifest
from runtime.atomic import write_bytes
from runtime.bundle import open_bundle
from runtime.manifest import Manifest, ModelFile
from runtime.npz import Arrays, write_npz

Announce = Callable[[str, float], None]
"""Called with what is being done now and how many of `count_steps` steps are done."""

CONVERTERS = {"tflite": convert_to_tflite, "onnx": convert_to_onnx}
FLOAT_BYTES = 4
READERS = {"tflite": read_tflite, "onnx": read_onnx}


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """One new file of a run."""

    file: ModelFile
    operators: dict[str, int]  # how often each occurs
    flips: dict[str, int]  # digits that differ from Keras', by engine
    size_ratio: float  # to the bytes of the model's weights in float32


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What a run offers to the converters."""

    run: Path
    described: Manifest
    model: keras.Model
    calibration: Arrays
    sample: Sample
    drawn: Arrays
    holdout: Arrays
    further: dict[str, Arrays]  # what else Keras is asked about
    expected: Expectation


def count_steps(variants: Sequence[Variant]) -> int:
    """How many steps `convert_run` takes: two to begin, converting each file, calibrating, and verifying each file."""
    return 3 + 2 * len(variants)


def convert_run(run: Path, variants: Sequence[Variant], static_batch: bool, announce: Announce) -> list[ConvertedFile]:
    """Give the run its golden samples and a verified file of each of `variants`.

    Raises ModelError where the run or a converted file is not as it must be, ParityError where a file does not answer
    as Keras does; the run is then as it was, and the failed report stands in the folder beside it.
    """
    announce("opening the run", 0)
    run = run.resolve()  # "." has no name and nothing beside it
    with quiet():
        source = _open(run, static_batch)
    with workplace(run, source.described) as folder:
        announce("asking Keras", 1)
        answers = _write_answers(source, folder)
        structures = _write_all(source, variants, folder, announce)
        announce("calibrating", 2 + len(variants))
        described = replace(source.described, parameters=source.expected.parameters, thresholds=_fit_thresholds(source))
        converted = _save_manifest(described.with_files(answers), variants, source.sample, folder)

        def watch(what: str, done: int, total: int) -> None:
            announce(f"verifying {what}", 3 + len(variants) * (1 + done / total))

        flips = pass_gate(folder, run, [file.path for file in converted], watch)
        move_in(folder, run, [*(file.path for file in (*answers, *converted)), *REPORTS])
    forget_failure(run)
    return [_describe(file, structures[file.path], flips[file.path], source.expected) for file in converted]


def _describe(file: ModelFile, structure: Structure, flips: dict[str, int], expected: Expectation) -> ConvertedFile:
    """The new file's record, its operators in order of first use."""
    operators = Counter(operator.name for operator in structure.operators)
    return ConvertedFile(file, dict(operators), flips, file.size / (FLOAT_BYTES * expected.parameters))


def _open(run: Path, static_batch: bool) -> Source:
    """Read all that the run offers, every hash checked."""
    described = manifest.load(run)
    model = load_keras(run, described)
    expected = Expectation(
        count_parameters(model),
        int(model.output_shape[-1]),
        scales_activations(model),
        static_batch,
        described.input_shape,
    )
    read = partial(read_arrays, run, described)
    calibration, sample = read("calibration", LABELLED), read_sample(run, described)
    drawn, holdout, further = read("drawn", DRAWN), read("holdout", LABELLED), read_further(run, described)
    return Source(run, described, model, calibration, sample, drawn, holdout, further, expected)


def _write_answers(source: Source, folder: Path) -> list[ModelFile]:
    """Write Keras' answers on the golden samples, the hold-out and what else the run holds, and the golden frame."""
    keras_file = source.described.find("keras", "float32")
    sha256 = keras_file.sha256 if keras_file else ""
    ask = partial(answer, source.model)
    with quiet():
        answers = {"golden": make_golden(source.drawn, ask), "reference": make_reference(source.holdout, sha256, ask)}
        for name, samples in source.further.items():
            answers[f"{name}_reference"] = make_reference(samples, sha256, ask)
        if source.described.reads_digits:
            answers["frame"] = make_frame(source.drawn, ask, source.described)
    for name, arrays in answers.items():
        write_npz(folder / f"{name}.npz", arrays)
    return [manifest.describe(folder, f"{name}.npz", "npz", name) for name in answers]


def _fit_thresholds(source: Source) -> dict[str, float]:
    """The confidences by which the reader judges the answers of a file that has no calibration of its own."""
    with quiet():
        answers = answer(source.model, source.sample.images)
    return fit_thresholds(answers, source.sample.labels, source.described.known)


def _save_manifest(
    described: Manifest, variants: Sequence[Variant], sample: Sample, folder: Path
) -> tuple[ModelFile, ...]:
    """List the new files in the manifest of `folder`, each with its own calibration, and give their entries."""
    listed = [manifest.describe(folder, v.path, v.format, v.variant) for v in variants]
    manifest.save(described.with_files(listed), folder)  # so that the engines find them
    bundle = open_bundle(folder)
    calibrated = tuple(calibrate_file(bundle, file, sample) for file in listed)
    manifest.save(described.with_files(calibrated), folder)
    return calibrated


def _write_all(source: Source, variants: Sequence[Variant], folder: Path, announce: Announce) -> dict[str, Structure]:
    """Write every converted file, and give what is in each, by path."""
    structures = {}
    for done, variant in enumerate(variants, 2):
        announce(f"converting to {variant.path}", done)
        structures[variant.path] = _write_converted(source, variant, folder)
    return structures


def _write_converted(source: Source, variant: Variant, folder: Path) -> Structure:
    """Write one converted file after a look at what is in it."""
    static_batch = source.expected.static_batch
    with quiet():
        data = CONVERTERS[variant.format](source.model, variant.variant, source.calibration["images"], static_batch)
    structure = READERS[variant.format](data, variant.path)
    check_structure(structure, variant, source.expected)
    write_bytes(folder / variant.path, data)
    return structure
