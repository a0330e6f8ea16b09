"""A file's tensors as it really computes them, in its own arithmetic, each as the real numbers that it stands for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference.graph import Array, Graph, Key
from runtime.errors import ModelError
from runtime.records import Images
from runtime.rounding.network import Network, Tensors, in_batches
from runtime.rounding.reading import DAMAGE

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """One tensor of a computation."""

    name: str
    operator: str  # what computes it; "input" for the pictures
    values: Real  # (N, …), as the computation has them


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """One tensor of a file."""

    key: Key  # by which its network knows it
    tensor: Named
    consumers: tuple[Key, ...]  # tensors that are computed from it


def trace_file(network: Network, path: str, images: Images) -> list[Traced]:
    """The tensors of a file in the order of their computation, as the reference engine computes them for `images`.

    Where the file only writes the same numbers in another way, they are given as its operators see them: a quantised
    input is what is left of the pictures. Raises ModelError where the file cannot be run.
    """
    own = network.own
    try:
        graph = own.build()
        computed = in_batches(images, network.batch, lambda batch: _run(network, graph, own.take(batch)))
    except DAMAGE as error:
        raise ModelError(f"{path}: the reference engine refuses it ({error}); convert it anew") from error
    consumers: dict[Key, list[Key]] = {}
    for step in network.graph.steps:
        for key in step.inputs:
            consumers.setdefault(key, []).append(step.output)
    operators = {network.graph.input: "input"} | {step.output: step.operator for step in network.graph.steps}
    names = network.names
    return [
        Traced(
            key,
            Named(names.get(key, str(key)), operator, np.asarray(computed[key], np.float64)),
            tuple(consumers.get(key, ())),
        )
        for key, operator in operators.items()
        if key in computed
    ]


def _run(network: Network, graph: Graph, images: Array) -> Tensors:
    """Everything that the file's own `graph` computes, in real numbers, by the keys of the network of real numbers."""
    own = network.own
    computed: dict[Key, Array] = {graph.input: images}
    constants = graph.constants
    with np.errstate(all="ignore"):
        for step in graph.steps:
            taken = [
                None if key is None else computed[key] if key in computed else constants[key] for key in step.inputs
            ]
            computed[step.output] = step.kernel(*taken)
    places = {key: own.seen.get(key, key) for key in (network.graph.input, *(s.output for s in network.graph.steps))}
    return {key: own.real(place, computed[place]) for key, place in places.items() if place in computed}
