"""`.tflite` files: sound ones keep every rule, and each kind of fault breaks the rule that names it."""

# ruff: noqa: ANN401 - the schema's classes have no types

import copy
import io
import zipfile
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

TESTS = Path(__file__).parents[1]
SOUND = [*TESTS.glob("models*/*.tflite"), *TESTS.glob("models/*/*.tflite")]
SOUND += [
    BUNDLES / name / file.path for name in shipped_bundles() for file in manifest.load(BUNDLES / name).converted()
]
SOUND = [path for path in SOUND if path.suffix == ".tflite"]
Change = Callable[[Any], None]


def inspect(data: bytes) -> Inspection:
    return inspect_bytes(data, "tflite", "x.tflite")


@pytest.fixture(scope="module")
def schema() -> Any:
    pytest.importorskip("flatbuffers")
    return pytest.importorskip("ai_edge_litert.schema_py_generated")


@pytest.fixture(scope="module")
def opened(schema: Any) -> dict[str, Any]:
    """Tiny models as the schema's own objects."""
    names = ("int8", "float32", "dynamic")
    data = {name: (TESTS / "models" / f"{name}.tflite").read_bytes() for name in names}
    return {name: schema.ModelT.InitFromObj(schema.Model.GetRootAs(data[name], 0)) for name in names}


