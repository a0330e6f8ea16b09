"""The canonical form of ONNX graphs: the same network, named and ordered after its structure alone."""

import random

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from convert.onnx_graph import BATCH, INPUT, OUTPUT, canonical, free_batch

WEIGHTS = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
BIAS = np.array([1, 2, 3], np.float32)


def small_graph(batch: int = 1) -> onnx.ModelProto:
    """Two branches that meet: softmax(relu(x W) + sigmoid(x W) + b)."""
    nodes = [
        helper.make_node("Reshape", ["x:0", "shape__7"], ["flat"]),
        helper.make_node("MatMul", ["flat", "W"], ["product"]),
        helper.make_node("Relu", ["product"], ["left"]),
        helper.make_node("Sigmoid", ["product"], ["right"]),
        helper.make_node("Add", ["left", "right"], ["sum"]),
        helper.make_node("Add", ["sum", "b"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["Identity:0"], axis=1),
    ]
    constants = [
        numpy_helper.from_array(BIAS, "b"),
        numpy_helper.from_array(WEIGHTS, "W"),
        numpy_helper.from_array(np.array([1, 16], np.int64), "shape__7"),
        numpy_helper.from_array(WEIGHTS * 2, "never used"),
    ]
    taken = helper.make_tensor_value_info("x:0", TensorProto.FLOAT, [batch, 4, 4, 1])
    given = helper.make_tensor_value_info("Identity:0", TensorProto.FLOAT, [batch, 3])
    graph = helper.make_graph(nodes, "tf2onnx__17", [taken], [given], constants, doc_string="today")
    return helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 13)], producer_version="x")


def shuffle(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """The same network with other names, an unused node, constants and, where it may, nodes in another order."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    names |= {constant.name for constant in graph.initializer}
    numbers = rng.sample(range(1000), len(names))
    new = {name: f"t__{number}:0" for name, number in zip(sorted(names), numbers, strict=True)}
    for node in graph.node:
        node.name = f"node{rng.random()}"
        node.input[:] = [new[name] for name in node.input]
        node.output[:] = [new[name] for name in node.output]
    for value in (*graph.input, *graph.output, *graph.initializer):
        value.name = new[value.name]
    nodes, constants = list(graph.node), list(graph.initializer)
    nodes[2:4] = rng.sample(nodes[2:4], 2)
    nodes.insert(rng.randrange(2, 6), helper.make_node("Relu", [nodes[1].output[0]], ["nobody wants this"]))
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(rng.sample(constants, len(constants)))
    return model


def run(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: images})[0])


IMAGES = np.random.default_rng(1).random((5, 4, 4, 1), np.float32)


def test_names_tell_operator_and_place() -> None:
    graph = canonical(small_graph()).graph

    assert [node.name for node in graph.node] == [
        "000_reshape",
        "001_matmul",
        "002_relu",
        "003_sigmoid",
        "004_add",
        "005_add",
        "006_softmax",
    ]
    assert [constant.name for constant in graph.initializer] == ["000_reshape_1", "001_matmul_1", "005_add_1"]
    assert (graph.input[0].name, graph.output[0].name) == (INPUT, OUTPUT)


def test_the_answers_stay_the_same() -> None:
    model = small_graph()

    assert (run(canonical(model), IMAGES[:1]) == run(model, IMAGES[:1])).all()
    onnx.checker.check_model(canonical(model), full_check=True)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_form_does_not_depend_on_names_or_order(seed: int) -> None:
    expected = canonical(small_graph()).SerializeToString(deterministic=True)

    assert canonical(shuffle(small_graph(), seed)).SerializeToString(deterministic=True) == expected


def test_the_form_is_its_own_form() -> None:
    once = canonical(small_graph())

    assert canonical(once) == once


def test_other_numbers_give_other_bytes() -> None:
    model = small_graph()
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(BIAS + 1, "b"))

    assert canonical(model) != canonical(small_graph())


def test_nothing_tells_when_or_with_what_it_was_made() -> None:
    model = canonical(small_graph())

    assert (model.producer_name, model.graph.name, model.graph.doc_string) == ("digits", "digits", "")
    assert b"never used" not in model.SerializeToString()
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 13)]


def test_a_freed_batch_takes_any_number_of_images() -> None:
    model = small_graph()
    alone = np.concatenate([run(model, image[None]) for image in IMAGES])
    free_batch(model)
    freed = canonical(model)

    assert freed.graph.input[0].type.tensor_type.shape.dim[0].dim_param == BATCH
    assert freed.graph.output[0].type.tensor_type.shape.dim[0].dim_param == BATCH
    assert np.abs(run(freed, IMAGES) - alone).max() < 1e-6
    onnx.checker.check_model(freed, full_check=True)


def test_a_batch_that_is_not_freed_stays_fixed() -> None:
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument, match="Expected: 1"):
        run(canonical(small_graph()), IMAGES)


def test_a_chain_of_thousands_of_nodes_is_walked() -> None:
    """Recursion would end at a thousand."""
    nodes = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"]) for i in range(3000)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("t0", "t3000")]
    graph = helper.make_graph(nodes, "long", ends[:1], ends[1:])

    assert len(canonical(helper.make_model(graph)).graph.node) == 3000
