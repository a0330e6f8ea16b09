"""Each operator of `.tflite` files gives what LiteRT's reference kernels give: bit for bit in whole numbers."""

# ruff: noqa: ANN401 - the schema's classes have no types

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings
from numpy.typing import NDArray

from runtime.backends.reference.graph import run_graph
from runtime.backends.reference.tflite_graph import BUILDERS, build_graph
from runtime.errors import ModelError
from runtime.formats.tflite_file import read_tflite
from runtime.inspection import inspect_bytes

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
flatbuffers = pytest.importorskip("flatbuffers")
interpreter = pytest.importorskip("ai_edge_litert.interpreter")

Array = NDArray[Any]
TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "int8": 9}
SAME, VALID = 0, 1
NONE, RELU, RELU_LIMITED, RELU6, TANH = 0, 1, 2, 3, 4
SEEDS = st.integers(0, 2**32 - 1)


@dataclass(frozen=True, eq=False)
class Spec:
    """A tensor of a file with one operator."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    data: Array | None = None
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0


def options(kind: str, **values: object) -> Any:
    """One of the schema's tables of options."""
    made = getattr(schema, f"{kind}T")()
    for name, value in values.items():
        assert hasattr(made, name), name
        setattr(made, name, value)
    return made


def file_with(operator: str, made: Any, inputs: Sequence[Spec | None], output: Spec) -> bytes:
    """A `.tflite` file of one operator: its first input is the network's, the others are constants."""
    model, graph, code, step = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT(), schema.OperatorT()
    empty = schema.BufferT()
    empty.data = None
    model.version, model.buffers, model.subgraphs, model.operatorCodes = 3, [empty], [graph], [code]
    there = [spec for spec in inputs if spec]
    graph.tensors = [describe(spec, model.buffers) for spec in (*there, output)]
    graph.inputs, graph.outputs, graph.operators = [0], [len(there)], [step]
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
    step.opcodeIndex, step.outputs = 0, [len(there)]
    step.inputs = [there.index(spec) if spec else -1 for spec in inputs]
    if made is not None:
        step.builtinOptions = made
        step.builtinOptionsType = getattr(schema.BuiltinOptions, type(made).__name__.removesuffix("T"))
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def describe(spec: Spec, buffers: list[Any]) -> Any:
    """A tensor, with its contents put among `buffers`."""
    tensor = schema.TensorT()
    tensor.shape, tensor.type, tensor.buffer, tensor.name = list(spec.shape), TYPES[spec.dtype], 0, f"t{len(buffers)}"
    if spec.data is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(spec.data, spec.dtype).tobytes(), np.uint8)
        buffers.append(buffer)
        tensor.buffer = len(buffers) - 1
    if spec.scales:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = list(spec.scales)
        tensor.quantization.zeroPoint = list(spec.zero_points or (0,) * len(spec.scales))
        tensor.quantization.quantizedDimension = spec.axis
    return tensor


def litert(data: bytes, given_input: Array, operator: str = "") -> Array:
    """The output by LiteRT's reference kernels; ELU has but one kernel."""
    kinds = interpreter.OpResolverType
    reference = kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES if operator == "ELU" else kinds.BUILTIN_REF
    opened = interpreter.Interpreter(model_content=data, experimental_op_resolver_type=reference)
    opened.allocate_tensors()
    opened.set_tensor(opened.get_input_details()[0]["index"], given_input)
    opened.invoke()
    return np.asarray(opened.get_tensor(opened.get_output_details()[0]["index"]))


def ours(data: bytes, given_input: Array) -> Array:
    """Our engine's output, of a file that keeps the rules of `digits inspect`, but that some end in other numbers."""
    assert [error.words for error in inspect_bytes(data, "tflite", "one").errors if error.rule != "type"] == []
    return run_graph(build_graph(read_tflite(data), "one.tflite"), given_input)


