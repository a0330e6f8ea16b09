"""The table in the terminal has every row, fits the screen, and shows names as they are."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from runtime.bench import Percentiles
from runtime.terminal import Talk
from runtime.verifying.figures import Words, spell, spell_times
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row
from runtime.verifying.table import ROOMY, tell

MakeReport = Callable[..., ParityReport]


def show(report: ParityReport, columns: int = 80, terminal: bool = False) -> str:
    """What a screen of so many columns shows, or a file where it is no terminal."""
    console = Talk(file=io.StringIO(), width=columns, force_terminal=terminal, no_color=True)
    tell(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_every_row_has_a_line_with_its_figures(make_report: MakeReport, every_row: list[Row]) -> None:
    lines = [" ".join(line.split()) for line in show(make_report(*every_row)).splitlines()]

    assert lines[0] == "tiny: converted files against Keras, 40 samples (hold-out)"
    for line in (
        "✓ float32.tflite litert 18,952 100.00 91.24–100.00 100.00 0 13.2 / 131",
        "✗ int8.tflite litert 9,872 95.00 83.50–98.62 95.00 2 (2) 9.0 / 10.0",
        "✗ int8.onnx onnxruntime 8,363 failed",
        "– int8.onnx litert 8,363 unsupported",
        "– int8.tflite tflite-runtime 9,872 not installed",
        "int8.tflite on litert: holdout: unexplained flips 2, at most 0 allowed",
        "int8.onnx on onnxruntime: int8.onnx: onnxruntime refuses it",
        "litert, unsupported: litert runs .tflite files only (int8.onnx)",
        "no parity",
    ):
        assert line in lines


@pytest.mark.parametrize(("columns", "interval"), [(ROOMY, True), (ROOMY - 1, False), (80, False)])
def test_intervals_are_shown_where_there_is_room(
    make_report: MakeReport, every_row: list[Row], columns: int, interval: bool
) -> None:
    text = show(make_report(*every_row), columns, terminal=True)

    assert ("91.24–100.00" in text) == interval
    assert "13.2 / 131" in text
    assert "…" not in text


def test_names_are_no_markup(make_report: MakeReport, right_row: Row, unsupported_row: Row) -> None:
    rows = (replace(right_row, file="[red]a.tflite"), replace(unsupported_row, refusal="needs [bold]more\x1b[2J"))
    text = show(make_report(*rows, name="[blink]b", notes=("[link]c",)))

    assert all(name in text for name in ("[red]a.tflite", r"needs [bold]more\x1b[2J", "[blink]b:", "[link]c"))
    assert text.rstrip().endswith("parity")


def test_glyphs_that_differ_are_told(make_report: MakeReport, right_row: Row) -> None:
    assert "preprocessing: 2 of 6 glyphs differ from the training's" in show(make_report(right_row, differing=2))


def test_figures_in_words(right_row: Row, unsupported_row: Row) -> None:
    assert spell(unsupported_row) == Words("8,363", "–", "–", "–", "–", "–")
    assert spell(replace(right_row, microseconds=None)).times == "–"


@pytest.mark.parametrize(
    ("p50", "p95", "text"),
    [(0.05, 9.94, "0.1 / 9.9"), (99.94, 99.95, "99.9 / 100"), (1234.5, 20_000.0, "1,234 / 20,000")],
)
def test_times_in_words(p50: float, p95: float, text: str) -> None:
    assert spell_times(Percentiles(p50, p95, p95)) == text
