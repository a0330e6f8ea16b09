"""A bundle opened for use: which of its files an engine on this machine will run."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime import backends, manifest
from runtime.backends import Backend
from runtime.errors import MissingEngine, ModelError, UsageError
from runtime.file_metadata import check_contents
from runtime.manifest import Manifest, ModelFile

BUNDLES = Path(__file__).parent / "bundles"
DEFAULT = "edge-base"
"""The name of the bundle that is used where none is asked for."""
SHIPPED = BUNDLES / DEFAULT
PREFERRED = (
    "int8.tflite",
    "uint8.tflite",
    "float32.tflite",
    "float16.tflite",
    "dynamic.tflite",
    "float32.onnx",
    "int8.onnx",
)
"""Variant and format, best first: whole numbers are fastest in `.tflite` engines and slower than float in ONNX ones."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A run folder or bundle whose manifest fits this program."""

    folder: Path
    manifest: Manifest
    sha256: str  # of the manifest's bytes, which list every file's hash


def open_bundle(folder: Path | None = None) -> Bundle:
    """Open the bundle that `find_folder` finds.

    Raises ModelError where there is none, or its manifest is missing, damaged, of another schema or another
    preprocessing version.
    """
    place = find_folder(folder)
    return Bundle(place, manifest.load(place), manifest.fingerprint(place))


def find_folder(asked: Path | None) -> Path:
    """The folder that is meant by a path, by a shipped bundle's name or by nothing, which means the default.

    A folder that exists goes before a shipped bundle of its name; ModelError where there is neither.
    """
    if asked is None:
        return SHIPPED
    if asked.exists():
        return asked
    names = shipped_bundles()
    if str(asked) not in names:
        raise ModelError(
            f"{asked}: no {manifest.FILE_NAME} here; expected a run folder or a bundle, or one of {', '.join(names)}"
        )
    return BUNDLES / asked


def shipped_bundles() -> tuple[str, ...]:
    """The names of the bundles that come with the program, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in BUNDLES.glob(f"*/{manifest.FILE_NAME}")))


def choose(bundle: Bundle, engine: str | None = None, file: str | None = None) -> tuple[ModelFile, str]:
    """The file and the engine to run it with: those asked for, else the first installed engine with its best file.

    `file` is a path of the manifest such as "int8.tflite". Raises UsageError for a file or engine that does not exist
    or do not fit each other, and MissingEngine where what is needed is not installed.
    """
    files = (find_file(bundle, file),) if file else _by_preference(bundle)
    if engine:
        backends.check_installed(engine)
    for candidate in (engine,) if engine else backends.installed():
        for listed in files:
            if not backends.unsupported(candidate, listed):
                return listed, candidate
    raise _no_match(bundle, files, engine)


def open_model(
    bundle: Bundle, engine: str | None = None, file: str | None = None, threads: int = 1
) -> tuple[ModelFile, Backend]:
    """Open the file that `choose` gives; ModelError where it is damaged or has other classes than the manifest."""
    listed, name = choose(bundle, engine, file)
    return listed, open_file(bundle, listed, name, threads)


def open_file(bundle: Bundle, file: ModelFile, engine: str, threads: int = 1) -> Backend:
    """Open `file` of `bundle` with `engine`, once asked about an empty image; ModelError as `open_model`.

    A file that says of itself what its manifest does not say is refused before any engine sees it.
    """
    data = manifest.read_file(bundle.folder, file)
    check_contents(data, file.format, bundle.manifest, bundle.folder / file.path)
    backend = backends.open_backend(data, file, engine, threads)
    given = _ask_once(backend, bundle, file)
    expected = len(bundle.manifest.classes)
    if given != expected:
        raise ModelError(
            f"{bundle.folder / file.path}: the manifest has {expected} classes, the file {given}; convert it anew"
        )
    return backend


def _ask_once(backend: Backend, bundle: Bundle, file: ModelFile) -> int:
    """How many answers there are to an empty image of the manifest's shape; ModelError where the file wants another."""
    shape = bundle.manifest.input_shape
    try:
        return int(backend.predict(np.zeros((1, *shape), np.float32)).shape[1])
    except ValueError as error:
        raise ModelError(
            f"{bundle.folder / file.path}: the manifest has input {shape}, the file another ({error}); convert it anew"
        ) from error


def find_file(bundle: Bundle, path: str) -> ModelFile:
    """The converted file at `path`; UsageError with those that there are."""
    files = bundle.manifest.converted()
    found = next((listed for listed in files if listed.path == path), None)
    if found is None:
        names = ", ".join(listed.path for listed in files) or "none"
        raise UsageError(f"{bundle.folder} holds no converted file {path!r}; it holds {names}")
    return found


def _by_preference(bundle: Bundle) -> tuple[ModelFile, ...]:
    """The converted files, best first."""
    files = bundle.manifest.converted()
    if not files:
        raise ModelError(f"{bundle.folder}: the manifest lists no converted file; run digits convert on it")
    return tuple(sorted(files, key=_rank))


def _rank(file: ModelFile) -> int:
    name = f"{file.variant}.{file.format}"
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)


def _no_match(bundle: Bundle, files: tuple[ModelFile, ...], engine: str | None) -> UsageError | MissingEngine:
    """The error for files that no engine, or not the one asked for, can run."""
    names = ", ".join(file.path for file in files)
    if engine:
        reasons = dict.fromkeys(backends.unsupported(engine, file) for file in files)
        return UsageError(f"{bundle.folder}: {engine} cannot run {names}: {'; '.join(map(str, reasons))}")
    able = [name for name in backends.ENGINES if any(not backends.unsupported(name, file) for file in files)]
    there = ", ".join(backends.installed()) or "none"
    return MissingEngine(
        f"{bundle.folder}: {names} needs the engine {' or '.join(able)}; installed: {there}; {backends.remedy(able[0])}"
    )
