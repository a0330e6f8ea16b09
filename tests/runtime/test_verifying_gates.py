"""Gates ask more of a row than parity does, and name what does not give it."""

import argparse
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.arguments import Parser
from runtime.errors import UsageError
from runtime.verifying.gates import Gates, add_gate_options, check_names, describe_gates, judge, read_gates
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

MakeReport = Callable[..., ParityReport]


def parse(*words: str) -> Gates:
    parser = Parser("verify", "")
    add_gate_options(parser)
    return read_gates(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "gates", "document", "told"),
    [
        ("", Gates(), {}, []),
        ("--floor accuracy=.99", Gates((("accuracy", 0.99),)), {"floors": {"accuracy": 0.99}}, ["accuracy ≥ 0.99"]),
        (
            "--floor agreement=1 --floor samples=10000",
            Gates((("agreement", 1.0), ("samples", 10_000))),
            {"floors": {"agreement": 1.0, "samples": 10_000}},
            ["agreement ≥ 1", "samples ≥ 10000"],
        ),
        ("--max-flips 0", Gates(flips=0), {"max_flips": 0}, ["flips ≤ 0"]),
        (
            "--max-size 500000 --max-size int8.tflite=120000",
            Gates(sizes=((None, 500_000), ("int8.tflite", 120_000))),
            {"max_size": {"*": 500_000, "int8.tflite": 120_000}},
            ["every file ≤ 500,000 bytes", "int8.tflite ≤ 120,000 bytes"],
        ),
    ],
)
def test_what_a_command_line_asks_for(words: str, gates: Gates, document: dict[str, object], told: list[str]) -> None:
    assert parse(*words.split()) == gates
    assert gates.to_document() == document
    assert describe_gates(document) == told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--floor", "speed=1"), "expected one of accuracy, agreement, samples and its least value, got 'speed=1'"),
        (("--floor", "accuracy"), "expected a share from 0 to 1 such as accuracy=.99, got 'accuracy'"),
        (("--floor", "accuracy=99"), "expected a share from 0 to 1"),
        (("--floor", "accuracy=nan"), "expected a share from 0 to 1"),
        (("--floor", "samples=0"), "expected a whole number of at least 1"),
        (("--max-flips", "-1"), "expected a whole number of at least 1"),
        (("--max-size", "big"), "expected a whole number of at least 1, got 'big'"),
        (("--max-size", "int8.tflite="), "expected a whole number of at least 1, got ''"),
    ],
    ids=" ".join,
)
def test_mistakes_say_what_was_expected(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(*words)


def test_a_gate_on_a_file_that_is_not_there_is_a_mistake() -> None:
    gates = Gates(sizes=((None, 1), ("int4.tflite", 2)))

    with pytest.raises(
        UsageError, match=r"--max-size int4\.tflite: there is no such file; one of int8\.tflite, a\.onnx"
    ):
        check_names(gates, ["int8.tflite", "a.onnx"])
    check_names(gates, ["int4.tflite"])


@pytest.mark.parametrize(
    ("gates", "breaches"),
    [
        (Gates((("accuracy", 0.95),)), ()),
        (Gates((("accuracy", 0.96),)), ("holdout: accuracy 0.95, at least 0.96 asked",)),
        (Gates((("agreement", 0.999), ("samples", 41))), ("holdout: agreement 0.95, at least 0.999 asked",
                                                         "holdout: samples 40, at least 41 asked")),
        (Gates(flips=2), ()),
        (Gates(flips=1), ("holdout: flips 2, at most 1 asked",)),
        (Gates(sizes=((None, 9_872),)), ()),
        (Gates(sizes=((None, 9_871),)), ("9872 bytes, at most 9871 asked",)),
        (Gates(sizes=(("int8.tflite", 10_000), (None, 1))), ()),
        (Gates(sizes=(("other.tflite", 1),)), ()),
    ],
)  # fmt: skip
def test_each_gate_that_is_not_passed_is_named(
    make_report: MakeReport, flipped_row: Row, gates: Gates, breaches: tuple[str, ...]
) -> None:
    judged = judge(make_report(flipped_row), gates)

    assert judged.rows[0].breaches == breaches
    assert judged.gates == gates.to_document()


def test_a_right_row_fails_by_its_gate_alone(make_report: MakeReport, right_row: Row) -> None:
    report = make_report(right_row)

    assert report.passed
    assert judge(report, Gates()).passed
    assert not judge(report, Gates(sizes=((None, 1),))).passed


def test_rows_that_were_not_compared_have_no_figures_to_judge(
    make_report: MakeReport, right_row: Row, unsupported_row: Row, missing_row: Row, damaged_row: Row
) -> None:
    judged = judge(make_report(right_row, unsupported_row, missing_row, damaged_row), Gates((("agreement", 1.0),), 0))

    assert [row.breaches for row in judged.rows] == [()] * 4


def test_size_is_judged_where_a_file_is_used_or_else_everywhere(
    make_report: MakeReport, flipped_row: Row, missing_row: Row, unsupported_row: Row
) -> None:
    """A file that no engine here runs is still too large."""
    judged = judge(make_report(flipped_row, missing_row, unsupported_row), Gates(sizes=((None, 1),)))

    assert [bool(row.breaches) for row in judged.rows] == [True, False, True]
    assert [row.status for row in judged.rows] == ["failed", "not installed", "failed"]


@given(least=st.floats(0, 1), most=st.integers(0, 40), size=st.integers(1, 20_000))
def test_more_is_never_easier(make_report: MakeReport, flipped_row: Row, least: float, most: int, size: int) -> None:
    """What passes a gate passes every looser one, and exactly what is asked for is enough."""
    row = replace(flipped_row, checks=())
    strict = Gates((("accuracy", least), ("agreement", least)), most, ((None, size),))
    loose = Gates((("accuracy", least / 2),), most + 1, ((None, size + 1),))
    broken = [judge(make_report(flipped_row, row), gates).rows[0].breaches for gates in (strict, loose)]

    assert len(broken[1]) <= len(broken[0])
    assert (not broken[0]) == (least <= 0.95 and most >= 2 and size >= 9_872)


def test_other_options_stay_apart() -> None:
    parser = argparse.ArgumentParser()
    add_gate_options(parser)

    assert read_gates(parser.parse_args([])) == Gates()