def packed(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(2**16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize("path", SOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_sound_files_keep_every_rule(path: Path) -> None:
    found = inspect(path.read_bytes())

    assert found.findings == ()
    assert found.contents.operators
    assert found.contents.multiplications > 0


def test_what_is_in_a_file_is_told() -> None:
    found = inspect((TESTS / "models" / "uint8.tflite").read_bytes())
    (taken,), (given,) = found.contents.inputs, found.contents.outputs

    assert (taken.dtype, taken.shape, taken.zero_point) == ("uint8", (None, 28, 28, 1), 0)
    assert given.scale == pytest.approx(1 / 256)
    assert found.contents.operators["CONV_2D"] == 3
    assert found.contents.constants == {"int32": 41, "int8": 3594}
    assert found.contents.metadata["min_runtime_version"] == "1.14.0"
    assert found.size == 9880


def operator(model: Any, name: str, schema: Any) -> Any:
    """The first operator of a kind."""
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    wanted = codes.index(getattr(schema.BuiltinOperator, name))
    return next(step for step in model.subgraphs[0].operators if step.opcodeIndex == wanted)


def tensor(model: Any, step: Any, place: int) -> Any:
    """An operator's input, or its output for −1."""
    return model.subgraphs[0].tensors[step.outputs[0] if place < 0 else step.inputs[place]]


def change_layer(change: Callable[[Any, Any], None], kind: str = "CONV_2D") -> Callable[[Any, Any], None]:
    """A change of the first layer: of the model and the operator."""
    return lambda model, schema: change(model, operator(model, kind, schema))


def set_option(name: str, value: int, kind: str = "CONV_2D") -> Callable[[Any, Any], None]:
    return change_layer(lambda _, step: setattr(step.builtinOptions, name, value), kind)


def set_scale(place: int, value: float, kind: str = "CONV_2D") -> Callable[[Any, Any], None]:
    def change(model: Any, step: Any) -> None:
        scales = tensor(model, step, place).quantization.scale
        tensor(model, step, place).quantization.scale = np.full_like(scales, value)

    return change_layer(change, kind)


def set_zero_point(place: int, value: int) -> Callable[[Any, Any], None]:
    def change(model: Any, step: Any) -> None:
        quantization = tensor(model, step, place).quantization
        quantization.zeroPoint = np.full_like(quantization.zeroPoint, value)

    return change_layer(change)


def set_shape(place: int, shape: list[int]) -> Callable[[Any, Any], None]:
    return change_layer(lambda model, step: setattr(tensor(model, step, place), "shape", shape))


def custom(model: Any, schema: Any) -> None:
    code = model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = "evil\nop"


def rename(name: str) -> Callable[[Any, Any], None]:
    def change(model: Any, schema: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(127, code.builtinCode)

    return change


def sparse(model: Any, schema: Any) -> None:
    model.subgraphs[0].tensors[5].sparsity = schema.SparsityParametersT()


def second_graph(model: Any, schema: Any) -> None:  # noqa: ARG001
    model.subgraphs.append(copy.deepcopy(model.subgraphs[0]))


def far(model: Any, schema: Any) -> None:  # noqa: ARG001
    buffer = next(buffer for buffer in model.buffers if buffer.data is not None)
    buffer.offset, buffer.size = 4096, 100


def keep(model: Any, schema: Any) -> None:  # noqa: ARG001
    model.subgraphs[0].tensors[-1].isVariable = True


def not_finite(model: Any, schema: Any) -> None:
    step = operator(model, "CONV_2D", schema)
    buffer = model.buffers[tensor(model, step, 1).buffer]
    buffer.data = np.concatenate([np.frombuffer(b"\0\0\xc0\x7f", np.uint8), buffer.data[4:]])


def swap(model: Any, schema: Any) -> None:  # noqa: ARG001
    operators = model.subgraphs[0].operators
    operators[1], operators[2] = operators[2], operators[1]


def twice(model: Any, schema: Any) -> None:  # noqa: ARG001
    operators = model.subgraphs[0].operators
    operators[2].outputs = operators[1].outputs


def two_inputs(model: Any, schema: Any) -> None:  # noqa: ARG001
    model.subgraphs[0].inputs = [0, 0]


def huge(model: Any, schema: Any) -> None:  # noqa: ARG001
    taken = model.subgraphs[0].tensors[0]
    taken.shape = taken.shapeSignature = [1, 28000, 28000, 1]


def much_metadata(model: Any, schema: Any) -> None:
    entry, buffer = schema.MetadataT(), schema.BufferT()
    buffer.data = np.zeros(limits.METADATA_BYTES, np.uint8)
    entry.name, entry.buffer = "much", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata.append(entry)


FAULTS: dict[str, tuple[str, Callable[[Any, Any], None], str, str]] = {
    "operator that needs others' code": ("int8", custom, "custom-operator", "CUSTOM evil?op"),
    "operator of another kind": ("int8", rename("WHILE"), "operator", "WHILE"),
    "options of another operator": ("float32", rename("SOFTMAX"), "options", "SOFTMAX with Conv2DOptions"),
    "sparse tensor": ("int8", sparse, "sparse", "a sparse tensor"),
    "second graph": ("int8", second_graph, "control-flow", "got 2"),
    "contents elsewhere": ("int8", far, "external-data", "outside of the FlatBuffer"),
    "kept tensor": ("int8", keep, "state", "from one call to the next"),
    "no number": ("float32", not_finite, "not-finite", "what is no number"),
    "wrong order": ("int8", swap, "order", "before what it needs"),
    "computed twice": ("int8", twice, "order", "not one new tensor"),
    "two inputs": ("int8", two_inputs, "ends", "2 inputs"),
    "huge picture": ("float32", huge, "limits", "at most"),
    "much metadata": ("float32", much_metadata, "metadata", "bytes of metadata"),
    "stride 0": ("int8", set_option("strideH", 0), "options", "strides of"),
    "huge dilation": ("float32", set_option("dilationWFactor", 2**30), "options", "dilations of"),
    "unknown padding": ("int8", set_option("padding", 7), "options", "padding"),
    "unknown activation": ("int8", set_option("fusedActivationFunction", 5), "options", "activation"),
    "shuffled weights": ("int8", set_option("weightsFormat", 1, "FULLY_CONNECTED"), "options", "shuffled"),
    "negative beta": ("float32", set_option("beta", -1, "SOFTMAX"), "options", "parameter"),
    "scale 0": ("int8", set_scale(1, 0.0), "quantisation", "scales"),
    "negative scale": ("int8", set_scale(1, -1.0), "quantisation", "scales"),
    "infinite scale": ("int8", set_scale(-1, np.inf), "quantisation", "scales"),
    "tiny scale of the output": ("int8", set_scale(-1, 1e-15), "quantisation", "times its output's"),
    "bias in other steps": ("int8", set_scale(2, 0.5), "quantisation", "bias in other steps"),
    "softmax in other steps": ("int8", set_scale(-1, 1 / 128, "SOFTMAX"), "quantisation", "SOFTMAX whose output"),
    "zero point out of range": ("int8", set_zero_point(-1, 300), "quantisation", "zero point outside"),
    "zero point of weights": ("int8", set_zero_point(1, 3), "quantisation", "whose zero point is not 0"),
    "weights of another shape": ("int8", set_shape(1, [6, 3, 9, 1]), "constant", "bytes for a constant"),
    "weights in another order": ("float32", set_shape(1, [1, 3, 3, 6]), "shape", "CONV_2D"),
    "bias of another shape": ("float32", set_shape(2, [2, 3]), "shape", "with a bias"),
    "output of another shape": ("int8", set_shape(-1, [1, 14, 14, 7]), "shape", "with the signature"),
    "length 0": ("float32", set_shape(-1, [1, 0, 14, 6]), "shape", "signature"),
    "one scale too few": (
        "dynamic",
        change_layer(
            lambda model, step: setattr(
                tensor(model, step, 1).quantization, "scale", tensor(model, step, 1).quantization.scale[1:]
            ),
            "FULLY_CONNECTED",
        ),
        "quantisation",
        "scales",
    ),
    "other number format": (
        "float32",
        change_layer(lambda model, step: setattr(tensor(model, step, -1), "type", 2)),
        "type",
        "CONV_2D of float32, float32, float32, int32",
    ),
    "tensor that is not there": (
        "int8",
        change_layer(lambda _, step: setattr(step, "inputs", [0, 999, 2])),
        "form",
        "the tensors",
    ),
    "bias left out where it is needed": (
        "int8",
        change_layer(lambda _, step: setattr(step, "inputs", [step.inputs[0], -1, -1])),
        "form",
        "lacks its input 1",
    ),
    "picture as weights": (
        "float32",
        change_layer(lambda _, step: setattr(step, "inputs", [step.inputs[0], step.inputs[0], step.inputs[2]])),
        "type",
        "depends on the image",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_breaks_its_rule(opened: dict[str, Any], schema: Any, fault: str) -> None:
    name, change, rule, words = FAULTS[fault]
    model = copy.deepcopy(opened[name])
    change(model, schema)
    errors = inspect(packed(model)).errors

    assert rule in {error.rule for error in errors}
    assert any(words in error.found for error in errors if error.rule == rule), errors
    assert all("\n" not in error.words for error in errors)


def test_files_that_the_official_writer_packs_keep_the_rules(opened: dict[str, Any]) -> None:
    assert all(inspect(packed(model)).findings == () for model in opened.values())


def test_a_constant_that_nothing_uses_is_no_error(opened: dict[str, Any]) -> None:
    model = copy.deepcopy(opened["float32"])
    model.subgraphs[0].tensors.append(copy.deepcopy(model.subgraphs[0].tensors[1]))
    found = inspect(packed(model))

    assert [(finding.rule, finding.level) for finding in found.findings] == [("unused", "note")]
    assert found.errors == ()


DATA = (TESTS / "models" / "float32.tflite").read_bytes()


def archived(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    file.write(DATA)
    with zipfile.ZipFile(file, "a", compression) as archive:
        archive.comment = comment
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_the_labels_behind_a_file_are_told() -> None:
    found = inspect(archived({"labels.txt": b"0\n1\n", "digits.json": b"{}"}))

    assert found.findings == ()
    assert found.contents.attached == {"labels.txt": 4, "digits.json": 2}


@pytest.mark.parametrize(
    "data",
    [
        DATA + b"MZ\x90\x00 a program",
        DATA + bytes(1000),
        DATA + b"PK\x03\x04 no archive",
        DATA + bytes(8) + b"x" + archived({"labels.txt": b"0"})[len(DATA) :],
        archived({"labels.txt": b"0" * 5000}, zipfile.ZIP_DEFLATED),
        archived({"../labels.txt": b"0"}),
        archived({"sub/labels.txt": b"0"}),
        archived({f"{index}.txt": b"" for index in range(100)}),
        archived({"labels.txt": bytes(limits.METADATA_BYTES + 1)}),
        archived({"labels.txt": b"0"}, comment=b"more"),
        archived({"labels.txt": b"0" * 500}).replace(b"0" * 500, b"1" * 500),
    ],
    ids=[
        "a program",
        "zeros",
        "a stub",
        "something between",
        "compressed",
        "a way out",
        "folders",
        "many",
        "large",
        "a comment",
        "damaged",
    ],
)
def test_nothing_else_may_stand_behind_the_network(data: bytes) -> None:
    assert [error.rule for error in inspect(data).errors] == ["archive"]


def test_what_is_too_much_for_one_image_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PRODUCTS", 50_000)
    monkeypatch.setattr(limits, "ACTIVATIONS", 1000)
    rules = [error.found for error in inspect(DATA).errors]

    assert any("56244 multiplications" in found for found in rules)
    assert any("numbers are computed" in found for found in rules)
    monkeypatch.setattr(limits, "FILE_BYTES", 1000)
    assert [error.rule for error in inspect(DATA).errors] == ["limits"]


def test_constants_that_share_their_contents_many_times_are_refused(
    opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would be looked at in full, as often as it is referred to."""
    model = copy.deepcopy(opened["float32"])
    sizes = [0 if buffer.data is None else len(buffer.data) for buffer in model.buffers]
    largest = max(model.subgraphs[0].tensors, key=lambda tensor: sizes[tensor.buffer])
    model.subgraphs[0].tensors += [copy.deepcopy(largest) for _ in range(60)]
    data = packed(model)
    monkeypatch.setattr(limits, "FILE_BYTES", len(data))

    assert [error.rule for error in inspect(data).errors] == ["limits"]


def test_every_fault_is_told_at_once(opened: dict[str, Any], schema: Any) -> None:
    model = copy.deepcopy(opened["int8"])
    for name in ("stride 0", "zero point out of range", "softmax in other steps"):
        FAULTS[name][1](model, schema)

    assert {"options", "quantisation"} <= {error.rule for error in inspect(packed(model)).errors}
