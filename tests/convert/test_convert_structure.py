"""What converted files are made of: right files pass, and each trap is found without a single image."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from convert.recipe import Recipe
from convert.structure import Expectation, Operator, Structure, Tensor, check_structure
from convert.variants import choose_variants, standard_recipes
from runtime.errors import ModelError

TINY_PARAMETERS = 72 + 8 + 864 + 12 + 7 * 7 * 12 * 10 + 10  # two folded convolutions and a dense layer
TINY = Expectation(TINY_PARAMETERS, classes=10, scaling=False, static_batch=False)
FLOAT32, INT8, UINT8 = choose_variants("float32.tflite,int8.tflite,uint8.tflite")
GOOD = Structure(
    inputs=(Tensor("float32", (None, 28, 28, 1)),),
    outputs=(Tensor("float32", (None, 10)),),
    operators=(Operator("CONV_2D", False), Operator("FULLY_CONNECTED", False), Operator("SOFTMAX", False)),
    constants={"float32": TINY_PARAMETERS},
)
QUANTISED = replace(
    GOOD,
    operators=tuple(Operator(operator.name, True) for operator in GOOD.operators),
    constants={"int8": TINY_PARAMETERS - 30, "int32": 30},
)


def read(folder: Path, variant: Recipe) -> Structure:
    """The structure of a file of the converted run."""
    from convert.onnx_structure import read_onnx
    from convert.tflite_structure import read_tflite

    data = (folder / variant.path).read_bytes()
    return (read_tflite if variant.format == "tflite" else read_onnx)(data, variant.path)


@pytest.mark.parametrize("variant", standard_recipes(), ids=lambda variant: variant.path)
def test_our_own_files_are_what_they_promise(converted_run: Path, variant: Recipe) -> None:
    structure = read(converted_run, variant)

    check_structure(structure, variant, TINY)
    assert sum(structure.constants.values()) < 1.2 * TINY_PARAMETERS


@pytest.mark.parametrize("variant", standard_recipes(), ids=lambda variant: variant.path)
def test_no_file_passes_for_another_number_format(converted_run: Path, variant: Recipe) -> None:
    structure = read(converted_run, variant)
    # A file with whole numbers inside also satisfies what is asked of "dynamic" weights.
    others = {"float32", "float16", "uint8", "int8"} - {variant.variant}

    for other in (v for v in standard_recipes() if v.format == variant.format and v.variant in others):
        with pytest.raises(ModelError, match=f"{other.path}: the converter wrote a wrong file"):
            check_structure(structure, other, TINY)


@pytest.mark.parametrize(("structure", "variant"), [(GOOD, FLOAT32), (QUANTISED, INT8)], ids=["float32", "int8"])
def test_a_right_structure_passes(structure: Structure, variant: Recipe) -> None:
    check_structure(structure, variant, TINY)


def with_operators(structure: Structure, *names: str) -> Structure:
    return replace(structure, operators=tuple(Operator(name, False) for name in names))


WRONG = {
    "no weights": (
        replace(GOOD, constants={"int32": 3}),
        FLOAT32,
        f"expected {TINY_PARAMETERS} weights in float32, got 0",
    ),
    "half the weights": (replace(GOOD, constants={"float32": 3000}), FLOAT32, "got 3000"),
    "weights left in float32": (replace(QUANTISED, constants=GOOD.constants), INT8, "weights in int8 and int32, got 0"),
    "computes in floating point": (
        replace(QUANTISED, operators=GOOD.operators),
        INT8,
        "CONV_2D, FULLY_CONNECTED computes in floating point",
    ),
    "normalisation not folded": (
        with_operators(GOOD, "CONV_2D", "MUL", "ADD"),
        FLOAT32,
        r"batch normalisation was not folded \(MUL\)",
    ),
    "operator of its own": (with_operators(GOOD, "CONV_2D", "CUSTOM"), FLOAT32, "unexpected operators CUSTOM"),
    "nothing with weights": (with_operators(GOOD, "RESHAPE", "SOFTMAX"), FLOAT32, "no operator has weights"),
    "other input": (
        replace(GOOD, inputs=(Tensor("float32", (None, 784)),)),
        FLOAT32,
        r"expected input float32 \(any, 28, 28, 1\), got float32 \(any, 784\)",
    ),
    "two inputs": (replace(GOOD, inputs=GOOD.inputs * 2), FLOAT32, r"got float32 \(any, 28, 28, 1\) and float32"),
    "no output": (replace(GOOD, outputs=()), FLOAT32, r"expected output float32 \(any, 10\), got nothing"),
    "eleven classes": (replace(GOOD, outputs=(Tensor("float32", (None, 11)),)), FLOAT32, r"got float32 \(any, 11\)"),
    "fixed batch": (
        replace(GOOD, inputs=(Tensor("float32", (1, 28, 28, 1)),)),
        FLOAT32,
        r"got float32 \(1, 28, 28, 1\)",
    ),
    "float output": (QUANTISED, UINT8, r"expected output uint8 \(any, 10\), got float32"),
}


@pytest.mark.parametrize(("structure", "variant", "message"), WRONG.values(), ids=WRONG)
def test_each_fault_is_named(structure: Structure, variant: Recipe, message: str) -> None:
    with pytest.raises(ModelError, match=rf"^{variant.path}: the converter wrote a wrong file: .*{message}"):
        check_structure(structure, variant, TINY)


def test_all_faults_are_named_at_once() -> None:
    empty = Structure((), (), (), {})

    with pytest.raises(ModelError, match=r"expected input .*expected output .*no operator .*weights in float32, got 0"):
        check_structure(empty, FLOAT32, TINY)


def test_a_network_that_scales_may_hold_scaling() -> None:
    check_structure(with_operators(GOOD, "MUL", "CONV_2D"), FLOAT32, replace(TINY, scaling=True))


def test_the_file_without_weights_is_refused(framework: ModuleType, tiny_model: Any) -> None:  # noqa: ANN401, ARG001
    """TensorFlow writes it from a concrete function of a Keras 3 model: 5 kB that answer 0.1 for every class."""
    from convert.quiet import quiet
    from convert.tflite_structure import read_tflite

    with quiet():
        import tensorflow as tf

        signature = tf.TensorSpec((None, 28, 28, 1), tf.float32)
        function = tf.function(tiny_model).get_concrete_function(signature)
        data = tf.lite.TFLiteConverter.from_concrete_functions([function], tiny_model).convert()

    assert len(data) < 4 * TINY_PARAMETERS
    with pytest.raises(ModelError, match=r"^float32\.tflite: a tensor that stands for what is kept .* \[state\]$"):
        read_tflite(data, "float32.tflite")


def test_a_normalisation_that_cannot_fold_is_counted_and_allowed(framework: ModuleType) -> None:
    from convert.keras_model import count_parameters, scales_activations
    from convert.quiet import quiet
    from convert.tflite import convert_to_tflite
    from convert.tflite_structure import read_tflite

    layers = framework.layers
    body = [layers.Conv2D(4, 3, activation="tanh"), layers.BatchNormalization(), layers.Flatten()]
    with quiet():
        model = framework.Sequential([framework.Input((28, 28, 1)), *body, layers.Dense(10, activation="softmax")])
        for normalisation in (layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)):
            normalisation.set_weights([np.linspace(1, 2, 4), np.ones(4), np.ones(4), np.linspace(2, 3, 4)])
        data = convert_to_tflite(model, FLOAT32, None)
    expected = Expectation(count_parameters(model), 10, scales_activations(model), static_batch=False)
    structure = read_tflite(data, "float32.tflite")

    check_structure(structure, FLOAT32, expected)
    with pytest.raises(ModelError, match="batch normalisation was not folded"):
        check_structure(structure, FLOAT32, replace(expected, scaling=False))


@pytest.mark.parametrize("damage", [0, 8, 100, 2000], ids="{} bytes".format)
def test_a_damaged_tflite_file_is_one_line(converted_run: Path, damage: int) -> None:
    from convert.tflite_structure import read_tflite

    data = (converted_run / "float32.tflite").read_bytes()[:damage]

    with pytest.raises(ModelError, match=r"^x\.tflite: .+; expected a whole file of its format.* \[form\]"):
        read_tflite(data, "x.tflite")


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\x08\x07"], ids=["empty", "noise", "no graph"])
def test_a_damaged_onnx_file_is_one_line(framework: ModuleType, data: bytes) -> None:  # noqa: ARG001
    from convert.onnx_structure import read_onnx

    with pytest.raises(ModelError, match=r"^x\.onnx: .+; expected .+ \[(form|operator-set)\]$") as caught:
        read_onnx(data, "x.onnx")
    assert "\n" not in str(caught.value)


def test_numbers_in_other_files_are_refused(converted_run: Path) -> None:
    """Such a file could make its reader open any file of the machine."""
    import onnx

    from convert.onnx_structure import read_onnx

    model = onnx.load(converted_run / "float32.onnx")
    constant = model.graph.initializer[1]
    constant.ClearField("raw_data")
    constant.data_location = onnx.TensorProto.EXTERNAL
    constant.external_data.add(key="location", value="../../etc/passwd")

    with pytest.raises(ModelError, match=r"^x\.onnx: a constant in another file; .* \[external-data\]$"):
        read_onnx(model.SerializeToString(), "x.onnx")