def random_numbers(rng: np.random.Generator, spec: Spec) -> Array:
    """Numbers of all sizes that the dtype holds; real ones around 0."""
    if spec.dtype.startswith("float"):
        return (rng.normal(0, 2, spec.shape) * rng.choice([0.1, 1, 3])).astype(spec.dtype)
    limits = np.iinfo(spec.dtype)
    return rng.integers(limits.min, limits.max, spec.shape, endpoint=True).astype(spec.dtype)


def quantised(rng: np.random.Generator, shape: tuple[int, ...], spread: float = 1.0) -> Spec:
    """An int8 tensor in random steps."""
    step = float(np.float32(spread * rng.uniform(0.2, 2) / 128))
    return Spec(shape, "int8", None, (step,), (int(rng.integers(-128, 128)),))


def weights(rng: np.random.Generator, shape: tuple[int, ...], axis: int, filters: int, single: bool = False) -> Spec:
    """Symmetric int8 weights in steps of their own for each filter."""
    count = 1 if single else filters
    scales = tuple(float(np.float32(scale)) for scale in rng.uniform(0.001, 0.02, count))
    data = rng.integers(-127, 128, shape).astype(np.int8)
    return Spec(shape, "int8", data, scales, (0,) * count, axis)


def bias(rng: np.random.Generator, taken: Spec, factors: Spec, filters: int) -> Spec:
    scales = tuple(float(np.float32(taken.scales[0] * scale)) for scale in factors.scales)
    return Spec((filters,), "int32", rng.integers(-20000, 20000, filters), scales)


def check_whole(
    operator: str, made: Any, inputs: Sequence[Spec | None], output: Spec, rng: np.random.Generator
) -> None:
    """Bit for bit what LiteRT gives, for what an int8 tensor can hold."""
    data = file_with(operator, made, inputs, output)
    assert inputs[0] is not None
    fed = random_numbers(rng, inputs[0])

    np.testing.assert_array_equal(ours(data, fed), litert(data, fed, operator))


def check_real(operator: str, made: Any, inputs: Sequence[Spec | None], output: Spec, rng: np.random.Generator) -> None:
    """What LiteRT gives, but for the rounding of its sums in float32."""
    data = file_with(operator, made, inputs, output)
    assert inputs[0] is not None
    fed = random_numbers(rng, inputs[0])
    mine, theirs = ours(data, fed), litert(data, fed, operator)

    assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=2e-5 * max(1.0, float(np.abs(theirs).max(initial=0))))


CONVOLUTIONS = st.fixed_dictionaries(
    {
        "padding": st.sampled_from([SAME, VALID]),
        "strideH": st.integers(1, 3),
        "strideW": st.integers(1, 3),
        "dilationHFactor": st.integers(1, 2),
        "dilationWFactor": st.integers(1, 2),
        "fusedActivationFunction": st.sampled_from([NONE, RELU, RELU_LIMITED, RELU6]),
    }
)
WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 3))
IMAGES = st.tuples(st.integers(1, 3), st.integers(9, 12), st.integers(8, 11), st.integers(1, 4))


