"""`.ort` files: sound ones keep every rule, and their edges and operators are looked at too."""

from pathlib import Path

import numpy as np
import pytest

from runtime.formats import limits
from runtime.formats.onnx_file import Node
from runtime.formats.ort_file import read_ort
from runtime.formats.refused import Refused
from runtime.inspection import inspect_bytes
from runtime.inspection.onnx_step import Known, Step
from runtime.inspection.ort_operators import OPERATORS

FOLDER = Path(__file__).parents[1] / "models" / "ort"
FLOAT = (FOLDER / "float32.ort").read_bytes()


@pytest.mark.parametrize("name", ["float32", "int8"])
def test_sound_files_keep_every_rule(name: str) -> None:
    found = inspect_bytes((FOLDER / f"{name}.ort").read_bytes(), "ort", f"{name}.ort")

    assert found.findings == ()
    assert found.contents.multiplications == 56244
    assert found.contents.inputs[0].shape == (None, 28, 28, 1)
    assert any(operator.startswith("com.microsoft.") for operator in found.contents.operators)


def test_the_graph_is_the_one_that_the_onnx_file_holds() -> None:
    graph = read_ort(FLOAT)
    with_weights = [node for node in graph.nodes if node.operator in ("com.microsoft.FusedConv", "Gemm")]

    assert [node.operator for node in with_weights] == [*["com.microsoft.FusedConv"] * 3, "Gemm"]
    assert sum(array.size for array in graph.constants.values() if array.dtype == np.float32) == 3632
    assert (graph.inputs, graph.outputs) == (("image",), ("probabilities",))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"ORTM", b"TFL3", "form"),
        (b"FusedConv\0", b"FusedEvil\0", "custom-operator"),
        (b"Softmax\0", b"Hardmax\0", "operator"),
        (b"CPUExecutionProvider\0", b"EvilExecutionProvide\0", "operator"),
        (b"002_relu_out\0", b"004_relu_out\0", "order"),
        (b"probabilities\0", b"probabilitieX\0", None),
    ],
    ids=["mark", "operator of its own", "operator", "provider", "name of a tensor", "name of the output"],
)
def test_faults_break_their_rules(old: bytes, new: bytes, rule: str | None) -> None:
    assert old in FLOAT
    errors = inspect_bytes(FLOAT.replace(old, new), "ort", "x.ort").errors

    assert [error.rule for error in errors][:1] == ([rule] if rule else [])


@pytest.mark.parametrize("tail", [b"PK\x03\x04 an archive", bytes(100)], ids=["archive", "zeros"])
def test_nothing_may_stand_behind_the_network(tail: bytes) -> None:
    assert [error.rule for error in inspect_bytes(FLOAT + tail, "ort", "x.ort").errors] == ["archive"]


def test_edges_must_be_those_of_the_names() -> None:
    """Each of the numbers that join operators, made another: refused, or read as the same graph."""
    sound = [(node.operator, node.inputs, node.outputs) for node in read_ort(FLOAT).nodes]
    rules = set()
    for place in range(24, 4000, 28):
        damaged = FLOAT[:place] + bytes([FLOAT[place] ^ 1]) + FLOAT[place + 1 :]
        try:
            found = read_ort(damaged)
        except Refused as error:
            rules.add(error.rule)
        else:
            assert len(found.nodes) == len(sound)

    assert {"form", "order"} <= rules


EIGHT, SCALE, ZERO = Known("int8", (1, 6, 14, 14)), np.array(0.5, np.float32), np.array(3, np.int8)


def constant(array: np.ndarray, settled: bool = True) -> Known:
    return Known(array.dtype.name, array.shape, settled, array)


def whole_convolution(**changes: Known) -> Known:
    """QLinearConv of (1, 6, 14, 14) with weights (10, 6, 3, 3)."""
    named = {
        "x": EIGHT,
        "x_scale": constant(SCALE),
        "x_zero": constant(ZERO),
        "w": constant(np.zeros((10, 6, 3, 3), np.int8)),
        "w_scale": constant(np.full(10, 0.5, np.float32)),
        "w_zero": constant(np.zeros(10, np.int8)),
        "y_scale": constant(SCALE),
        "y_zero": constant(ZERO),
        "b": constant(np.zeros(10, np.int32)),
    } | changes
    return OPERATORS["QLinearConv"].check(Step(Node("QLinearConv", (), (), {}), tuple(named.values())))


def test_whole_numbers_are_followed() -> None:
    found = whole_convolution()

    assert (found.dtype, found.shape) == ("int8", (1, 10, 12, 12))


def test_zero_points_that_are_left_out_stand_for_0() -> None:
    node = Node("QLinearConv", (), (), {})
    weights = constant(np.zeros((10, 6, 3, 3), np.int8))
    scales = constant(SCALE)
    inputs = (Known("uint8", (1, 6, 14, 14)), scales, None, weights, scales, constant(ZERO), scales, None)

    found = OPERATORS["QLinearConv"].check(Step(node, inputs))
    assert (found.dtype, found.shape) == ("uint8", (1, 10, 12, 12))


@pytest.mark.parametrize(
    "changes",
    [
        {"x_scale": constant(np.array(0, np.float32))},
        {"x_zero": constant(np.array(3, np.uint8))},
        {"x_scale": Known("float32", ())},
        {"w_scale": constant(np.full(9, 0.5, np.float32))},
        {"w_zero": constant(np.zeros(4, np.int8))},
        {"y_scale": constant(np.array(np.nan, np.float32))},
        {"w": constant(np.zeros((10, 5, 3, 3), np.int8))},
        {"x": Known("float32", (1, 6, 14, 14))},
        {"b": constant(np.zeros(3, np.int32))},
    ],
    ids=["scale 0", "format", "no constant", "scales", "zero points", "no number", "shape", "real", "bias"],
)
def test_whole_numbers_that_do_not_fit_are_refused(changes: dict[str, Known]) -> None:
    with pytest.raises(Refused) as caught:
        whole_convolution(**changes)
    assert caught.value.rule in ("quantisation", "shape", "type")


@pytest.mark.parametrize(
    "attributes",
    [{"activation": b"Evil"}, {"activation": b"Clip"}, {"activation": b"Relu", "activation_params": (1.0,)}],
    ids=["unknown", "no parameters", "too many parameters"],
)
def test_fused_activations_are_looked_at(attributes: dict[str, object]) -> None:
    image = Known("float32", (1, 6, 14, 14))
    weights = constant(np.zeros((10, 6, 3, 3), np.float32))
    node = Node("com.microsoft.FusedConv", (), (), attributes)  # type: ignore[arg-type]

    with pytest.raises(Refused, match=r"activation|Clip|Relu"):
        OPERATORS[node.operator].check(Step(node, (image, weights)))


def test_bounds_hold_here_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PRODUCTS", 50_000)

    assert [error.rule for error in inspect_bytes(FLOAT, "ort", "x.ort").errors] == ["limits"]
