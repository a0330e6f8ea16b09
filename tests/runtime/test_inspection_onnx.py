"""`.onnx` files: sound ones keep every rule, and each kind of fault breaks the rule that names it."""

# ruff: noqa: ANN401 - protobuf's classes have no types

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime import manifest
from runtime.bundle import BUNDLES, shipped_bundles
from runtime.formats import limits
from runtime.inspection import inspect_bytes
from runtime.inspection.finding import Inspection

onnx = pytest.importorskip("onnx")

TESTS = Path(__file__).parents[1]
SOUND = [*TESTS.glob("models*/*.onnx"), *TESTS.glob("models/*/*.onnx")]
SOUND += [
    BUNDLES / name / file.path for name in shipped_bundles() for file in manifest.load(BUNDLES / name).converted()
]
SOUND = [path for path in SOUND if path.suffix == ".onnx"]
Change = Callable[[Any], None]


def inspect(data: bytes) -> Inspection:
    return inspect_bytes(data, "onnx", "x.onnx")


def load(name: str) -> Any:
    return onnx.load_model_from_string((TESTS / "models" / f"{name}.onnx").read_bytes())


@pytest.mark.parametrize("path", SOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_sound_files_keep_every_rule(path: Path) -> None:
    found = inspect(path.read_bytes())

    assert found.findings == ()
    assert found.contents.multiplications > 0


def test_what_is_in_a_file_is_told() -> None:
    found = inspect((TESTS / "models" / "int8.onnx").read_bytes())
    (taken,), (given,) = found.contents.inputs, found.contents.outputs

    assert (taken.name, taken.dtype, taken.shape) == ("image", "float32", (None, 28, 28, 1))
    assert (given.name, given.shape) == ("probabilities", (None, 10))
    assert found.contents.operators["Conv"] == 3
    assert found.contents.constants == {"int64": 6, "float32": 81, "int8": 3637}


def node(model: Any, kind: str) -> Any:
    return next(node for node in model.graph.node if node.op_type == kind)


def constant(model: Any, kind: str, place: int) -> Any:
    """The constant that the first operator of a kind has as an input."""
    name = node(model, kind).input[place]
    return next(tensor for tensor in model.graph.initializer if tensor.name == name)


def put(model: Any, kind: str, place: int, array: np.ndarray) -> None:
    found = constant(model, kind, place)
    found.CopyFrom(onnx.numpy_helper.from_array(array, found.name))


def set_attribute(kind: str, name: str, value: object) -> Change:
    def change(model: Any) -> None:
        found = node(model, kind)
        kept = [attribute for attribute in found.attribute if attribute.name != name]
        del found.attribute[:]
        found.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])

    return change


def set_field(path: str, value: object) -> Change:
    """A field of the first operator's node, or of the model."""

    def change(model: Any) -> None:
        place, name = path.split(".")
        setattr(model if place == "model" else node(model, place), name, value)

    return change


def external(model: Any) -> None:
    found = constant(model, "Conv", 1)
    found.ClearField("raw_data")
    found.data_location = onnx.TensorProto.EXTERNAL
    found.external_data.add(key="location", value="../../etc/passwd")


def location_alone(model: Any) -> None:
    constant(model, "Conv", 1).data_location = onnx.TensorProto.EXTERNAL


def function(model: Any) -> None:
    model.functions.add(name="f", domain="evil")


def training(model: Any) -> None:
    model.training_info.add()


def inner_graph(model: Any) -> None:
    node(model, "Relu").attribute.append(onnx.helper.make_attribute("body", onnx.GraphProto(name="inner")))


def sparse(model: Any) -> None:
    model.graph.sparse_initializer.add()


def metadata(model: Any) -> None:
    model.metadata_props.add(key="k", value="v" * (limits.METADATA_BYTES + 1))


def swap(model: Any) -> None:
    first, second = onnx.NodeProto(), onnx.NodeProto()
    first.CopyFrom(model.graph.node[1])
    second.CopyFrom(model.graph.node[2])
    model.graph.node[1].CopyFrom(second)
    model.graph.node[2].CopyFrom(first)


def twice(model: Any) -> None:
    model.graph.node[2].output[0] = model.graph.node[1].output[0]


def cycle(model: Any) -> None:
    model.graph.node[1].input[0] = model.graph.node[3].output[0]


def two_outputs(model: Any) -> None:
    model.graph.output.append(model.graph.output[0])


def two_constants(model: Any) -> None:
    model.graph.initializer.append(model.graph.initializer[0])


def free_inside(model: Any) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "height"


def other_declared(model: Any) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 11


def whole_ends(model: Any) -> None:
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT32


def few_bytes(model: Any) -> None:
    constant(model, "Conv", 1).raw_data = b"1234"


def not_finite(model: Any) -> None:
    weights = onnx.numpy_helper.to_array(constant(model, "Conv", 1)).copy()
    weights.flat[3] = np.inf
    put(model, "Conv", 1, weights)


def scale(value: float) -> Change:
    return lambda model: put(model, "QuantizeLinear", 1, np.array(value, np.float32))


def other_zero(model: Any) -> None:
    put(model, "QuantizeLinear", 2, np.array([1, 2], np.int8))


