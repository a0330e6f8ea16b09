"""An `.onnx` or `.ort` file looked at before an engine sees it: what is in it, and whether all of it fits together."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from runtime.formats import limits
from runtime.formats.onnx_file import Node, OnnxFile, Value, read_onnx
from runtime.formats.refused import Refused
from runtime.inspection.finding import NOTHING, Contents, End, Finding, check_sums
from runtime.inspection.onnx_operators import OPERATORS
from runtime.inspection.onnx_step import Demand, Known, Step, is_finite

CONVOLUTIONS = {"Conv": 1, "com.microsoft.FusedConv": 1, "QLinearConv": 3}  # the place of their weights
PRODUCTS = {"Gemm", "MatMul", "QLinearMatMul", "com.microsoft.FusedGemm", "com.microsoft.QGemm"}
MISFITS = (ValueError, IndexError, TypeError, ArithmeticError)


class _Graph:
    """What is known of a file's tensors while its operators are walked through, for one image."""

    def __init__(self, file: OnnxFile, operators: Mapping[str, Demand]) -> None:
        self.file = file
        self.operators = operators
        self.known = {
            name: Known(array.dtype.name, array.shape, settled=True, value=array)
            for name, array in file.constants.items()
        }
        self.names = set(self.known)  # also of tensors that nothing is known of
        self.multiplications = 0
        self.numbers = 0  # that are computed

    def step(self, node: Node) -> Step | None:
        """An operator with its inputs; None where nothing is known of one, since what makes it is refused already."""
        missing = [name for name in node.inputs if name and name not in self.names]
        if missing:
            raise Refused("order", f"{node.operator} before {missing[0]!r} is computed")
        if len(node.outputs) != 1 or not node.outputs[0] or node.outputs[0] in self.names:
            raise Refused("order", f"{node.operator} that gives {node.outputs}, which is not one new tensor")
        if any(name and name not in self.known for name in node.inputs):
            return None
        return Step(node, tuple(self.known[name] if name else None for name in node.inputs))

    def take(self, step: Step, given: Known) -> None:
        """Go on behind an operator."""
        limits.check_shape(*given.shape)
        self.known[step.node.outputs[0]] = given
        self.numbers += 0 if given.settled else math.prod(given.shape)
        if step.name in CONVOLUTIONS:
            weights = step.tensor(CONVOLUTIONS[step.name])
            self.multiplications += math.prod(weights.shape[1:]) * math.prod(given.shape)
        elif step.name in PRODUCTS:
            self.multiplications += math.prod(step.tensor(0).shape) * given.shape[-1]


def inspect_onnx(data: bytes) -> tuple[Contents, list[Finding]]:
    """What an `.onnx` file holds, and every rule that it breaks."""
    return _inspect(data, read_onnx, OPERATORS)


def inspect_ort(data: bytes) -> tuple[Contents, list[Finding]]:
    """What an `.ort` file holds, and every rule that it breaks."""
    from runtime.formats.ort_file import read_ort  # noqa: PLC0415 - few programs open such a file
    from runtime.inspection.ort_operators import OPERATORS as MORE  # noqa: PLC0415

    return _inspect(data, read_ort, MORE)


def _inspect(
    data: bytes, read: Callable[[bytes], OnnxFile], operators: Mapping[str, Demand]
) -> tuple[Contents, list[Finding]]:
    try:
        file = read(data)
    except Refused as error:
        return NOTHING, [Finding(error.rule, limits.label_line(str(error)))]
    graph = _Graph(file, operators)
    findings = [*_check_ends(graph), *_check_constants(file), *_check_steps(graph), *_check_declared(graph)]
    return _contents(file, graph), findings


def _check_ends(graph: _Graph) -> Iterator[Finding]:
    """The input and the output; the input's free lengths become 1."""
    file = graph.file
    if len(file.inputs) != 1 or len(file.outputs) != 1:
        yield Finding("ends", f"{len(file.inputs)} inputs and {len(file.outputs)} outputs")
        return
    taken = file.declared[0]
    if taken.name in graph.known or not taken.name:
        yield Finding("order", f"an input {taken.name!r} that is a constant too")
        return
    said = taken.shape or ()
    free = [axis for axis, length in enumerate(said) if not isinstance(length, int)]
    shape = tuple(length if isinstance(length, int) else 1 for length in said)
    if not shape or free not in ([], [0]) or min(shape) < 1:
        yield Finding("shape", f"an input of shape {taken.shape}")
        return
    try:
        limits.check_shape(*shape)
    except Refused as error:
        yield Finding(error.rule, str(error))
        return
    graph.names.add(taken.name)
    graph.known[taken.name] = Known("float32", shape)