def places(length: int, size: int, stride: int, dilation: int, padding: int) -> int:
    """How many windows stand along an axis, by TensorFlow's formula."""
    return -(-(length - (0 if padding == SAME else (size - 1) * dilation)) // stride)


def after(shape: tuple[int, ...], window: tuple[int, int], made: dict[str, int], channels: int) -> tuple[int, ...]:
    rows = places(shape[1], window[0], made["strideH"], made.get("dilationHFactor", 1), made["padding"])
    columns = places(shape[2], window[1], made["strideW"], made.get("dilationWFactor", 1), made["padding"])
    return shape[0], rows, columns, channels


@given(seed=SEEDS, made=CONVOLUTIONS, window=WINDOWS, shape=IMAGES, single=st.booleans())
@settings(max_examples=25, deadline=None)
def test_convolution_in_whole_numbers(
    seed: int, made: dict[str, int], window: tuple[int, int], shape: tuple[int, ...], single: bool
) -> None:
    rng, filters = np.random.default_rng(seed), 5
    taken = quantised(rng, shape)
    factors = weights(rng, (filters, *window, shape[3]), 0, filters, single)
    added = bias(rng, taken, factors, filters)
    given_output = quantised(rng, after(shape, window, made, filters), spread=4)
    check_whole("CONV_2D", options("Conv2DOptions", **made), (taken, factors, added), given_output, rng)


@given(seed=SEEDS, made=CONVOLUTIONS, window=WINDOWS, shape=IMAGES, hybrid=st.booleans())
@settings(max_examples=25, deadline=None)
def test_convolution_in_real_numbers(
    seed: int, made: dict[str, int], window: tuple[int, int], shape: tuple[int, ...], hybrid: bool
) -> None:
    """With 8-bit weights the activations are quantised image by image, as in dynamic-range files."""
    rng, filters = np.random.default_rng(seed), 5
    form = (filters, *window, shape[3])
    factors = weights(rng, form, 0, filters) if hybrid else Spec(form, data=rng.normal(0, 0.5, form))
    added = Spec((filters,), data=rng.normal(0, 1, filters))
    output = Spec(after(shape, window, made, filters))
    check_real("CONV_2D", options("Conv2DOptions", **made), (Spec(shape), factors, added), output, rng)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "real"])
@pytest.mark.parametrize("multiplier", [1, 3])
@given(seed=SEEDS, made=CONVOLUTIONS, placed=st.tuples(WINDOWS, IMAGES))
@settings(max_examples=12, deadline=None)
def test_depthwise_convolution(
    whole: bool, multiplier: int, seed: int, made: dict[str, int], placed: tuple[tuple[int, int], tuple[int, ...]]
) -> None:
    window, shape = placed
    rng, channels = np.random.default_rng(seed), shape[3] * multiplier
    form, output = (1, *window, channels), after(shape, window, made, channels)
    chosen = options("DepthwiseConv2DOptions", depthMultiplier=multiplier, **made)
    if whole:
        taken, factors = quantised(rng, shape), weights(rng, form, 3, channels)
        inputs = (taken, factors, bias(rng, taken, factors, channels))
        check_whole("DEPTHWISE_CONV_2D", chosen, inputs, quantised(rng, output, spread=4), rng)
    else:
        factors = Spec(form, data=rng.normal(0, 0.5, form))
        added = Spec((channels,), data=rng.normal(0, 1, channels))
        check_real("DEPTHWISE_CONV_2D", chosen, (Spec(shape), factors, added), Spec(output), rng)


@given(
    seed=SEEDS, units=st.integers(1, 12), size=st.integers(1, 600), single=st.booleans(), activation=st.integers(0, 3)
)
@settings(max_examples=12, deadline=None)
def test_fully_connected_in_whole_numbers(seed: int, units: int, size: int, single: bool, activation: int) -> None:
    rng = np.random.default_rng(seed)
    taken = quantised(rng, (6, size))
    factors = weights(rng, (units, size), 0, units, single)
    made = options("FullyConnectedOptions", fusedActivationFunction=activation)
    inputs = (taken, factors, bias(rng, taken, factors, units))
    check_whole("FULLY_CONNECTED", made, inputs, quantised(rng, (6, units), spread=8), rng)


@pytest.mark.parametrize("kind", ["real", "hybrid", "hybrid asymmetric", "without a bias"])
@given(seed=SEEDS, single=st.booleans())
@settings(max_examples=20, deadline=None)
def test_fully_connected_in_real_numbers(kind: str, seed: int, single: bool) -> None:
    rng, form = np.random.default_rng(seed), (7, 90)
    hybrid = weights(rng, form, 0, 7, single)
    factors = hybrid if kind.startswith("hybrid") else Spec(form, data=rng.normal(0, 0.5, form))
    added = None if kind == "without a bias" else Spec((7,), data=rng.normal(0, 1, 7))
    made = options("FullyConnectedOptions", asymmetricQuantizeInputs=kind.endswith("asymmetric"))
    check_real("FULLY_CONNECTED", made, (Spec((5, 90)), factors, added), Spec((5, 7)), rng)


