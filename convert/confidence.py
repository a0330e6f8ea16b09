"""Each converted file's own calibration, from its answers to samples that the network did not learn from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.calibration import fit_correction
from convert.golden import LABELLED, read_arrays
from convert.threshold import fit_thresholds
from runtime.bundle import Bundle, open_model
from runtime.calibration import Calibration, correct
from runtime.errors import MissingEngine, ModelError
from runtime.evaluate import ask
from runtime.manifest import Manifest, ModelFile
from runtime.records import DIGITS, Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The images by which everything about confidence is chosen."""

    images: NDArray[np.uint8]  # (N, 28, 28), ink 255 on 0; of a model of another kind as its manifest says
    labels: NDArray[np.uint8]  # (N,) 0–10; 10, which is `known`, is "not a digit"
    held_back: bool  # from learning
    known: int = DIGITS  # how many classes there are beside it


def read_sample(run: Path, described: Manifest) -> Sample:
    """The run's validation samples, or its calibration digits where it held none back.

    Raises ModelError where they are damaged or have labels above 10, or above the number of classes.
    """
    held_back = described.find("npz", "validation") is not None
    variant = "validation" if held_back else "calibration"
    arrays = read_arrays(run, described, variant, LABELLED)
    labels = arrays["labels"]
    known = described.known
    if labels.dtype != np.uint8 or labels.max() > known:
        place = run / f"{variant}.npz"
        raise ModelError(f"{place}: expected labels uint8 from 0 to {known}, got {labels.dtype} to {labels.max()}")
    return Sample(arrays["images"], labels, held_back, known)


def calibrate_file(bundle: Bundle, file: ModelFile, sample: Sample) -> ModelFile:
    """The file's entry with the calibration of its own answers on the engine that prefers it here.

    A file that no engine opens or that does not answer stays without one: the gate asks the same engines, refuses it
    and says why.
    """
    try:
        _, backend = open_model(bundle, file=file.path)
        answers = ask(backend, sample.images)
    except (MissingEngine, ModelError):
        return file
    return replace(file, calibration=fit_calibration(answers, sample))


def fit_calibration(answers: Probabilities, sample: Sample) -> Calibration:
    """The calibration for a file's answers (N, K) to `sample`.

    On images that the network has learnt from it is surer and more often right than anywhere else. They say nothing of
    a correction, so there is none, and give thresholds that are upper bounds of what strangers' digits reach.
    """
    correction = fit_correction(answers, sample.labels, sample.known) if sample.held_back else Calibration()
    return replace(correction, **fit_thresholds(correct(answers, correction), sample.labels, sample.known))
