"""Teachers: networks whose answers a smaller one learns beside the labels (Hinton et al., arXiv:1503.02531)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime.backends import Backend
from runtime.bundle import open_bundle, open_model
from runtime.errors import ModelError
from runtime.records import Images, Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """One or more converted networks that are asked together."""

    backends: tuple[Backend, ...]
    fingerprints: tuple[str, ...]  # sha256 of their files

    def answer(self, images: Images) -> Probabilities:
        """The mean of the networks' answers float32 (N, K) to a batch."""
        return np.asarray(np.mean([backend.predict(images) for backend in self.backends], axis=0), np.float32)


def load_teacher(bundles: Sequence[Path], classes: int) -> Teacher:
    """The best converted file of each bundle or run; an engine answers several times as fast as Keras.

    Raises ModelError where a bundle cannot be opened or does not give `classes` answers, MissingEngine where no engine
    that runs it is installed.
    """
    loaded = [_load(bundle, classes) for bundle in bundles]
    return Teacher(tuple(backend for backend, _ in loaded), tuple(fingerprint for _, fingerprint in loaded))


def _load(folder: Path, classes: int) -> tuple[Backend, str]:
    """One network and its file's sha256."""
    bundle = open_bundle(folder)
    given = len(bundle.manifest.classes)
    if given != classes:
        problem = f"gives {given} answers, and this network learns {classes}"
        raise ModelError(f"{folder}: the teacher {problem}; name a bundle with as many")
    file, backend = open_model(bundle)
    return backend, file.sha256