POOLS = st.fixed_dictionaries(
    {
        "padding": st.sampled_from([SAME, VALID]),
        "strideH": st.integers(1, 3),
        "strideW": st.integers(1, 3),
        "filterHeight": st.integers(1, 4),
        "filterWidth": st.integers(1, 3),
        "fusedActivationFunction": st.sampled_from([NONE, RELU, RELU6]),
    }
)


@pytest.mark.parametrize("operator", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "real"])
@given(seed=SEEDS, shape=IMAGES, made=POOLS)
@settings(max_examples=20, deadline=None)
def test_pooling(operator: str, whole: bool, seed: int, shape: tuple[int, ...], made: dict[str, int]) -> None:
    rng, chosen = np.random.default_rng(seed), options("Pool2DOptions", **made)
    output = after(shape, (made["filterHeight"], made["filterWidth"]), made, shape[3])
    if whole:
        taken = quantised(rng, shape)
        check_whole(operator, chosen, (taken,), Spec(output, "int8", None, taken.scales, taken.zero_points), rng)
    else:
        check_real(operator, chosen, (Spec(shape),), Spec(output), rng)


@given(seed=SEEDS, classes=st.integers(1, 40), beta=st.sampled_from([1.0, 0.5, 2.0]), size=st.floats(1e-3, 2.0))
@settings(max_examples=40, deadline=None)
def test_softmax_in_whole_numbers(seed: int, classes: int, beta: float, size: float) -> None:
    rng = np.random.default_rng(seed)
    taken = Spec((64, classes), "int8", None, (float(np.float32(size)),), (int(rng.integers(-128, 128)),))
    output = Spec((64, classes), "int8", None, (1 / 256,), (-128,))
    check_whole("SOFTMAX", options("SoftmaxOptions", beta=beta), (taken,), output, rng)


@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_softmax_in_real_numbers(beta: float) -> None:
    made = options("SoftmaxOptions", beta=beta)
    check_real("SOFTMAX", made, (Spec((30, 11)),), Spec((30, 11)), np.random.default_rng(1))


FUNCTIONS = ["LOGISTIC", "TANH", "ELU", "GELU", "RELU", "RELU6", "RELU_N1_TO_1"]


@pytest.mark.parametrize("operator", [*FUNCTIONS, "HARD_SWISH"])
def test_functions_of_real_numbers(operator: str) -> None:
    check_real(operator, None, (Spec((3, 500)),), Spec((3, 500)), np.random.default_rng(2))


@pytest.mark.parametrize("operator", [*FUNCTIONS, "LEAKY_RELU", "HARD_SWISH"])
@given(seed=SEEDS)
@example(seed=909)  # where a logistic function in float64 rounds one number of the table otherwise
@settings(max_examples=12, deadline=None)
def test_functions_of_whole_numbers(operator: str, seed: int) -> None:
    """Of every number that int8 holds, in random steps."""
    rng = np.random.default_rng(seed)
    taken = quantised(rng, (256,), spread=6)
    fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}.get(operator)
    output = Spec((256,), "int8", None, fixed[:1], fixed[1:]) if fixed else quantised(rng, (256,), spread=4)
    made = options("LeakyReluOptions", alpha=float(rng.uniform(0, 1))) if operator == "LEAKY_RELU" else None
    data = file_with(operator, made, (taken,), output)
    every = np.arange(-128, 128).astype(np.int8)

    np.testing.assert_array_equal(ours(data, every), litert(data, every, operator))


@pytest.mark.parametrize("alpha", [0.0, 0.1, 2.0])
def test_leaky_relu_of_real_numbers(alpha: float) -> None:
    made = options("LeakyReluOptions", alpha=alpha)
    check_real("LEAKY_RELU", made, (Spec((3, 50)),), Spec((3, 50)), np.random.default_rng(3))


