"""From a run's Keras model to verified files: convert, check, verify beside the run, and only then move in."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from convert.build import Built, build_file
from convert.confidence import Sample, calibrate_file
from convert.gate import pass_gate
from convert.golden import make_frame, make_golden, make_reference
from convert.keras_model import answer
from convert.provenance import record_conversion
from convert.quiet import quiet
from convert.recipe import Recipe
from convert.representative import find_representative
from convert.source import Source, open_source
from convert.structure import Expectation, Structure
from convert.threshold import fit_thresholds
from convert.workplace import REPORTS, forget_failure, move_in, workplace
from runtime import manifest
from runtime.atomic import write_bytes
from runtime.bundle import open_bundle
from runtime.file_metadata import describe_contents
from runtime.manifest import Manifest, ModelFile
from runtime.npz import write_npz

Announce = Callable[[str, float], None]
"""Called with what is being done now and how many of `count_steps` steps are done."""

FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """One new file of a run."""

    file: ModelFile
    operators: dict[str, int]  # how often each occurs
    flips: dict[str, int]  # digits that differ from Keras', by engine
    size_ratio: float  # to the bytes of the model's weights in float32


def count_steps(variants: Sequence[Recipe]) -> int:
    """How many steps `convert_run` takes: two to begin, converting each file, calibrating, and verifying each file."""
    return 3 + 2 * len(variants)


def convert_run(run: Path, variants: Sequence[Recipe], static_batch: bool, announce: Announce) -> list[ConvertedFile]:
    """Give the run its golden samples and a verified file of each of `variants`.

    Raises ModelError where the run or a converted file is not as it must be, ParityError where a file does not answer
    as Keras does; the run is then as it was, and the failed report stands in the folder beside it.
    """
    announce("opening the run", 0)
    run = run.resolve()  # "." has no name and nothing beside it
    with quiet():
        source = open_source(run, static_batch)
    with workplace(run, source.described) as folder:
        announce("asking Keras", 1)
        answers = _write_answers(source, folder)
        built = _write_all(source, variants, folder, announce)
        announce("calibrating", 2 + len(variants))
        described = replace(source.described, parameters=source.expected.parameters, thresholds=_fit_thresholds(source))
        converted = _save_manifest(
            described.with_files(answers), _list(source, variants, built, folder), source.sample, folder
        )

        def watch(what: str, done: int, total: int) -> None:
            announce(f"verifying {what}", 3 + len(variants) * (1 + done / total))

        flips = pass_gate(folder, run, [file.path for file in converted], watch)
        move_in(folder, run, [*(file.path for file in (*answers, *converted)), *REPORTS])
    forget_failure(run)
    return [_describe(file, built[file.path].structure, flips[file.path], source.expected) for file in converted]


def _describe(file: ModelFile, structure: Structure, flips: dict[str, int], expected: Expectation) -> ConvertedFile:
    """The new file's record, its operators in order of first use."""
    operators = Counter(operator.name for operator in structure.operators)
    return ConvertedFile(file, dict(operators), flips, file.size / (FLOAT_BYTES * expected.parameters))


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


def _list(source: Source, recipes: Sequence[Recipe], built: Mapping[str, Built], folder: Path) -> list[ModelFile]:
    """The entries of the new files, each with the record of how it was made."""
    static = source.expected.static_batch
    listed = []
    for recipe in recipes:
        with quiet():
            record = record_conversion(recipe, source.model, find_representative(source, recipe), static)
        if recipe.format == "ort":
            record["graph_sha256"] = hashlib.sha256(built[recipe.path].constant).hexdigest()
        entry = manifest.describe(folder, recipe.path, recipe.format, recipe.variant)
        listed.append(replace(entry, conversion=record))
    return listed


def _save_manifest(
    described: Manifest, listed: Sequence[ModelFile], sample: Sample, folder: Path
) -> tuple[ModelFile, ...]:
    """List the new files in the manifest of `folder`, each with its own calibration, and give their entries."""
    manifest.save(described.with_files(listed), folder)  # so that the engines find them
    bundle = open_bundle(folder)
    calibrated = tuple(calibrate_file(bundle, file, sample) for file in listed)
    manifest.save(described.with_files(calibrated), folder)
    return calibrated


def _write_all(source: Source, recipes: Sequence[Recipe], folder: Path, announce: Announce) -> dict[str, Built]:
    """Write every converted file, and give what was made, by path."""
    built = {}
    for done, recipe in enumerate(recipes, 2):
        announce(f"converting to {recipe.path}", done)
        with quiet():
            built[recipe.path] = build_from(source, recipe)
        write_bytes(folder / recipe.path, built[recipe.path].data)
    return built


def build_from(source: Source, recipe: Recipe) -> Built:
    """The file that `recipe` makes of the run's model; ModelError where it cannot be made or is not as promised."""
    images = find_representative(source, recipe)
    return build_file(source.model, recipe, images, describe_contents(source.described), source.expected)
