"""A report passes only where something was compared and nothing speaks against any row."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.parity import Comparison, Limits, ParityCheck
from runtime.verifying.gates import describe_gates
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

MakeReport = Callable[..., ParityReport]
TABLE = {
    "file", "backend", "size", "status", "passed", "reason", "data", "samples", "accuracy", "interval95", "agreement",
    "flips", "explained_flips", "unexplained_flips", "reference_accuracy", "microseconds", "seconds",
}  # fmt: skip
GATES = ["accuracy ≥ 0.99", "flips ≤ 10", "every file ≤ 500,000 bytes", "int8.tflite ≤ 120,000 bytes"]
CONTRACT = {
    "file", "backend", "samples", "accuracy", "reference_accuracy", "agreement", "flips", "unexplained_flips",
    "max_abs_difference", "mean_abs_difference", "limits", "passed", "worst",
}  # fmt: skip


def test_statuses(every_row: list[Row]) -> None:
    assert [row.status for row in every_row] == ["ok", "failed", "failed", "unsupported", "not installed"]
    assert [row.reasons for row in every_row] == [
        (),
        ("holdout: unexplained flips 2, at most 0 allowed",),
        ("int8.onnx: onnxruntime refuses it",),
        ("litert runs .tflite files only",),
        ("install it with: pip install x",),
    ]


def test_an_engine_that_is_known_to_refuse_a_kind_of_file_is_no_failure() -> None:
    check = ParityCheck("a", "tflite-runtime", "golden", Limits(), reason="lacks an operator", supported=False)
    row = Row("a", "tflite-runtime", 1, (check,))

    assert (row.status, row.reasons) == ("unsupported", ("lacks an operator",))


def test_a_gate_that_is_not_passed_fails_a_row(right_row: Row) -> None:
    row = replace(right_row, breaches=("18952 bytes, at most 10 asked",))

    assert (row.status, row.reasons) == ("failed", ("18952 bytes, at most 10 asked",))


def test_figures_are_of_the_holdout_where_it_is_at_hand(compared: Callable[[int], Comparison]) -> None:
    golden, holdout, background = (
        ParityCheck("a", "litert", data, Limits(), compared(flips))
        for flips, data in enumerate(("golden", "holdout", "background"))
    )

    assert Row("a", "litert", 1, (golden, holdout, background)).main == holdout
    assert Row("a", "litert", 1, (golden, background)).main == golden
    assert Row("a", "litert", 1).main is None


def test_a_row_is_out_of_its_limits_on_any_data(compared: Callable[[int], Comparison]) -> None:
    good = ParityCheck("a", "litert", "holdout", Limits(), compared(0))
    bad = ParityCheck("a", "litert", "background", Limits(flips=0), compared(1))
    row = Row("a", "litert", 1, (good, bad))

    assert (row.status, row.reasons) == ("failed", ("background: flips 1, at most 0 allowed",))
    assert row.comparison == good.comparison


def test_report_passes_only_if_something_was_compared_and_nothing_is_out(
    make_report: MakeReport, every_row: list[Row]
) -> None:
    right_row, flipped_row, damaged_row, unsupported_row, missing_row = every_row

    assert make_report(right_row, unsupported_row, missing_row).passed
    assert not make_report(right_row, flipped_row).passed
    assert not make_report(right_row, damaged_row).passed
    assert not make_report(unsupported_row, missing_row).passed
    assert not make_report().passed
    assert not make_report(right_row, differing=1).passed


def test_verdict_tells_gates_from_parity(make_report: MakeReport, right_row: Row, flipped_row: Row) -> None:
    small = replace(right_row, breaches=("18952 bytes, at most 10 asked",))

    assert make_report(right_row).verdict == "parity"
    assert make_report(small).verdict == "parity, but gates not passed"
    assert make_report(small, differing=1).verdict == "no parity"
    assert make_report(small, flipped_row).verdict == "no parity"
    assert make_report().verdict == "no parity"


def test_what_was_not_run_is_told_once_for_all_files_of_a_reason(
    make_report: MakeReport, every_row: list[Row], unsupported_row: Row
) -> None:
    report = make_report(*every_row, replace(unsupported_row, file="float32.onnx"))

    assert report.not_run == {
        ("litert", "unsupported", "litert runs .tflite files only"): ["int8.onnx", "float32.onnx"],
        ("tflite-runtime", "not installed", "install it with: pip install x"): ["int8.tflite"],
    }


def test_document_follows_the_contract(
    make_report: MakeReport, flipped_row: Row, damaged_row: Row, missing_row: Row
) -> None:
    document = make_report(flipped_row, damaged_row, missing_row).to_document()
    first, second = document["checks"]
    expected = {"schema": "digits.parity/1", "reference": "keras", "samples": 40, "passed": False}

    assert expected.items() <= document.items()
    assert set(first) >= CONTRACT
    assert set(first) == set(second)
    assert first["reason"] == "unexplained flips 2, at most 0 allowed"
    assert (second["samples"], second["accuracy"], second["worst"]) == (0, None, [])
    json.dumps(document, allow_nan=False)


def test_the_documented_example_has_the_fields_that_are_written(make_report: MakeReport, flipped_row: Row) -> None:
    text = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text("utf-8")
    example = json.loads(text.partition("## Parity")[2].partition("```json")[2].partition("```")[0])
    document = json.loads(json.dumps(make_report(flipped_row).to_document()))

    assert set(example) <= set(document)
    assert set(example["table"][0]) == set(document["table"][0])
    assert set(example["checks"][0]) == set(document["checks"][0])
    assert set(example["checks"][0]["flipped"][0]) == set(document["checks"][0]["flipped"][0])
    assert describe_gates(example["gates"]) == GATES


def test_table_has_every_row_with_the_same_fields(
    make_report: MakeReport, right_row: Row, flipped_row: Row, unsupported_row: Row
) -> None:
    table = make_report(right_row, flipped_row, unsupported_row).to_document()["table"]
    right, flipped, unsupported = table

    assert all(set(row) == TABLE for row in table)
    assert (right["passed"], right["reason"], right["agreement"]) == (True, None, 1.0)
    assert right["microseconds"] == {"p50": 13.2, "p95": 131.4, "p99": 200.0}
    assert (flipped["flips"], flipped["explained_flips"], flipped["unexplained_flips"]) == (2, 0, 2)
    assert (flipped["data"], flipped["samples"], flipped["accuracy"]) == ("holdout", 40, pytest.approx(0.95))
    assert flipped["interval95"][0] < 0.95 < flipped["interval95"][1]
    assert (unsupported["status"], unsupported["passed"], unsupported["flips"]) == ("unsupported", True, None)
