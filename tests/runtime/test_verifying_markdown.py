"""The summary in Markdown has every row, what failed and what was not run, and no name in it becomes markup."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.verifying.gates import Gates, judge
from runtime.verifying.markdown import HEADER, RULE, escape, render_summary
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

MakeReport = Callable[..., ParityReport]


@pytest.fixture
def whole(make_report: MakeReport, every_row: list[Row]) -> ParityReport:
    return make_report(*every_row)


def table(text: str) -> list[list[str]]:
    """The cells of the table, row by row, without its header."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows[:2] == [HEADER, RULE]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def test_every_row_is_in_one_table(whole: ParityReport) -> None:
    rows = table(render_summary(whole))

    assert {len(row) for row in rows} == {HEADER.count("|") - 1}
    assert rows == [
        ["✓", "float32.tflite", "litert", "18,952", "100.00", "91.24–100.00", "100.00", "0", "13.2 / 131"],
        ["✗", "int8.tflite", "litert", "9,872", "95.00", "83.50–98.62", "95.00", "2 (2)", "9.0 / 10.0"],
        ["✗", "int8.onnx", "onnxruntime", "8,363", "failed", "", "", "", ""],
        ["–", "int8.onnx", "litert", "8,363", "unsupported", "", "", "", ""],
        ["–", "int8.tflite", "tflite-runtime", "9,872", "not installed", "", "", "", ""],
    ]


def test_verdict_reasons_and_circumstances_are_told(whole: ParityReport) -> None:
    text = render_summary(replace(whole, notes=("golden samples only: no pictures",)))

    assert text.startswith("## ✗ no parity: tiny\n")
    assert "Figures are of 40 samples (hold-out); Keras has 100.00 % right." in text
    assert "- **int8.tflite on litert**: holdout: unexplained flips 2, at most 0 allowed" in text
    assert "- **int8.onnx on onnxruntime**: int8.onnx: onnxruntime refuses it" in text
    assert "- litert, unsupported: litert runs .tflite files only (int8.onnx)" in text
    assert "**golden samples only: no pictures**" in text
    assert "litert 2.3.0; bundle aaaaaaaaaaaa" in text


def test_a_right_report_says_no_more_than_needed(make_report: MakeReport, right_row: Row) -> None:
    text = render_summary(make_report(right_row))

    assert text.startswith("## ✓ parity: tiny\n")
    assert "out of its limits" not in text
    assert "not run" not in text
    assert "Asked" not in text


def test_gates_and_glyphs_that_differ_are_told(make_report: MakeReport, right_row: Row) -> None:
    text = render_summary(judge(make_report(right_row, differing=2), Gates(flips=3, sizes=((None, 10),))))

    assert "Asked: flips ≤ 3, every file ≤ 10 bytes." in text
    assert "- **float32.tflite on litert**: 18952 bytes, at most 10 asked" in text
    assert "- preprocessing: 2 of 6 glyphs differ" in text


@given(st.text(max_size=60))
def test_names_and_messages_stay_text(text: str) -> None:
    """One line, and nothing that begins markup without a backslash before it."""
    escaped = escape(text)

    assert "\n" not in escaped
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>#|~&]", escaped)
    assert escaped.replace("\\", "") == " ".join(text.split()).replace("\\", "").encode("utf-8", "replace").decode()
