"""A file's network in real numbers, and how coarse the file's number format is at each of its tensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from runtime.backends.reference.graph import Array, Graph, Key

Tensors = dict[Key, Array]
"""Float tensors by their key, images first."""

PIXEL = np.float64(1 / 255)  # the step on which pictures stand
KEEPING = {
    *("MAX_POOL_2D", "REDUCE_MAX", "RESHAPE", "TRANSPOSE", "SQUEEZE", "EXPAND_DIMS", "PAD", "PADV2", "CONCATENATION"),
    *("MaxPool", "GlobalMaxPool", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Concat", "Pad", "Relu"),
}
"""Operators that give numbers which they were given; in the same steps, nothing is rounded anew."""
ALIKE = 1e-3  # relative; two scales that are computed in different ways differ by the roundings of float32


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """The file as it is, in its own arithmetic."""

    build: Callable[[], Graph]  # ValueError or ModelError where the reference engine does not compute such numbers
    seen: Mapping[Key, Key]  # for tensors of the real network: where the file has the numbers that its operators see
    take: Callable[[Array], Array]  # images float32 as the graph takes them
    real: Callable[[Key, Array], Array]  # what a tensor's numbers stand for


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What a file computes if nothing in it is ever rounded: weights as they are stored, every operator in float."""

    graph: Graph
    own: Own
    names: Mapping[Key, str]  # of its tensors, as the file has them
    steps: Mapping[Key, Array]  # of what is stored or computed in steps: their size, fit to be broadcast against it
    by_image: frozenset[Key]  # tensors that are brought to 8 bits as they come, each image by its own range
    input_step: float | None  # of the pictures, and of the probabilities; None for float32
    output_step: float | None
    logits_step: float | None  # of what the softmax is given; None where that is not in steps
    batch: int | None  # how many images it takes at once; None where that is free


def softmax_input(graph: Graph) -> Key | None:
    """The tensor of which the graph's last step takes the softmax; None where it does something else."""
    last = next((step for step in graph.steps if step.output == graph.output), None)
    return last.inputs[0] if last and last.operator.upper() == "SOFTMAX" else None


def new_steps(graph: Graph, steps: Mapping[Key, Array]) -> dict[Key, Array]:
    """The steps of constants, and of those computed tensors whose numbers do not stand on such steps already."""
    found = {key: step for key, step in steps.items() if key in graph.constants}
    stands_on: dict[Key, Array] = {graph.input: np.asarray(PIXEL)}
    for step in graph.steps:
        before = stands_on.get(step.inputs[0]) if step.operator in KEEPING else None
        own = steps.get(step.output, before)
        if own is None:
            continue
        stands_on[step.output] = own
        rounded_anew = before is None or not np.allclose(before, own, rtol=ALIKE)
        if step.output in steps and step.output != graph.output and rounded_anew:
            found[step.output] = own
    return found


def in_batches(images: Array, batch: int | None, run: Callable[[Array], Tensors]) -> Tensors:
    """The float tensors that `run` gives for `images`, asked for as many at once as the network takes.

    The last batch is filled up with empty images, of which nothing is kept.
    """
    size = batch or len(images)
    parts = []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        filled = np.concatenate([part, np.zeros((size - len(part), *images.shape[1:]), images.dtype)])
        found = run(filled)
        parts.append({key: values[: len(part)] for key, values in found.items() if _is_real(values)})
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _is_real(values: Array) -> bool:
    """Whether a tensor holds numbers of its images, and not a shape."""
    return bool(values.ndim and np.issubdtype(values.dtype, np.floating))
