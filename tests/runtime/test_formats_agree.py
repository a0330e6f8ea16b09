"""Our readers of model files and the official packages find the same in every committed file, and in their schemas."""

# ruff: noqa: ANN401 - the official classes have no types

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from runtime.bundle import BUNDLES
from runtime.formats import onnx_schema, ort_schema, tflite_names, tflite_schema
from runtime.formats.flatbuffer import Choice, Layout
from runtime.formats.onnx_file import read_onnx
from runtime.formats.ort_file import read_ort
from runtime.formats.protobuf import Layout as MessageLayout
from runtime.formats.tflite_file import read_tflite

TESTS = Path(__file__).parents[1]
FILES = sorted([*TESTS.glob("models*/**/*.*"), *BUNDLES.glob("*/*.*")])
TFLITE, ONNX, ORT = ([path for path in FILES if path.suffix == suffix] for suffix in (".tflite", ".onnx", ".ort"))


def name(path: Path) -> str:
    return f"{path.parent.name}-{path.name}"


@pytest.fixture(scope="module")
def schema() -> Any:
    return pytest.importorskip("ai_edge_litert.schema_py_generated")


@pytest.mark.parametrize("path", TFLITE, ids=name)
def test_tflite_files_hold_what_their_schema_says(path: Path, schema: Any) -> None:
    data = path.read_bytes()
    ours, theirs = read_tflite(data), schema.ModelT.InitFromPackedBuf(data, 0)
    (graph,) = theirs.subgraphs

    assert len(ours.tensors) == len(graph.tensors)
    for mine, tensor in zip(ours.tensors, graph.tensors, strict=True):
        content = theirs.buffers[tensor.buffer].data
        assert mine.shape == tuple([] if tensor.shape is None else tensor.shape)
        assert mine.signature == tuple(mine.shape if tensor.shapeSignature is None else tensor.shapeSignature)
        assert mine.name == tensor.name.decode()[:80]
        assert (b"" if mine.data is None else mine.data.tobytes()) == (b"" if content is None else bytes(content))
        if mine.scaling:
            np.testing.assert_array_equal(mine.scaling.scales.astype(np.float32), tensor.quantization.scale)
            np.testing.assert_array_equal(mine.scaling.zero_points, tensor.quantization.zeroPoint)
    kinds = vars(schema.BuiltinOperator)
    for mine, step in zip(ours.operators, graph.operators, strict=True):
        assert kinds[mine.name] == theirs.operatorCodes[step.opcodeIndex].builtinCode
        assert (mine.inputs, mine.outputs) == (tuple(step.inputs), tuple(step.outputs))
        for title, value in zip(
            vars(step.builtinOptions) if step.builtinOptions else (),
            mine.options.values if mine.options else (),
            strict=False,
        ):
            assert value is None or np.array_equal(value, getattr(step.builtinOptions, title))
    assert [entry.name.decode() for entry in theirs.metadata] == list(ours.metadata)


