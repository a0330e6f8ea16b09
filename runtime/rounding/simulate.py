"""A network computed again and again with random roundings: how far its number format alone moves every tensor.

The model is that of Widrow and Kollár ("Quantization Noise", 2008, chapter 5): what is rounded to steps of size q moves
by anything from −q/2 to q/2, equally likely, each number for itself. That is exact where a number is spread over many
steps, and an assumption where it is not. The disturbed numbers go through the network itself, so that no layer needs a
derivative and rectifiers and poolings are met as they are. Zeros stay: every format holds them exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference.graph import Array, Key, Step
from runtime.records import Images
from runtime.rounding.network import Network, Tensors, in_batches

ROUNDS = 32  # an estimate from so many is off by an eighth, one standard deviation
SEED = 20  # the same figures every time
COARSEST = 2.0  # times the step that a tensor's range needs: what a file's own step may excuse
LEVELS = 255  # steps from the lowest number of 8 bits to the highest
SINGLE = 2.0**-18  # of a tensor's size: sums of at most 4,096 products in float32, each off by 2⁻²⁴, in no order


@dataclass(frozen=True, slots=True, eq=False)
class Disturbed:
    """What a network gives undisturbed, and how far rounding moves it."""

    undisturbed: Tensors
    spread: dict[Key, float]  # root of the mean square by which a tensor's numbers move
    answers: tuple[NDArray[np.float64], ...]  # logarithms of the probabilities (N, K): undisturbed, then each round

    def noise(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.float64]:
        """How far rounding moves the log-odds of two classes of each image: root of the mean square, (N,)."""
        rows = np.arange(len(first))
        odds = np.stack([answer[rows, first] - answer[rows, second] for answer in self.answers])
        return np.asarray(np.sqrt(np.mean((odds[1:] - odds[0]) ** 2, axis=0)))


def find_ranges(network: Network, images: Images) -> dict[Key, float]:
    """For each tensor, from its lowest to its highest number on `images`, 0 included."""
    tensors = _compute(network, images, None, {})
    return {key: float(max(values.max(), 0) - min(values.min(), 0)) for key, values in tensors.items()}


def disturb(network: Network, images: Images, ranges: Mapping[Key, float], rounds: int = ROUNDS) -> Disturbed:
    """Compute `images`, float32 (N, 28, 28, 1), N ≥ 1, once as they are and `rounds` times disturbed.

    A step that is more than `COARSEST` times as wide as the tensor's range over 255 is the file's fault and moves
    nothing further than that. Raises ValueError where an operator refuses what it is given.
    """
    random = np.random.default_rng(SEED)
    undisturbed = _compute(network, images, None, ranges)
    squares = dict.fromkeys(undisturbed, 0.0)
    answers = [_logarithm(undisturbed[network.graph.output])]
    for _ in range(rounds):
        moved = _compute(network, images, random, ranges)
        for key, values in moved.items():
            squares[key] += float(np.mean((values.astype(np.float64) - undisturbed[key]) ** 2)) / rounds
        answers.append(_logarithm(moved[network.graph.output]))
    return Disturbed(undisturbed, {key: float(np.sqrt(square)) for key, square in squares.items()}, tuple(answers))


def _compute(
    network: Network, images: Images, random: np.random.Generator | None, ranges: Mapping[Key, float]
) -> Tensors:
    """Every float tensor of one computation, rounded at random where there is chance to do so."""
    constants = dict(network.graph.constants)
    given: Array = images
    if random is not None:
        constants |= {key: _moved(constants[key], step, random) for key, step in _stored(network).items()}
        given = _taken(network, images, random)

    def run(batch: Array) -> Tensors:
        computed: Tensors = {network.graph.input: batch}
        with np.errstate(all="ignore"):
            for step in network.graph.steps:
                values = _run(step, computed, constants)
                computed[step.output] = _rounded(network, step.output, values, random, ranges) if random else values
        return computed

    return in_batches(given, network.batch, run)


def _run(step: Step, computed: Mapping[Key, Array], constants: Mapping[Key, Array]) -> Array:
    taken = [None if key is None else computed[key] if key in computed else constants[key] for key in step.inputs]
    try:
        return step.kernel(*taken)
    except (TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{step.operator}: {error}") from error


def _stored(network: Network) -> dict[Key, Array]:
    """The steps of constants."""
    return {key: step for key, step in network.steps.items() if key in network.graph.constants}


def _taken(network: Network, images: Images, random: np.random.Generator) -> Array:
    """The images as the file takes them. Pixels stand on steps of 1/255 already, which most files keep exactly."""
    if network.input_step is None:
        return _by_image(images, random) if network.graph.input in network.by_image else images
    step = min(network.input_step, COARSEST / LEVELS)
    off = images - np.rint(images / network.input_step) * network.input_step
    moves = min(float(np.sqrt(np.mean(np.square(off, dtype=np.float64)))) * np.sqrt(12), step)
    return _moved(images, np.float64(moves), random)


def _rounded(
    network: Network, key: Key, values: Array, random: np.random.Generator, ranges: Mapping[Key, float]
) -> Array:
    """A computed tensor as the file's number format may hold it; shapes and answers stay as they are."""
    if key == network.graph.output or not np.issubdtype(values.dtype, np.floating):
        return values
    if key in network.steps:
        needed = COARSEST * ranges.get(key, np.inf) / LEVELS
        return _moved(values, np.minimum(network.steps[key], needed), random)
    size = float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
    single = _moved(values, np.float64(np.sqrt(12) * SINGLE * size), random)
    return _by_image(single, random) if key in network.by_image else single


def _by_image(values: Array, random: np.random.Generator) -> Array:
    """Values brought to 8 bits, each image by its own range."""
    flat = values.reshape(len(values), -1)
    width = np.maximum(flat.max(axis=1), 0) - np.minimum(flat.min(axis=1), 0)
    return _moved(values, (width / LEVELS).reshape([-1] + [1] * (values.ndim - 1)), random)


def _moved(values: Array, step: Array | np.float64, random: np.random.Generator) -> Array:
    """Values moved by up to half a step, all but zeros."""
    moves = random.uniform(-0.5, 0.5, values.shape) * step
    return np.asarray(np.where(values == 0, 0, values + moves), np.float32)


def _logarithm(probabilities: Array) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(probabilities.astype(np.float64), 1e-30)))
