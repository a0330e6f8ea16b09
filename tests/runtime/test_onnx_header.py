"""The shapes of an .onnx file are read from its bytes, and damaged bytes are one clear error."""

import contextlib
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from runtime.errors import ModelError
from runtime.formats.onnx_header import Shape, declared_shapes

MODELS = Path(__file__).parents[1] / "models"
FLOAT = (MODELS / "float32.onnx").read_bytes()


def message(number: int, content: bytes) -> bytes:
    """A length-delimited field with less than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def model(*values: bytes) -> bytes:
    return message(7, b"".join(values))


def value(number: int, *dimensions: bytes) -> bytes:
    shape = message(2, b"".join(message(1, dimension) for dimension in dimensions))
    return message(number, message(1, b"name") + message(2, message(1, b"\x08\x01" + shape)))


@pytest.mark.parametrize(
    ("path", "taken", "produced"),
    [
        ("float32.onnx", ("batch", 28, 28, 1), ("batch", 10)),
        ("int8.onnx", ("batch", 28, 28, 1), ("batch", 10)),
        ("static/float32.onnx", (1, 28, 28, 1), (1, 10)),
    ],
)
def test_shapes_of_real_files(path: str, taken: Shape, produced: Shape) -> None:
    assert declared_shapes((MODELS / path).read_bytes(), path) == (taken, produced)


def test_strangers_are_known_by_their_shapes() -> None:
    taken, produced = declared_shapes((MODELS / "strangers" / "numbers.onnx").read_bytes(), "numbers.onnx")

    assert (len(taken), taken[1], produced[1]) == (2, 4, 3)


@pytest.mark.parametrize("path", ["float32.onnx", "static/float32.onnx", "strangers/logits.onnx"])
def test_shapes_are_those_that_onnxruntime_tells(path: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession((MODELS / path).read_bytes(), providers=["CPUExecutionProvider"])
    taken, produced = declared_shapes((MODELS / path).read_bytes(), path)

    assert list(taken) == session.get_inputs()[0].shape
    assert list(produced) == session.get_outputs()[0].shape


def test_lengths_are_numbers_names_or_unknown() -> None:
    data = model(value(11, b"\x12\x01N", b"\x08\x80\x02", b""), value(12, b"\x08\x0a"))

    assert declared_shapes(data, "made") == (("N", 256, None), (10,))


def test_other_fields_of_the_model_are_passed_over() -> None:
    data = (
        b"\x08\x0a" + model(value(11, b"\x08\x01"), message(1, b"node"), value(12, b"\x08\x02")) + message(8, b"opset")
    )

    assert declared_shapes(data, "made") == ((1,), (2,))


@pytest.mark.parametrize(
    "values",
    [(), (value(11, b""),), (value(11), value(11), value(12))],
    ids=["neither", "no output", "two inputs"],
)
def test_one_input_and_one_output_are_expected(values: tuple[bytes, ...]) -> None:
    with pytest.raises(ModelError, match="made: expected one input and one output, got"):
        declared_shapes(model(*values), "made")


@pytest.mark.parametrize(
    "data",
    [b"", b"no model", b"\xff" * 100, b"\x3a\x7f", b"\x3b", b"\x08", FLOAT[: len(FLOAT) // 2]],
    ids=["empty", "text", "endless number", "length beyond the end", "group", "no value", "truncated"],
)
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"^made: (not a readable \.onnx file|expected one input)"):
        declared_shapes(data, "made")


@given(data=st.binary(max_size=200))
def test_any_bytes_give_shapes_or_one_clear_error(data: bytes) -> None:
    with contextlib.suppress(ModelError):
        taken, produced = declared_shapes(data, "made")

        assert isinstance(taken, tuple)
        assert isinstance(produced, tuple)


@given(place=st.integers(0, len(FLOAT) - 1), bits=st.integers(1, 255))
def test_any_damaged_byte_gives_shapes_or_one_clear_error(place: int, bits: int) -> None:
    damaged = bytearray(FLOAT)
    damaged[place] ^= bits
    with contextlib.suppress(ModelError):
        assert len(declared_shapes(bytes(damaged), "made")) == 2
