"""One file on one engine becomes one row, whatever the engine does."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from runtime import backends
from runtime.answer_sheet import open_golden
from runtime.bundle import find_file, open_bundle
from runtime.verifying.asking import Task, fill_row
from runtime.verifying.material import Material
from runtime.verifying.row import Row

Fill = Callable[..., Row]


@pytest.fixture
def fill(models: Path) -> Fill:
    """Gives the row of a file of the tiny bundle on an engine, on the golden samples."""
    bundle = open_bundle(models)
    material = Material(bundle, (open_golden(bundle)[0],), {})

    def give(path: str, engine: str, installed: bool = True, crash: str | None = None) -> Row:
        return fill_row(material, Task(find_file(bundle, path), engine, installed), crash)

    return give


@pytest.mark.parametrize("engine", [name for name in ("onnxruntime", "opencv") if name in backends.installed()])
def test_a_row_has_its_figures_and_times(fill: Fill, engine: str) -> None:
    row = fill("float32.onnx", engine)

    assert (row.status, row.reasons, row.size) == ("ok", (), 15_931)
    assert [check.data for check in row.checks] == ["golden"]
    assert row.microseconds is not None
    assert 0 < row.microseconds.p50 <= row.microseconds.p95
    assert row.seconds > 0


@pytest.mark.parametrize(
    ("path", "engine", "installed", "status", "reason"),
    [
        ("float32.onnx", "litert", True, "unsupported", "litert runs .tflite files only"),
        ("float32.onnx", "litert", False, "unsupported", "litert runs .tflite files only"),
        ("int8.tflite", "litert", False, "not installed", "install it with: pip install '.[litert]'"),
        ("dynamic.tflite", "tflite-runtime", True, "unsupported", "its last release lacks FULLY_CONNECTED version 12"),
        ("dynamic.tflite", "tflite-runtime", False, "unsupported", "its last release lacks FULLY_CONNECTED"),
    ],
)
def test_what_is_not_asked_says_why(  # noqa: PLR0913, PLR0917
    fill: Fill, path: str, engine: str, installed: bool, status: str, reason: str
) -> None:
    row = fill(path, engine, installed)

    assert row.status == status
    assert row.reasons[0].startswith(reason)
    assert row.comparison is None
    assert row.microseconds is None


def test_a_pair_that_crashes_elsewhere_is_not_opened_here(fill: Fill) -> None:
    row = fill("float32.onnx", "opencv", crash="opencv ends the process (SIGSEGV)")

    assert (row.status, row.reasons) == ("failed", ("opencv ends the process (SIGSEGV)",))
    assert row.comparison is None


def test_roundings_that_cannot_be_followed_fail_their_row(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("Conv: operands do not\nfit")

    monkeypatch.setattr("runtime.rounding.excuse.disturb", refuse)
    row = fill("int8.onnx", "opencv")

    assert row.status == "failed"
    assert row.reasons == ("int8.onnx: its roundings cannot be followed (Conv: operands do not fit); convert it anew",)


@pytest.mark.skipif("onnxruntime" not in backends.installed(), reason="onnxruntime is not installed")
def test_whatever_an_engine_raises_fails_its_row(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one of another version, which lacks what we call."""
    package = ModuleType("onnxruntime")
    package.__spec__ = ModuleSpec("onnxruntime", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", package)
    row = fill("float32.onnx", "onnxruntime")

    assert row.status == "failed"
    assert row.reasons[0].startswith("float32.onnx: onnxruntime fails on it (AttributeError: module 'onnxruntime'")
