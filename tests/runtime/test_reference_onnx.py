"""Each operator of `.onnx` files is computed as ONNX Runtime computes it, and what is not run is a clear error."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.backends.reference.graph import run_graph
from runtime.backends.reference.onnx_graph import BUILDERS, build_graph
from runtime.errors import ModelError
from runtime.formats.onnx_file import read_onnx
from runtime.inspection import inspect_bytes

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

Array = NDArray[Any]
RNG = np.random.default_rng(1)
IMAGES = (2, 3, 9, 8)


def numbers(*shape: int) -> Array:
    return RNG.normal(0, 1, shape).astype(np.float32)


def whole(*values: int) -> Array:
    return np.array(values, np.int64)


def scalar(value: float) -> Array:
    return np.array(value, np.float32)


def file_with(
    operator: str, shape: tuple[int, ...], others: tuple[Array | None, ...] = (), opset: int = 13, **attributes: object
) -> bytes:
    """An `.onnx` file of one operator: its first input is the network's, the others are constants."""
    names = ["taken", *("" if other is None else f"c{index}" for index, other in enumerate(others))]
    node = onnx.helper.make_node(operator, names, ["given"], **attributes)
    constants = [
        onnx.numpy_helper.from_array(other, f"c{index}") for index, other in enumerate(others) if other is not None
    ]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, lengths)
        for name, lengths in (("taken", shape), ("given", None))
    ]
    graph = onnx.helper.make_graph([node], "one", ends[:1], ends[1:], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)
    return bytes(model.SerializeToString())


def ours(data: bytes, given_input: Array) -> Array:
    """Our engine's output, of a file that keeps the rules of `digits inspect`."""
    assert [error.words for error in inspect_bytes(data, "onnx", "one").errors] == []
    return run_graph(build_graph(read_onnx(data), "one.onnx"), given_input)


def onnx_runtime(data: bytes, given_input: Array) -> Array:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"taken": given_input})[0])