def _check_constants(file: OnnxFile) -> Iterator[Finding]:
    used = {name for node in file.nodes for name in node.inputs}
    for name, array in file.constants.items():
        if not is_finite(array):
            yield Finding("not-finite", f"{limits.label(name)!r} holds what is no number")
        if 0 in array.shape:
            yield Finding("shape", f"{limits.label(name)!r} of shape {array.shape}")
        if name not in used:
            yield Finding("unused", f"nothing uses the constant {limits.label(name)!r}")


def _check_steps(graph: _Graph) -> Iterator[Finding]:
    """The operators in order."""
    for number, node in enumerate(graph.file.nodes):
        try:
            step = graph.step(node)
            demand = graph.operators.get(node.operator)
            if demand is None:
                words = f"operator {number}, {node.operator}, is not among those that are allowed"
                yield Finding("custom-operator" if "." in node.operator else "operator", words)
            elif step:
                _check_form(node, demand.inputs, demand.attributes)
                graph.take(step, demand.check(step))
        except Refused as error:
            yield Finding(error.rule, limits.label_line(f"operator {number}: {error}"))
        except MISFITS as error:
            yield Finding("shape", f"operator {number}, {node.operator}: {error}")
        graph.names.update(name for name in node.outputs if name)
    yield from check_sums(graph.multiplications, graph.numbers)


def _check_form(node: Node, inputs: tuple[int, int], attributes: frozenset[str]) -> None:
    """Refuse another number of inputs than the operator takes, and attributes that it does not have."""
    least, most = inputs
    if not least <= len(node.inputs) <= most:
        raise Refused("form", f"{node.operator} with {len(node.inputs)} inputs; it takes {least} to {most}")
    if strange := set(node.attributes) - attributes:
        raise Refused("options", f"{node.operator} with the attribute {min(strange)!r}")


def _check_declared(graph: _Graph) -> Iterator[Finding]:
    """What the file says of its tensors, against what they are."""
    file = graph.file
    for name in file.outputs:
        if name not in graph.names:
            yield Finding("order", "nothing computes the output")
    for value in file.declared:
        known = graph.known.get(value.name)
        if value.name not in graph.names:
            yield Finding("order", f"a shape for {limits.label(value.name)!r}, which is not there")
        elif known and not _agrees(value, known):
            words = f"{limits.label(value.name)!r} is {known.dtype} {known.shape}, not {value.dtype} {value.shape}"
            yield Finding("shape", limits.label_line(words))


def _agrees(value: Value, known: Known) -> bool:
    """Whether a tensor is what the file says; a free length may become anything."""
    if value.dtype is None or value.dtype.name != known.dtype:
        return False
    if value.shape is None:
        return True
    if len(value.shape) != len(known.shape):
        return False
    pairs = zip(value.shape, known.shape, strict=True)
    return all(not isinstance(said, int) or said == length for said, length in pairs)


def _contents(file: OnnxFile, graph: _Graph) -> Contents:
    constants: Counter[str] = Counter()
    for array in file.constants.values():
        constants[array.dtype.name] += array.size
    ends = tuple(map(_end, file.declared))
    return Contents(
        operators=dict(Counter(node.operator for node in file.nodes)),
        inputs=ends[: len(file.inputs)],
        outputs=ends[len(file.inputs) : len(file.inputs) + len(file.outputs)],
        tensors=len(graph.names),
        constants=dict(constants),
        multiplications=graph.multiplications,
        metadata={limits.label(key): limits.label(text) for key, text in file.metadata.items()},
        attached={},
    )


def _end(value: Value) -> End:
    shape = tuple(length if isinstance(length, int) else None for length in value.shape or ())
    return End(limits.label(value.name), value.dtype.name if value.dtype else "unknown", shape)
