"""Pack what a device needs of a run into a bundle."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from convert.measure.summary import read_summary
from runtime import manifest
from runtime.atomic import atomic_folder, write_bytes
from runtime.errors import ModelError, UsageError
from runtime.manifest import Manifest, ModelFile
from runtime.replaceable import bundle_files, check_replaceable

ANSWERS = ("golden", "reference")


def pack_bundle(run: Path, target: Path, names: Sequence[str], name: str | None = None) -> Manifest:
    """Write the manifest, Keras' answers and the converted files `names` of `run` to the folder `target`, as a whole.

    Nothing else travels: no Keras model, which is code, and no pictures but those of our own generator. An older bundle
    at `target` is replaced. The bundle is called `name`, or as the run is, and says what the run's measurement found,
    where there is one. Raises UsageError for a name the run does not have and where `target` holds anything but a
    bundle, and ModelError for a damaged file.
    """
    described = manifest.load(run)
    chosen = [*_find_converted(described, names, run), *_find_answers(described, run)]
    _check_target(run, target)
    with atomic_folder(target.resolve()) as folder:
        for file in chosen:
            write_bytes(folder / file.path, manifest.read_file(run, file))
        packed = replace(
            _with_measured(described, run), name=manifest.title(name or described.name), files=tuple(chosen)
        )
        manifest.save(packed, folder)
    return packed


def _with_measured(described: Manifest, run: Path) -> Manifest:
    """The manifest with the figures of the run's measurement among those of its training."""
    measured = read_summary(run)
    return replace(described, training={**described.training, "measured": measured}) if measured else described


def _find_converted(described: Manifest, names: Sequence[str], run: Path) -> Iterable[ModelFile]:
    """The entries of the converted files `names`, in that order."""
    by_path = {file.path: file for file in described.converted()}
    missing = [name for name in names if name not in by_path]
    if missing or not names:
        has = ", ".join(by_path) or "none; convert it first"
        raise UsageError(f"{run}: no converted file {', '.join(missing) or 'was named'}; it has {has}")
    return [by_path[name] for name in dict.fromkeys(names)]


def _find_answers(described: Manifest, run: Path) -> Iterable[ModelFile]:
    """The entries of Keras' answers and of the golden frame."""
    found = [described.find("npz", variant) for variant in ANSWERS]
    if None in found:
        raise ModelError(f"{run}: without golden.npz and reference.npz; run digits convert {run} first")
    frame = described.find("npz", "frame")  # runs that were converted by older versions have none
    return [file for file in (*found, frame) if file is not None]


def _check_target(run: Path, target: Path) -> None:
    """Refuse to replace the run itself, or a folder that holds anything but a bundle."""
    if target.resolve() == run.resolve() or target.resolve() in run.resolve().parents:
        raise UsageError(f"{target}: the bundle would replace the run itself; name another folder")
    check_replaceable(target, bundle_files, "bundle")