def test_prelu_of_real_numbers() -> None:
    rng = np.random.default_rng(4)
    slopes = Spec((1, 1, 5), data=rng.normal(0, 1, (1, 1, 5)))
    check_real("PRELU", None, (Spec((2, 3, 4, 5)), slopes), Spec((2, 3, 4, 5)), rng)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_prelu_of_whole_numbers(seed: int) -> None:
    rng, shape = np.random.default_rng(seed), (2, 3, 4, 5)
    slopes = quantised(rng, (1, 1, 5))
    slopes = Spec(slopes.shape, "int8", random_numbers(rng, slopes), slopes.scales, slopes.zero_points)
    check_whole("PRELU", None, (quantised(rng, shape), slopes), quantised(rng, shape), rng)


@pytest.mark.parametrize("operator", ["REDUCE_PROD", "REDUCE_MAX"])
def test_reductions_of_numbers_that_count(operator: str) -> None:
    """Of lengths, as networks with a free batch compute their shapes."""
    along = Spec((1,), "int32", np.array([0]))
    data = file_with(
        operator, options("ReducerOptions", keepDims=False), (Spec((3,), "int32"), along), Spec((), "int32")
    )
    fed = np.array([2, 7, 5], np.int32)

    np.testing.assert_array_equal(ours(data, fed), litert(data, fed))


BROADCASTS = [((2, 3, 4, 5), (2, 3, 4, 5)), ((2, 3, 4, 5), (5,)), ((2, 3, 4, 5), (2, 1, 1, 5)), ((2, 5), ())]


