"""Teachers: networks whose answers a smaller one learns beside the labels (Hinton et al., arXiv:1503.02531)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from runtime import manifest
from runtime.errors import ModelError
from runtime.manifest import read_file
from runtime.records import Images, Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """One or more networks that are asked together."""

    models: tuple[keras.Model, ...]
    fingerprints: tuple[str, ...]  # sha256 of their files

    def answer(self, images: Images) -> Probabilities:
        """The mean of the networks' answers float32 (N, K) to a batch."""
        return np.asarray(np.mean([model.predict_on_batch(images) for model in self.models], axis=0), np.float32)


def load_teacher(runs: Sequence[Path], classes: int) -> Teacher:
    """The Keras models of finished runs; ModelError where one cannot be had or does not give `classes` answers."""
    loaded = [_load(run, classes) for run in runs]
    return Teacher(tuple(model for model, _ in loaded), tuple(fingerprint for _, fingerprint in loaded))


def _load(run: Path, classes: int) -> tuple[keras.Model, str]:
    """One run's model and its file's sha256."""
    file = manifest.load(run).find("keras", "float32")
    if file is None:
        raise ModelError(f"{run}: the manifest lists no Keras model; name a run folder that digits train has written")
    read_file(run, file)
    try:
        model = keras.saving.load_model(run / file.path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its readers of zip, JSON and HDF5 and its layers raise
        raise ModelError(f"{run / file.path}: not a Keras model that can be loaded safely") from error
    if model.output_shape[-1] != classes:
        problem = f"gives {model.output_shape[-1]} answers, and this network learns {classes}"
        raise ModelError(f"{run}: the teacher {problem}; name a run of a model with as many")
    return model, file.sha256
