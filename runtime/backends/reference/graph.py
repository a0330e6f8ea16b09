"""A model as the reference engine runs it: steps in order, each a function of arrays, whatever file they came from."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits

Array = NDArray[Any]
Key = Hashable
"""What a tensor is known by: an index in `.tflite` files, a name in `.onnx` files."""

Kernel = Callable[..., Array]
"""An operator with its options bound: arrays in, one for each of its inputs, None for those left out; one array out."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operator of a graph."""

    operator: str  # its name, for errors
    inputs: tuple[Key | None, ...]
    output: Key
    kernel: Kernel


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A network with one input and one output."""

    input: Key
    output: Key
    constants: Mapping[Key, Array]
    steps: tuple[Step, ...]
    unneeded: tuple[tuple[Key, ...], ...]  # after each step: the tensors that nothing asks for any more


def assemble(given: Key, wanted: Key, constants: Mapping[Key, Array], steps: Sequence[Step]) -> Graph:
    """Put a graph together; ValueError where a step asks for what is not there yet, or writes what is there."""
    known = {given, *constants}
    for step in steps:
        missing = [key for key in step.inputs if key is not None and key not in known]
        if missing or step.output in known:
            raise ValueError(f"the order of its operators is wrong at {step.operator}")
        known.add(step.output)
    if wanted not in known:
        raise ValueError("nothing computes its output")
    return Graph(given, wanted, constants, tuple(steps), tuple(_unneeded(wanted, steps)))


def run_graph(graph: Graph, images: Array) -> Array:
    """The output for `images`; ValueError where an operator refuses what it is given, naming it.

    Numbers that overflow become infinite, and nonsense not a number, as in every engine.
    """
    computed = {graph.input: images}
    with np.errstate(all="ignore"):
        for step, unneeded in zip(graph.steps, graph.unneeded, strict=True):
            taken = [_find(graph, computed, key) for key in step.inputs]
            computed[step.output] = _run(step, taken)
            for key in unneeded:
                computed.pop(key, None)
            if sum(array.nbytes for array in computed.values()) > limits.HELD_BYTES:
                raise ValueError(f"its tensors need more than {limits.HELD_BYTES} bytes at once")
    answer = _find(graph, computed, graph.output)
    return np.zeros(0) if answer is None else answer


def _find(graph: Graph, computed: Mapping[Key, Array], key: Key | None) -> Array | None:
    if key is None:
        return None
    return computed[key] if key in computed else graph.constants[key]


def _run(step: Step, taken: Iterable[Array | None]) -> Array:
    """One step's output; whatever NumPy says to arrays that do not fit is said of the operator."""
    try:
        return step.kernel(*taken)
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"{step.operator}: {error}") from error


def _unneeded(wanted: Key, steps: Sequence[Step]) -> Iterable[tuple[Key, ...]]:
    """What is asked for last at each step, constants included."""
    last = {key: number for number, step in enumerate(steps) for key in (*step.inputs, step.output)}
    for number, step in enumerate(steps):
        ends = dict.fromkeys((*step.inputs, step.output))
        yield tuple(key for key in ends if key is not None and key != wanted and last[key] == number)