@pytest.mark.parametrize("path", ONNX, ids=name)
def test_onnx_files_hold_what_the_onnx_package_reads(path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    data = path.read_bytes()
    ours, theirs = read_onnx(data), onnx.load_model_from_string(data)

    for mine, node in zip(ours.nodes, theirs.graph.node, strict=True):
        assert (mine.operator, mine.inputs, mine.outputs) == (node.op_type, tuple(node.input), tuple(node.output))
        for attribute in node.attribute:
            value = onnx.helper.get_attribute_value(attribute)
            assert mine.attributes[attribute.name] == (tuple(value) if isinstance(value, list) else value)
        assert len(mine.attributes) == len(node.attribute)
    assert list(ours.constants) == [tensor.name for tensor in theirs.graph.initializer]
    for tensor in theirs.graph.initializer:
        np.testing.assert_array_equal(ours.constants[tensor.name], onnx.numpy_helper.to_array(tensor))
    for value, said in zip(ours.declared, (*theirs.graph.input, *theirs.graph.output), strict=True):
        lengths = [d.dim_value if d.HasField("dim_value") else d.dim_param for d in said.type.tensor_type.shape.dim]
        assert (value.name, list(value.shape or ())) == (said.name, lengths)


@pytest.mark.parametrize("path", ORT, ids=name)
def test_ort_files_hold_what_their_schema_says(path: Path) -> None:
    pytest.importorskip("flatbuffers")
    sessions = pytest.importorskip("onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession")
    data = path.read_bytes()
    graph = sessions.InferenceSession.GetRootAs(data, 0).Model().Graph()
    theirs = [graph.Nodes(index) for index in range(graph.NodesLength())]
    ours = read_ort(data)

    found = {(node.operator.rpartition(".")[2], *node.inputs, *node.outputs) for node in ours.nodes}
    expected = {
        (
            node.OpType().decode(),
            *(node.Inputs(index).decode() for index in range(node.InputsLength())),
            *(node.Outputs(index).decode() for index in range(node.OutputsLength())),
        )
        for node in theirs
    }
    assert found == expected
    for index in range(graph.InitializersLength()):
        tensor = graph.Initializers(index)
        assert ours.constants[tensor.Name().decode()].tobytes() == tensor.RawDataAsNumpy().tobytes()


def layouts(layout: Layout, found: dict[str, Layout]) -> dict[str, Layout]:
    """A layout and all below it, by name."""
    if layout.name not in found:
        found[layout.name] = layout
        for field in layout.fields:
            below = vars(field).get("_layouts" if isinstance(field, Choice) else "_layout") if field else None
            for child in below.values() if isinstance(below, dict) else [below] if below else []:
                layouts(child, found)
    return found


def official_widths(module: ModuleType, table: str) -> dict[int, int]:
    """The bytes of each field of a table inside of it, by slot, from the writers that the schema's compiler made."""
    sizes = {"Bool": 1, "Int8": 1, "Uint8": 1, "Int32": 4, "Uint32": 4, "Float32": 4, "Int64": 8, "Uint64": 8}
    found = {}
    for title, writer in vars(module).items():
        if callable(writer) and title.startswith(f"{table}Add") and not title.startswith(f"{table}OptionsAdd"):
            kind, slot = re.findall(r"Prepend(\w+?)Slot\((\d+)", inspect.getsource(writer))[0]
            found[int(slot)] = sizes.get(kind, 4)
    return found


@pytest.mark.parametrize("table", sorted(layouts(tflite_schema.MODEL, {})))
def test_our_tflite_schema_is_the_official_one(table: str, schema: Any) -> None:
    ours = layouts(tflite_schema.MODEL, {})[table]
    theirs = official_widths(schema, table)
    known = {slot: field.width for slot, field in enumerate(ours.fields) if field}

    assert known.items() <= theirs.items()


def test_operators_and_their_options_have_the_official_numbers(schema: Any) -> None:
    kinds, options = vars(schema.BuiltinOperator), vars(schema.BuiltinOptions)

    assert all(kinds[title] == number for number, title in enumerate(tflite_names.NAMES) if title in kinds)
    assert all(options[title] == number for number, title in tflite_schema.LAYOUTS.items())
    assert set(tflite_schema.OPTIONS_OF) <= set(kinds)
    assert set(tflite_schema.OPTIONS_OF.values()) == set(tflite_schema.LAYOUTS.values())


@pytest.mark.parametrize("table", sorted(layouts(ort_schema.SESSION, {})))
def test_our_ort_schema_is_the_official_one(table: str) -> None:
    pytest.importorskip("flatbuffers")
    package = "onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs"
    pytest.importorskip(package)
    module = importlib.import_module(f"{package}.{table}")
    theirs = official_widths(module, table) or official_widths(module, "")
    known = {slot: field.width for slot, field in enumerate(layouts(ort_schema.SESSION, {})[table].fields) if field}

    assert theirs
    assert {slot: width for slot, width in known.items() if slot in theirs}.items() <= theirs.items()


MESSAGES = [layout for layout in vars(onnx_schema).values() if isinstance(layout, MessageLayout)]


@pytest.mark.parametrize("layout", MESSAGES, ids=lambda layout: layout.name)
def test_our_onnx_schema_is_the_official_one(layout: MessageLayout) -> None:
    onnx = pytest.importorskip("onnx")
    place = {"TypeProto.Tensor": onnx.TypeProto.Tensor, "Dimension": onnx.TensorShapeProto.Dimension}
    descriptor = (place.get(layout.name) or getattr(onnx, layout.name)).DESCRIPTOR
    theirs = {field.number: field for field in descriptor.fields}
    wires = {1: 1, 2: 5, 3: 0, 4: 0, 5: 0, 9: 2, 11: 2, 12: 2, 14: 0}  # of the official types

    assert set(layout.kinds) <= set(theirs)
    for number, kind in layout.kinds.items():
        if not kind.refused:
            assert kind.wires[0] == wires[theirs[number].type]
            assert kind.many == theirs[number].is_repeated
