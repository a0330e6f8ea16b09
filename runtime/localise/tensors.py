"""A file's tensors as it really computes them, in its own arithmetic, each as the real numbers that it stands for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference.graph import Array, Graph, Key
from runtime.errors import ModelError
from runtime.records import Images
from runtime.rounding.network import Network
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
        computed = _run(own.graph, own.take(images))
    except DAMAGE as error:
        raise ModelError(f"{path}: the reference engine refuses it ({error}); convert it anew") from error
    consumers: dict[Key, list[Key]] = {}
    for step in network.graph.steps:
        for key in step.inputs:
            consumers.setdefault(key, []).append(step.output)
    operators = {network.graph.input: "input"} | {step.output: step.operator for step in network.graph.steps}
    traced = []
    for key, operator in operators.items():
        values = _as_seen(network, key, computed)
        if values is not None:
            name = network.names.get(key, str(key))
            traced.append(Traced(key, Named(name, operator, values), tuple(consumers.get(key, ()))))
    return traced


def _run(graph: Graph, images: Array) -> dict[Key, Array]:
    """Everything that the file's own graph computes."""
    computed: dict[Key, Array] = {graph.input: images}
    with np.errstate(all="ignore"):
        for step in graph.steps:
            taken = [None if k is None else computed[k] if k in computed else graph.constants[k] for k in step.inputs]
            computed[step.output] = step.kernel(*taken)
    return computed


def _as_seen(network: Network, key: Key, computed: dict[Key, Array]) -> Real | None:
    """The real numbers of one tensor; None for shapes and the like, and for what the file itself does not compute."""
    place = network.own.seen.get(key, key)
    if place not in computed:
        return None
    values = network.own.real(place, computed[place])
    if not np.issubdtype(values.dtype, np.floating):
        return None
    return np.asarray(values, np.float64)
