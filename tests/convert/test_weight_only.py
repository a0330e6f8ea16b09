"""Weights in 8 bits under a network that computes in float32."""

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from convert.weight_only import quantise_onnx_weights, quantise_weights
from runtime import backends
from runtime.backends import open_backend
from runtime.errors import MissingDependency
from runtime.manifest import ModelFile
from runtime.preprocess import to_input


def answers(data: bytes, path: str, images: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """What every installed engine gives for a file."""
    variant, kind = path.split(".")
    file = ModelFile(kind, variant, path, sha256(data).hexdigest(), len(data))
    engines = [name for name in backends.installed() if backends.runs_format(name, kind)]
    return {name: open_backend(data, file, name).predict(to_input(images)) for name in engines}


def weights(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    return {constant.name: onnx.numpy_helper.to_array(constant) for constant in model.graph.initializer}


def test_onnx_weights_lie_within_half_a_step_of_their_filter(models: Path) -> None:
    model = onnx.load(models / "float32.onnx")
    quantised = quantise_onnx_weights(model)
    before, after = weights(model), weights(quantised)
    restored = {node.input[0]: node for node in quantised.graph.node if node.op_type == "DequantizeLinear"}

    onnx.checker.check_model(quantised, full_check=True)
    assert len(restored) == 3  # two convolutions and a dense layer; the first convolution has 54 weights
    assert len(quantised.SerializeToString()) < 0.5 * len(model.SerializeToString())
    for name, node in restored.items():
        axis = node.attribute[0].i
        shape = [-1 if index == axis else 1 for index in range(before[name].ndim)]
        scales = after[f"{name}_scale"].reshape(shape)
        assert after[name].dtype == np.int8
        assert (np.abs(after[name] * scales - before[name]) <= 0.5001 * scales).all()
        assert (after[f"{name}_zero"] == 0).all()


def test_the_model_that_was_given_stays(models: Path) -> None:
    model = onnx.load(models / "float32.onnx")
    before = model.SerializeToString(deterministic=True)
    quantise_onnx_weights(model)

    assert model.SerializeToString(deterministic=True) == before


def test_small_weights_and_dead_filters_are_no_trouble() -> None:
    kernel = np.random.default_rng(1).normal(size=(8, 4, 3, 3)).astype(np.float32)
    kernel[2] = 0
    constants = {"kernel": kernel, "few": np.ones((8, 2), np.float32)}
    nodes = [
        onnx.helper.make_node("Conv", ["image", "kernel"], ["a"]),
        onnx.helper.make_node("GlobalAveragePool", ["a"], ["b"]),
        onnx.helper.make_node("Flatten", ["b"], ["c"]),
        onnx.helper.make_node("MatMul", ["c", "few"], ["probabilities"]),
    ]
    shapes = {"image": (1, 4, 8, 8), "probabilities": (1, 2)}
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shapes[name]) for name in shapes]
    initializers = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = onnx.helper.make_graph(nodes, "g", ends[:1], ends[1:], initializers)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])

    found = weights(quantise_onnx_weights(model))
    assert found["few"].dtype == np.float32
    assert found["kernel"].dtype == np.int8
    assert not found["kernel"][2].any()
    assert np.isfinite(found["kernel_scale"]).all()


def test_onnx_answers_stay_near(models: Path) -> None:
    images = np.load(models / "holdout.npz")["images"][:100]
    data = (models / "float32.onnx").read_bytes()
    new = quantise_onnx_weights(onnx.load_model_from_string(data)).SerializeToString(deterministic=True)
    expected = answers(data, "float32.onnx", images)["onnxruntime"]

    for engine, given in answers(new, "weights8.onnx", images).items():
        assert np.abs(given - expected).max() < 0.1, engine
        assert (given.argmax(axis=1) != expected.argmax(axis=1)).sum() <= 2, engine


def test_tflite_answers_stay_near(models: Path) -> None:
    pytest.importorskip("ai_edge_quantizer")
    images = np.load(models / "holdout.npz")["images"][:100]
    data = (models / "float32.tflite").read_bytes()
    new = quantise_weights(data)
    expected = answers(data, "float32.tflite", images)["litert"]

    assert new == quantise_weights(data)
    assert len(new) < 0.75 * len(data)
    for engine, given in answers(new, "weights8.tflite", images).items():
        assert np.abs(given - expected).max() < 0.1, engine


def test_without_the_quantiser_the_remedy_is_named(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_quantizer", None)
    with pytest.raises(MissingDependency, match=r"ai_edge_quantizer.*pip install '.\[quantise\]'"):
        quantise_weights((models / "float32.tflite").read_bytes())