FAULTS: dict[str, tuple[str, Change, str, str]] = {
    "operator of another domain": ("float32", set_field("Relu.domain", "evil"), "custom-operator", "evil.Relu"),
    "operator of another kind": ("float32", set_field("Relu.op_type", "Loop"), "operator", "Loop"),
    "steering letters": ("float32", set_field("Relu.op_type", "R\x1b[2J"), "operator", "R?[2J"),
    "function": ("float32", function, "control-flow", "functions"),
    "graphs for training": ("float32", training, "control-flow", "training"),
    "graph in an operator": ("float32", inner_graph, "control-flow", "a graph inside"),
    "sparse constant": ("float32", sparse, "sparse", "sparse"),
    "constant elsewhere": ("float32", external, "external-data", "in another file"),
    "place elsewhere": ("float32", location_alone, "external-data", "in another file"),
    "much metadata": ("float32", metadata, "metadata", "bytes of metadata"),
    "old operators": ("float32", lambda m: setattr(m.opset_import[0], "version", 9), "operator-set", "operator set 9"),
    "wrong order": ("float32", swap, "order", "before"),
    "computed twice": ("float32", twice, "order", "not one new tensor"),
    "cycle": ("float32", cycle, "order", "before"),
    "two outputs": ("float32", two_outputs, "ends", "2 outputs"),
    "two constants of one name": ("float32", two_constants, "order", "one name"),
    "free height": ("float32", free_inside, "shape", "an input of shape"),
    "output declared otherwise": ("float32", other_declared, "shape", "not float32"),
    "whole ends": ("float32", whole_ends, "type", "float32 input"),
    "few bytes": ("float32", few_bytes, "constant", "4 bytes"),
    "no number": ("float32", not_finite, "not-finite", "what is no number"),
    "group 0": ("float32", set_attribute("Conv", "group", 0), "options", "groups"),
    "stride 0": ("float32", set_attribute("Conv", "strides", [0, 1]), "options", "strides"),
    "one stride": ("float32", set_attribute("Conv", "strides", [1]), "options", "expected 2 numbers"),
    "negative border": ("float32", set_attribute("Conv", "pads", [-1, 0, 0, 0]), "options", "borders"),
    "huge border": ("float32", set_attribute("Conv", "pads", [2**31, 0, 0, 0]), "options", "borders"),
    "another window": ("float32", set_attribute("Conv", "kernel_shape", [9, 9]), "shape", "window"),
    "attribute of another kind": ("float32", set_attribute("Conv", "group", "one"), "options", "of another kind"),
    "attribute of another operator": ("float32", set_attribute("Relu", "alpha", 1.0), "options", "attribute 'alpha'"),
    "one input too many": ("float32", lambda m: node(m, "Relu").input.append("image"), "form", "it takes 1 to 1"),
    "order of axes": ("float32", set_attribute("Transpose", "perm", [0, 1, 1, 2]), "shape", "the order"),
    "axis": ("float32", set_attribute("Softmax", "axis", 7), "shape", "axis 7"),
    "transposed weights": ("float32", set_attribute("Gemm", "transB", 1), "shape", "Gemm"),
    "new shape": ("float32", lambda m: put(m, "Reshape", 1, np.array([-1, 7, 7, 7])), "shape", "does not fit"),
    "scale 0": ("int8", scale(0.0), "quantisation", "no scale"),
    "infinite scale": ("int8", scale(np.inf), "quantisation", "no scale"),
    "zero points for no scales": ("int8", other_zero, "quantisation", "zero points"),
    "axis of the scales": ("int8", set_attribute("DequantizeLinear", "axis", 9), "shape", "axis"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_breaks_its_rule(fault: str) -> None:
    name, change, rule, words = FAULTS[fault]
    model = load(name)
    change(model)
    errors = inspect(model.SerializeToString()).errors

    assert rule in {error.rule for error in errors}
    assert any(words in error.found for error in errors if error.rule == rule), errors
    assert all(error.words.isprintable() for error in errors)


def test_a_graph_in_thousands_of_graphs_is_refused_at_once() -> None:
    inner = b""
    for _ in range(5000):
        size, length = len(inner), bytearray()
        while size >= 0x80:
            length.append(size & 0x7F | 0x80)
            size >>= 7
        inner = b"\x0a" + bytes([*length, size]) + inner  # a node, and a graph in it, and so on

    assert inspect(inner).errors
    assert inspect((TESTS / "models" / "float32.onnx").read_bytes() + b"\x3a" + inner).errors


def test_an_archive_behind_the_file_is_refused() -> None:
    data = (TESTS / "models" / "float32.onnx").read_bytes()

    assert [error.rule for error in inspect(data + b"PK\x03\x04" + bytes(40)).errors] == ["unknown-field"]


def test_what_is_too_much_for_one_image_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PRODUCTS", 50_000)
    monkeypatch.setattr(limits, "ACTIVATIONS", 1000)
    found = [error.found for error in inspect((TESTS / "models" / "float32.onnx").read_bytes()).errors]

    assert any("56244 multiplications" in words for words in found)
    assert any("numbers are computed" in words for words in found)


def test_properties_are_told_in_letters_fit_for_a_terminal() -> None:
    model = load("float32")
    model.metadata_props.add(key="digits.classes", value="0\x1b[2J")
    found = inspect(model.SerializeToString())

    assert found.findings == ()
    assert found.contents.metadata == {"digits.classes": "0?[2J"}