CASES: dict[str, list[tuple[tuple[int, ...], tuple[Array | None, ...], dict[str, object]]]] = {
    "Conv": [
        (IMAGES, (numbers(5, 3, 3, 2), numbers(5)), {"kernel_shape": [3, 2]}),
        (IMAGES, (numbers(5, 3, 3, 3),), {"pads": [1, 0, 2, 1], "strides": [2, 1], "dilations": [1, 2]}),
        (IMAGES, (numbers(5, 3, 3, 3), numbers(5)), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        (IMAGES, (numbers(6, 1, 3, 3), numbers(6)), {"group": 3, "auto_pad": "VALID"}),
    ],
    "Gemm": [
        ((4, 6), (numbers(6, 5), numbers(5)), {}),
        ((4, 6), (numbers(5, 6), numbers(4, 1)), {"transB": 1, "alpha": 0.5, "beta": 2.0}),
        ((6, 4), (numbers(6, 5),), {"transA": 1}),
    ],
    "MatMul": [((4, 6), (numbers(6, 5),), {})],
    "MaxPool": [
        (IMAGES, (), {"kernel_shape": [2, 2], "strides": [2, 2]}),
        (IMAGES, (), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ],
    "AveragePool": [
        (IMAGES, (), {"kernel_shape": [2, 2], "strides": [2, 2]}),
        (IMAGES, (), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
        (IMAGES, (), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ],
    "GlobalAveragePool": [(IMAGES, (), {})],
    "GlobalMaxPool": [(IMAGES, (), {})],
    "Relu": [((3, 7), (), {})],
    "Sigmoid": [((3, 7), (), {})],
    "Tanh": [((3, 7), (), {})],
    "Elu": [((3, 7), (), {}), ((3, 7), (), {"alpha": 0.3})],
    "LeakyRelu": [((3, 7), (), {}), ((3, 7), (), {"alpha": 0.3})],
    "PRelu": [((3, 7), (numbers(7),), {})],
    "HardSigmoid": [((3, 7), (), {}), ((3, 7), (), {"alpha": 0.5, "beta": 0.1})],
    "Clip": [((3, 7), (scalar(-0.5), scalar(0.5)), {}), ((3, 7), (None, scalar(0.2)), {})],
    "Softmax": [((3, 7), (), {}), ((3, 7), (), {"axis": 0})],
    **{name: [(IMAGES, (numbers(8),), {})] for name in ("Add", "Sub", "Mul", "Div", "Max", "Min")},
    "ReduceMean": [(IMAGES, (), {"axes": [2, 3], "keepdims": 0}), (IMAGES, (), {})],
    "ReduceMax": [(IMAGES, (), {"axes": [-1]})],
    "ReduceSum": [(IMAGES, (whole(2, 3),), {"keepdims": 0})],
    "Flatten": [(IMAGES, (), {}), (IMAGES, (), {"axis": 2})],
    "Reshape": [(IMAGES, (whole(0, -1, 4),), {})],
    "Transpose": [(IMAGES, (), {"perm": [0, 2, 3, 1]}), ((3, 7), (), {})],
    "Squeeze": [((3, 1, 7), (whole(1),), {}), ((3, 1, 7), (), {})],
    "Unsqueeze": [((3, 7), (whole(0, 2),), {})],
    "Concat": [((3, 7), (numbers(3, 2),), {"axis": 1})],
    "Pad": [((3, 7), (whole(1, 0, 0, 2),), {}), ((3, 7), (whole(1, 0, 0, 2), scalar(3)), {"mode": "constant"})],
}
LISTED = [(operator, *case) for operator, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("operator", "shape", "others", "attributes"), LISTED, ids=[case[0] for case in LISTED])
def test_operators_give_what_onnx_runtime_gives(
    operator: str, shape: tuple[int, ...], others: tuple[Array | None, ...], attributes: dict[str, object]
) -> None:
    data = file_with(operator, shape, others, **attributes)
    fed = np.random.default_rng(2).normal(0, 1, shape).astype(np.float32)
    mine, theirs = ours(data, fed), onnx_runtime(data, fed)

    assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("count", [1, 7], ids=["one scale", "a scale for each"])
def test_numbers_go_into_steps_and_back_as_in_onnx_runtime(dtype: type[np.int8 | np.uint8], count: int) -> None:
    """Ties too, and numbers outside of what the dtype holds: bit for bit."""
    scales = np.linspace(0.01, 0.5, count).astype(np.float32)
    zero_points = np.arange(count).astype(dtype)
    if count == 1:
        scales, zero_points = scales[0], zero_points[0]
    constants = {"scale": np.asarray(scales), "zero": np.asarray(zero_points)}
    nodes = [
        onnx.helper.make_node("QuantizeLinear", ["taken", "scale", "zero"], ["whole"], axis=1),
        onnx.helper.make_node("DequantizeLinear", ["whole", "scale", "zero"], ["given"], axis=1),
    ]
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (400, 7)) for name in ("taken", "given")]
    listed = [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = onnx.helper.make_graph(nodes, "two", ends[:1], ends[1:], listed)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    fed = (np.random.default_rng(3).integers(-600, 600, (400, 7)) / 2 * scales).astype(np.float32)

    np.testing.assert_array_equal(ours(model.SerializeToString(), fed), onnx_runtime(model.SerializeToString(), fed))


def test_a_quantised_network_gives_what_onnx_runtime_gives_without_optimisation() -> None:
    """Nearly all answers to the last bits of float32; a number in the middle between two steps may go either way."""
    data = (Path(__file__).parents[1] / "models" / "int8.onnx").read_bytes()
    fed = np.random.default_rng(4).random((200, 28, 28, 1), np.float32)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    differences = np.abs(ours(data, fed) - session.run(None, {session.get_inputs()[0].name: fed})[0]).max(axis=1)

    assert (differences < 1e-6).mean() > 0.95
    assert differences.max() < 0.05


@pytest.mark.parametrize("form", ["raw", "listed"])
def test_constants_are_read_in_both_ways_that_files_hold_them(form: str) -> None:
    values = numbers(5)
    data = file_with("Add", (2, 5), (values,))
    if form == "listed":
        model = onnx.load_model_from_string(data)
        (constant,) = model.graph.initializer
        constant.ClearField("raw_data")
        constant.float_data.extend(values.tolist())
        data = model.SerializeToString()
    fed = np.zeros((2, 5), np.float32)

    np.testing.assert_array_equal(ours(data, fed), fed + values)


@pytest.mark.parametrize(
    ("operator", "attributes", "message"),
    [
        ("MaxPool", {"kernel_shape": [2, 2], "ceil_mode": 1}, "ceil_mode"),
        ("MaxPool", {"kernel_shape": [2, 2], "auto_pad": "SAME_LOWER"}, "auto_pad b'SAME_LOWER'"),
        ("MaxPool", {"kernel_shape": [2]}, r"a window of \(2,\)"),
        ("MaxPool", {"kernel_shape": [1000, 1000]}, "at most 4096 places"),
        ("Softmax", {"axis": 0.5}, "axis 0.5"),
        ("Relu", {"slope": 0.5}, "Relu with slope is not among what this engine runs"),
        ("Pad", {"mode": "reflect"}, "what lies at the border"),
    ],
    ids=["ceiling", "lower", "one axis", "huge", "no number", "unknown", "reflected"],
)
def test_kinds_of_operators_that_are_not_run_are_errors(
    operator: str, attributes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        graph = build_graph(read_onnx(file_with(operator, IMAGES, **attributes)), "one.onnx")
        run_graph(graph, np.zeros(IMAGES, np.float32))


@pytest.mark.parametrize("operator", ["LSTM", "Loop", "ConvTranspose"])
def test_unknown_operators_are_named_with_the_file(operator: str) -> None:
    data = file_with(operator, IMAGES)

    with pytest.raises(ModelError, match=rf"^net\.onnx: the reference engine does not know {operator}; take another"):
        build_graph(read_onnx(data), "net.onnx")


@pytest.mark.parametrize("opset", [12, 22, 1000])
def test_operator_sets_of_other_meaning_are_refused(opset: int) -> None:
    with pytest.raises(ValueError, match=f"operator set {opset}; expected 13 to 21"):
        read_onnx(file_with("Relu", (2, 3), opset=opset))


def spoilt(change: str) -> bytes:
    """A sound file with one thing in it that is refused."""
    model = onnx.load_model_from_string(file_with("Add", (2, 3), (numbers(3),)))
    constant = model.graph.initializer[0]
    if change == "external":
        constant.data_location = onnx.TensorProto.EXTERNAL
    elif change == "short":
        constant.raw_data = constant.raw_data[:-1]
    elif change == "huge":
        constant.dims[0] = 2**40
    elif change == "text":
        constant.data_type = onnx.TensorProto.STRING
    elif change == "function":
        model.functions.add().name = "own"
    elif change == "sparse":
        model.graph.sparse_initializer.add().dims.append(1)
    elif change == "domain":
        model.graph.node[0].domain = "com.microsoft"
    elif change == "order":
        model.graph.node[0].input[1] = "nothing"
    elif change == "whole":
        model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT32
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("external", "a constant in another file"),
        ("short", "11 bytes for a constant of float32"),
        ("huge", "at most .* numbers"),
        ("text", "a constant of type number 8"),
        ("function", "functions of its own"),
        ("sparse", "a sparse constant"),
        ("domain", "does not know com.microsoft.Add"),
        ("order", "the order of its operators is wrong at Add"),
        ("whole", "expected a float32 input and output"),
    ],
)
def test_files_with_what_is_not_read_are_errors(change: str, message: str) -> None:
    with pytest.raises((ValueError, ModelError), match=message):
        build_graph(read_onnx(spoilt(change)), "net.onnx")


def test_every_operator_that_is_run_is_tested_here() -> None:
    shown = Path(__file__).read_text()

    assert [name for name in BUILDERS if f'"{name}"' not in shown] == []


def test_names_out_of_a_file_do_not_steer_the_terminal() -> None:
    data = file_with("Ab\n\x1b[2Jcd", (2, 3))

    with pytest.raises(ModelError, match=r"^net\.onnx: the reference engine does not know Ab\?\?\[2Jcd; take"):
        build_graph(read_onnx(data), "net.onnx")
