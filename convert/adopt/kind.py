"""What kind of classifier a Keras model is: what it takes, how it ends, and whether it can be converted here."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from convert.keras_model import leaves
from runtime.errors import ModelError
from runtime.records import FEWEST_CLASSES, MOST_CLASSES, Shape

MOST_PARAMETERS = 50_000_000  # 200 MB in float32; small computers are what this is for
RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.TimeDistributed)
SUM_TOLERANCE = 1e-3  # how far answers may be from the sum 1 and still be probabilities


class Ending(Enum):
    """What a model's outputs are."""

    PROBABILITIES = "probabilities"  # one for each class, with the sum 1
    LOGITS = "logits"  # of which the softmax gives the probabilities
    SIGMOIDS = "sigmoids"  # one for each class, each by itself; exactly one class is right
    ONE_SIGMOID = "one sigmoid"  # the probability of the second of two classes
    ONE_LOGIT = "one logit"  # of which the sigmoid gives that


@dataclass(frozen=True, slots=True)
class Kind:
    """What a model takes and gives."""

    taken: tuple[int, ...]  # of one input, float32: (H, W, C), (H, W), or all numbers in a row
    outputs: int
    ending: Ending

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        return max(self.outputs, FEWEST_CLASSES)


def examine(model: keras.Model, path: Path, shape: Shape) -> Kind:
    """The kind of a loaded model that is given pictures of `shape`.

    Raises ModelError for what is not converted, each with its reason: see docs/convert-any-model.md.
    """
    problem = next(_problems(model), None)
    if problem:
        raise ModelError(f"{path}: {problem}")
    taken, outputs = tuple(model.input_shape[1:]), int(model.output_shape[1])
    if taken not in (shape, shape[:2], (int(np.prod(shape)),)) or (taken == shape[:2] and shape[2] > 1):
        raise ModelError(f"{path}: takes {taken}, but the pictures are {shape}; give it the pictures it was trained on")
    ending = _find_ending(model)
    if ending is None:
        name = getattr(find_last(model).activation, "__name__", "what is not known")
        raise ModelError(f"{path}: ends with {name}; expected softmax, sigmoid or no activation at all")
    if outputs == 1 and ending is Ending.PROBABILITIES:
        raise ModelError(f"{path}: the softmax of one output is always 1; end it with a sigmoid or with two outputs")
    return Kind(taken, outputs, ending)


def find_last(model: keras.Model) -> keras.Operation:
    """The layer that gives the model's answers, also where it lies in a model inside the model."""
    last = model.layers[-1] if isinstance(model, keras.Sequential) else model.operations[-1]
    return find_last(last) if isinstance(last, keras.Model) else last


def are_probabilities(answers: NDArray[np.float32]) -> bool:
    """Whether rows (N, K) are no less than 0 and have the sum 1."""
    return bool(answers.min() >= 0 and np.abs(answers.sum(axis=1) - 1).max() <= SUM_TOLERANCE)


def _problems(model: keras.Model) -> Iterator[str]:
    """Why a model cannot be converted, most telling first."""
    if not isinstance(model, keras.Model) or not model.built or not getattr(model, "inputs", None):
        yield "has no fixed input; build it with keras.Input(shape) and save it again"
        return
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        yield f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs; expected one of each"
        return
    if None in model.input_shape[1:]:
        yield f"takes inputs of any size, {model.input_shape}; give keras.Input the size that it is used with"
    if model.inputs[0].dtype != "float32":
        yield f"takes {model.inputs[0].dtype}; expected float32"
    if len(model.output_shape) != 2 or not 1 <= model.output_shape[1] <= MOST_CLASSES:
        yield f"gives {model.output_shape}; expected one row of at most {MOST_CLASSES} answers for each picture"
    yield from _layer_problems(model)
    if model.count_params() > MOST_PARAMETERS:
        yield f"has {model.count_params():,} parameters; at most {MOST_PARAMETERS:,} are converted"


def _layer_problems(model: keras.Model) -> Iterator[str]:
    """Layers that no file for small computers is made of."""
    for layer in leaves(model):
        if isinstance(layer, RECURRENT):
            yield f"holds the recurrent layer {layer.name!r} ({type(layer).__name__}), which is not converted"
        if getattr(layer, "data_format", None) == "channels_first":
            yield f"the layer {layer.name!r} wants channels first; build it with channels last"
        if layer.compute_dtype != "float32" and layer.weights:
            yield f"the layer {layer.name!r} computes in {layer.compute_dtype}; expected float32"


def _find_ending(model: keras.Model) -> Ending | None:
    """How the model ends; None for another activation than those that are known.

    What has no activation at all is asked about noise: it may make its answers probabilities by other means.
    """
    last, one = find_last(model), model.output_shape[1] == 1
    activation = getattr(last, "activation", keras.activations.linear)
    if isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax:
        return Ending.PROBABILITIES
    if activation is keras.activations.sigmoid:
        return Ending.ONE_SIGMOID if one else Ending.SIGMOIDS
    if activation is not keras.activations.linear:
        return None
    noise = np.random.default_rng(0).uniform(0, 1, (8, *model.input_shape[1:])).astype(np.float32)
    if not one and are_probabilities(np.asarray(model(noise, training=False))):
        return Ending.PROBABILITIES
    return Ending.ONE_LOGIT if one else Ending.LOGITS
