"""A `.tflite` file looked at before an engine sees it: what is in it, and whether all of it fits together."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats import limits
from runtime.formats.refused import Refused
from runtime.formats.tflite_file import Operator, Tensor, TfliteFile, read_tflite
from runtime.formats.tflite_names import CUSTOM
from runtime.inspection import tflite_operators as operators
from runtime.inspection.archive import read_attached
from runtime.inspection.finding import NOTHING, Contents, End, Finding, check_sums
from runtime.inspection.shapes import Shape
from runtime.inspection.tflite_quantisation import check_tensor
from runtime.inspection.tflite_step import Step, as_numbers

Numbers = NDArray[Any]
Fold = Callable[[Step], Numbers]

FOLDED: dict[str, Fold] = {
    "SHAPE": lambda step: np.array(step.tensor(0).shape, np.int64),
    "STRIDED_SLICE": lambda step: _known(step, 0)[operators.slices(step)],
    "PACK": lambda step: np.stack([_known(step, index) for index in range(len(step.inputs))], step.option(1)),
    "CONCATENATION": lambda step: np.concatenate([_known(step, i) for i in range(len(step.inputs))], step.option(0)),
    "GATHER": lambda step: np.take(_known(step, 0), step.whole_numbers(1, None), step.option(0)),
    "RESHAPE": lambda step: _known(step, 0).reshape(operators.reshape(step)),
    "SQUEEZE": lambda step: _known(step, 0).reshape(operators.squeeze(step)),
    "REDUCE_PROD": lambda step: np.prod(_known(step, 0)).reshape(operators.reduction(step)),
    "ADD": lambda step: _known(step, 0) + _known(step, 1),
    "MUL": lambda step: _known(step, 0) * _known(step, 1),
    "SUB": lambda step: _known(step, 0) - _known(step, 1),
    "EXPAND_DIMS": lambda step: _known(step, 0).reshape(operators.expand(step)),
}
"""What operators compute of whole numbers that are known beforehand, such as the shape of an image's batch."""
MISFITS = (ValueError, IndexError, TypeError, ArithmeticError)  # what NumPy says of arrays that do not fit


class _Graph:
    """What is known of a file's tensors while its operators are walked through."""

    def __init__(self, file: TfliteFile) -> None:
        self.file = file
        self.tensors = list(file.tensors)  # with the shapes that they really have for one image
        self.values = {index: as_numbers(tensor) for index, tensor in enumerate(file.tensors)}
        self.settled = {index for index, tensor in enumerate(file.tensors) if tensor.data is not None}
        self.computed = self.settled | set(file.inputs)
        self.multiplications = 0
        self.numbers = 0  # that are computed

    def step(self, operator: Operator) -> Step:
        """An operator with its tensors; Refused where they are not there yet, or its output is there already."""
        needed = [index for index in operator.inputs if index >= 0]
        if any(index not in self.computed for index in needed):
            raise Refused("order", f"{operator.name} before what it needs is computed")
        if len(operator.outputs) != 1 or operator.outputs[0] < 0 or operator.outputs[0] in self.computed:
            raise Refused("order", f"{operator.name} that gives {operator.outputs}, which is not one new tensor")
        return Step(
            operator.name,
            tuple(None if index < 0 else self.tensors[index] for index in operator.inputs),
            self.tensors[operator.outputs[0]],
            operator.options,
            tuple(self.values.get(index) for index in operator.inputs),
            tuple(index in self.settled for index in operator.inputs),
        )

    def take(self, operator: Operator, step: Step, shape: Shape) -> None:
        """Go on behind an operator whose output is of `shape`; Refused where the file says something else."""
        output = step.output
        if len(output.signature) != len(shape) or any(
            said not in (-1, length) for said, length in zip(output.signature, shape, strict=True)
        ):
            raise Refused("shape", f"{step.name} gives {shape}, and its output {output.name!r} has {output.signature}")
        limits.check_shape(*shape)
        self.tensors[operator.outputs[0]] = replace(output, shape=shape)
        self.numbers += math.prod(shape)
        if all(index in self.settled for index in operator.inputs if index >= 0):
            self.settled.update(operator.outputs)
        if step.output.dtype.name in operators.INDICES and step.name in FOLDED:
            self.values[operator.outputs[0]] = _bounded(FOLDED[step.name](step))
        if step.name in operators.FILTERS:
            weights = step.tensor(1)
            each = math.prod(weights.shape) // weights.shape[operators.FILTERS[step.name]]
            self.multiplications += each * math.prod(shape)


def inspect_tflite(data: bytes) -> tuple[Contents, list[Finding]]:
    """What a `.tflite` file holds, and every rule that it breaks."""
    try:
        file = read_tflite(data)
    except Refused as error:
        return NOTHING, [Finding(error.rule, limits.label_line(str(error)))]
    graph = _Graph(file)
    findings = [*_check_ends(file), *_check_tensors(file), *_check_steps(graph), *_check_unused(file)]
    attached: dict[str, int] = {}
    try:
        attached = read_attached(data, file.end, bool(file.metadata))
    except Refused as error:
        findings.append(Finding(error.rule, str(error)))
    return _contents(file, graph, attached), findings


