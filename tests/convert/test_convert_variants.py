"""The names of the converted files."""

import pytest

from convert.variants import VARIANTS, choose_variants
from runtime.errors import UsageError


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("all", [variant.path for variant in VARIANTS]),
        ("int8.onnx", ["int8.onnx"]),
        ("float32.onnx, int8.tflite,float32.onnx,", ["int8.tflite", "float32.onnx"]),
    ],
    ids=["all", "one", "some, in the table's order"],
)
def test_variants_are_chosen_by_file_name(text: str, paths: list[str]) -> None:
    assert [variant.path for variant in choose_variants(text)] == paths


@pytest.mark.parametrize(
    ("text", "named"),
    [("int8", "int8"), ("all,int8.tflite", "all"), ("", "nothing"), ("float32.tflite,int4.onnx", "int4.onnx")],
)
def test_a_wrong_name_is_named_with_the_right_ones(text: str, named: str) -> None:
    with pytest.raises(UsageError, match=f"expected all or some of float32.tflite, .*int8.onnx; got {named}$"):
        choose_variants(text)