@pytest.mark.parametrize("operator", ["ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM"])
@pytest.mark.parametrize("shapes", BROADCASTS, ids=str)
def test_two_tensors_of_real_numbers(operator: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    rng = np.random.default_rng(5)
    second = Spec(shapes[1], data=rng.uniform(0.5, 2, shapes[1]))
    kind = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions"}.get(operator)
    made = options(kind, fusedActivationFunction=RELU6) if kind else options("MaximumMinimumOptions")
    check_real(operator, made, (Spec(shapes[0]), second), Spec(shapes[0]), rng)


@pytest.mark.parametrize("operator", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("shapes", BROADCASTS[:3], ids=str)
@given(seed=SEEDS, activation=st.sampled_from([NONE, RELU, RELU6]))
@settings(max_examples=25, deadline=None)
def test_two_tensors_of_whole_numbers(
    operator: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], seed: int, activation: int
) -> None:
    rng = np.random.default_rng(seed)
    second = quantised(rng, shapes[1])
    second = Spec(second.shape, "int8", random_numbers(rng, second), second.scales, second.zero_points)
    made = options(f"{operator.title()}Options", fusedActivationFunction=activation)
    output = quantised(rng, shapes[0], spread=2)
    check_whole(operator, made, (quantised(rng, shapes[0]), second), output, rng)


@pytest.mark.parametrize("axes", [(1, 2), (-1,), (0, 3)], ids=str)
@pytest.mark.parametrize("keep", [True, False], ids=["kept", "dropped"])
@given(seed=SEEDS, side=st.integers(1, 14))
@settings(max_examples=12, deadline=None)
def test_means_of_whole_numbers(axes: tuple[int, ...], keep: bool, seed: int, side: int) -> None:
    rng, shape = np.random.default_rng(seed), (2, side, side, 3)
    along = Spec((len(axes),), "int32", np.array(axes))
    reduced = np.zeros(shape).sum(axis=axes, keepdims=keep).shape
    made = options("ReducerOptions", keepDims=keep)
    check_whole("MEAN", made, (quantised(rng, shape), along), quantised(rng, reduced), rng)


@pytest.mark.parametrize("operator", ["MEAN", "SUM", "REDUCE_MAX"])
@pytest.mark.parametrize("axes", [(1, 2), (-1,)], ids=str)
def test_reductions_of_real_numbers(operator: str, axes: tuple[int, ...]) -> None:
    along = Spec((len(axes),), "int32", np.array(axes))
    reduced = np.zeros((2, 5, 6, 3)).sum(axis=axes).shape
    made = options("ReducerOptions", keepDims=False)
    check_real(operator, made, (Spec((2, 5, 6, 3)), along), Spec(reduced), np.random.default_rng(6))


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_quantisation_of_real_numbers(seed: int) -> None:
    """With ties, and with numbers far outside of what int8 holds."""
    rng = np.random.default_rng(seed)
    output = quantised(rng, (2000,), spread=2)
    data = file_with("QUANTIZE", None, (Spec((2000,)),), output)
    halves = (rng.integers(-300, 300, 1000) + 0.5) * np.float32(output.scales[0])
    fed = np.concatenate([halves, rng.normal(0, 3, 1000)]).astype(np.float32)

    np.testing.assert_array_equal(ours(data, fed), litert(data, fed))


@pytest.mark.parametrize("dtypes", [("int8", "int8"), ("int8", "uint8"), ("uint8", "int8")], ids=str)
@given(seed=SEEDS)
@settings(max_examples=12, deadline=None)
def test_quantisation_of_whole_numbers(dtypes: tuple[str, str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = [quantised(rng, (500,)) for _ in dtypes]
    taken, output = (
        Spec((500,), dtype, None, spec.scales, (spec.zero_points[0] + 128 * (dtype == "uint8"),))
        for dtype, spec in zip(dtypes, ends, strict=True)
    )
    check_whole("QUANTIZE", None, (taken,), output, rng)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float16"])
def test_numbers_become_real_ones_exactly(dtype: str) -> None:
    scaled = ((0.037,), (3,)) if dtype != "float16" else ((), ())
    check_whole("DEQUANTIZE", None, (Spec((99,), dtype, None, *scaled),), Spec((99,)), np.random.default_rng(7))


@pytest.mark.parametrize("axis", [0, 3])
def test_weights_stored_in_steps_of_their_own_become_real_ones_exactly(axis: int) -> None:
    """As in files whose weights alone are quantised."""
    rng, shape = np.random.default_rng(11), (4, 3, 2, 5)
    count = shape[axis]
    scales = tuple(float(np.float32(scale)) for scale in rng.uniform(0.001, 0.02, count))
    taken = Spec(shape, "int8", None, scales, tuple(range(count)), axis)
    check_whole("DEQUANTIZE", None, (taken,), Spec(shape), rng)


MOVES = {
    "RESHAPE": (None, ((2, 3, 4), Spec((2,), "int32", np.array([-1, 6]))), (4, 6)),
    "TRANSPOSE": (None, ((2, 3, 4), Spec((3,), "int32", np.array([2, 0, 1]))), (4, 2, 3)),
    "EXPAND_DIMS": (None, ((2, 3), Spec((1,), "int32", np.array([1]))), (2, 1, 3)),
    "SQUEEZE": (("SqueezeOptions", {"squeezeDims": [1]}), ((2, 1, 3),), (2, 3)),
    "PAD": (None, ((2, 3), Spec((2, 2), "int32", np.array([[1, 2], [0, 1]]))), (5, 4)),
    "PADV2": (
        None,
        ((2, 3), Spec((2, 2), "int32", np.array([[0, 1], [1, 0]])), Spec((1,), data=np.array([7.0]))),
        (3, 4),
    ),
    "GATHER": (("GatherOptions", {"axis": 1}), ((2, 3), Spec((2,), "int32", np.array([2, 0]))), (2, 2)),
    "PACK": (("PackOptions", {"valuesCount": 2, "axis": 1}), ((2, 3), Spec((2, 3), data=np.ones((2, 3)))), (2, 2, 3)),
    "CONCATENATION": (("ConcatenationOptions", {"axis": 1}), ((2, 3), Spec((2, 1), data=np.ones((2, 1)))), (2, 4)),
    "STRIDED_SLICE": (
        ("StridedSliceOptions", {"beginMask": 1, "shrinkAxisMask": 2}),
        ((5, 4), *(Spec((2,), "int32", np.array(pair)) for pair in ([1, 2], [4, 3], [2, 1]))),
        (2,),
    ),
}


@pytest.mark.parametrize("operator", MOVES)
def test_operators_that_move_numbers(operator: str) -> None:
    made, (shape, *others), moved = MOVES[operator]
    chosen = options(made[0], **made[1]) if made else None
    check_whole(operator, chosen, (Spec(shape), *others), Spec(moved), np.random.default_rng(8))


def test_padding_in_whole_numbers_adds_what_stands_for_zero() -> None:
    rng = np.random.default_rng(9)
    taken = quantised(rng, (2, 3))
    borders = Spec((2, 2), "int32", np.array([[1, 2], [0, 1]]))
    check_whole("PAD", None, (taken, borders), Spec((5, 4), "int8", None, taken.scales, taken.zero_points), rng)


def test_shape_of_a_tensor() -> None:
    check_whole(
        "SHAPE", options("ShapeOptions", outType=2), (Spec((2, 3, 4)),), Spec((3,), "int32"), np.random.default_rng(1)
    )


@pytest.mark.parametrize("operator", ["RFFT2D", "WHILE", "LSTM", "CUSTOM"])
def test_unknown_operators_are_named_with_the_file(operator: str) -> None:
    data = file_with(operator, None, (Spec((2, 3)),), Spec((2, 3)))

    with pytest.raises(
        ModelError, match=rf"^net\.tflite: the reference engine does not know {operator}.*another engine"
    ):
        build_graph(read_tflite(data), "net.tflite")


@pytest.mark.parametrize(
    ("operator", "made", "inputs", "message"),
    [
        ("CONV_2D", ("Conv2DOptions", {"fusedActivationFunction": TANH}), "float32", "fused activation of number 4"),
        ("FULLY_CONNECTED", ("FullyConnectedOptions", {"keepNumDims": True}), "float32", "keeps the axes"),
        ("FULLY_CONNECTED", ("FullyConnectedOptions", {"weightsFormat": 1}), "float32", "shuffled"),
        ("CONV_2D", ("Conv2DOptions", {}), "int32", "CONV_2D of int32, int32 is not among what this engine runs"),
        ("CONV_2D", ("Conv2DOptions", {"strideH": 0}), "float32", "a window of"),
    ],
    ids=["activation", "axes", "shuffled", "dtype", "stride"],
)
def test_kinds_of_operators_that_are_not_run_are_errors(
    operator: str, made: tuple[str, dict[str, object]], inputs: str, message: str
) -> None:
    shape = (1, 4, 4, 1) if operator == "CONV_2D" else (4, 4)
    steps = {"strideH": 1, "strideW": 1} if operator == "CONV_2D" else {}
    specs = (Spec(shape, inputs), Spec(shape, inputs, np.ones(shape)))
    data = file_with(operator, options(made[0], **(steps | made[1])), specs, Spec(shape, inputs))

    with pytest.raises(ValueError, match=message):
        build_graph(read_tflite(data), "net.tflite")


def test_a_bias_in_other_steps_is_refused() -> None:
    """As a file with a wrong scale has it: engines refuse it too."""
    rng = np.random.default_rng(10)
    taken, factors = quantised(rng, (1, 4)), weights(rng, (3, 4), 0, 3)
    wrong = Spec((3,), "int32", np.ones(3), tuple(100 * scale for scale in factors.scales))
    data = file_with(
        "FULLY_CONNECTED", options("FullyConnectedOptions"), (taken, factors, wrong), quantised(rng, (1, 3))
    )

    with pytest.raises(ValueError, match="FULLY_CONNECTED with a bias in other steps than its sums"):
        build_graph(read_tflite(data), "net.tflite")


def test_every_operator_that_is_run_is_tested_here() -> None:
    shown = Path(__file__).read_text()

    assert [name for name in BUILDERS if f'"{name}"' not in shown] == []


def test_a_zero_point_outside_of_its_dtype_is_refused() -> None:
    """Sums would no longer be exact."""
    taken = Spec((1, 4), "int8", None, (0.1,), (300,))
    data = file_with("QUANTIZE", None, (Spec((1, 4)),), taken)

    with pytest.raises(ValueError, match="t1: a zero point of 300 outside of int8"):
        build_graph(read_tflite(data), "net.tflite")