def _check_ends(file: TfliteFile) -> Iterator[Finding]:
    if len(file.inputs) != 1 or len(file.outputs) != 1 or min(*file.inputs, *file.outputs) < 0:
        yield Finding("ends", f"{len(file.inputs)} inputs and {len(file.outputs)} outputs")
        return
    for index in (file.inputs[0], file.outputs[0]):
        tensor = file.tensors[index]
        if tensor.dtype.name not in ("float32", "int8", "uint8") or tensor.data is not None:
            yield Finding("type", f"the network's end {tensor.name!r} is {tensor.dtype}, or a constant")


def _check_tensors(file: TfliteFile) -> Iterator[Finding]:
    """Each tensor by itself."""
    for tensor in file.tensors:
        try:
            check_tensor(tensor)
            _check_shape(tensor)
        except Refused as error:
            yield Finding(error.rule, str(error))
            continue
        if tensor.data is not None and tensor.dtype.kind == "f" and not np.isfinite(tensor.data).all():
            yield Finding("not-finite", f"{tensor.name!r} holds what is no number")


def _check_shape(tensor: Tensor) -> None:
    """Refuse a shape without room, or one that its signature does not fit."""
    limits.check_shape(*tensor.shape)
    if 0 in tensor.shape or len(tensor.signature) != len(tensor.shape):
        raise Refused("shape", f"{tensor.name!r} of shape {tensor.shape} with the signature {tensor.signature}")
    if any(free not in (-1, length) for free, length in zip(tensor.signature, tensor.shape, strict=True)):
        raise Refused("shape", f"{tensor.name!r} of shape {tensor.shape} with the signature {tensor.signature}")


def _check_steps(graph: _Graph) -> Iterator[Finding]:
    """The operators in order."""
    for number, operator in enumerate(graph.file.operators):
        check = operators.OPERATORS.get(operator.name)
        if check is None:
            rule = "custom-operator" if operator.name.startswith(CUSTOM) else "operator"
            yield Finding(rule, f"operator {number}, {operator.name}, is not among those that are allowed")
        else:
            try:
                step = graph.step(operator)
                graph.take(operator, step, check(step))
            except Refused as error:
                yield Finding(error.rule, f"operator {number}: {error}")
            except MISFITS as error:
                yield Finding("shape", f"operator {number}, {operator.name}: {error}")
        graph.computed.update(index for index in operator.outputs if index >= 0)
    if any(index not in graph.computed for index in graph.file.outputs):
        yield Finding("order", "nothing computes the output")
    yield from check_sums(graph.multiplications, graph.numbers)


def _check_unused(file: TfliteFile) -> Iterator[Finding]:
    used = {index for operator in file.operators for index in operator.inputs}
    for index, tensor in enumerate(file.tensors):
        if tensor.data is not None and index not in used:
            yield Finding("unused", f"nothing uses the constant {tensor.name!r}")


def _bounded(value: Numbers) -> Numbers:
    """Whole numbers computed beforehand; Refused where an engine could not hold them in 32 bits."""
    if (np.abs(value) >= 2**31).any():
        raise Refused("shape", "whole numbers beyond 32 bits")
    return value


def _known(step: Step, index: int) -> Numbers:
    value = step.values[index]
    if value is None:
        raise Refused("shape", f"{step.name} of whole numbers that are not known beforehand")
    return value


def _contents(file: TfliteFile, graph: _Graph, attached: dict[str, int]) -> Contents:
    constants: Counter[str] = Counter()
    for tensor in file.tensors:
        if tensor.data is not None:
            constants[str(tensor.dtype)] += tensor.data.size
    return Contents(
        operators=dict(Counter(operator.name for operator in file.operators)),
        inputs=tuple(_end(file.tensors[index]) for index in file.inputs if index >= 0),
        outputs=tuple(_end(file.tensors[index]) for index in file.outputs if index >= 0),
        tensors=len(file.tensors),
        constants=dict(constants),
        multiplications=graph.multiplications,
        metadata={name: _shown(content) for name, content in file.metadata.items()},
        attached=attached,
    )


def _end(tensor: Tensor) -> End:
    shape = tuple(None if length < 0 else length for length in tensor.signature)
    if tensor.scaling is None:
        return End(tensor.name, tensor.dtype.name, shape)
    scaling = tensor.scaling
    return End(tensor.name, tensor.dtype.name, shape, float(scaling.scales[0]), int(scaling.zero_points[0]))


def _shown(content: memoryview) -> str:
    """A short text as it is, anything else as its length."""
    text = bytes(content[: limits.LABEL]).rstrip(b"\0").decode("utf-8", "replace")
    return text if text.isprintable() and len(content) <= limits.LABEL else f"{len(content)} bytes"
