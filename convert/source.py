"""What a run offers to the converters, read once and with every hash checked."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras

from convert.confidence import Sample, read_sample
from convert.golden import DRAWN, LABELLED, read_arrays, read_further
from convert.keras_model import count_parameters, load_keras, scales_activations
from convert.structure import Expectation
from runtime import manifest
from runtime.manifest import Manifest
from runtime.npz import Arrays


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A run that is being converted."""

    run: Path
    described: Manifest
    model: keras.Model
    calibration: Arrays
    sample: Sample
    drawn: Arrays
    holdout: Arrays
    further: dict[str, Arrays]  # what else Keras is asked about
    expected: Expectation


def open_source(run: Path, static_batch: bool = False) -> Source:
    """Read all that the run offers; ModelError where something is missing or damaged."""
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
