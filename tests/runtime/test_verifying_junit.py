"""The JUnit XML of a verification is what parsers of such files expect, whatever the names and messages in it."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.verifying.gates import Gates, judge
from runtime.verifying.junit import render_junit
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

MakeReport = Callable[..., ParityReport]
OUTCOMES = ("failure", "error", "skipped")
ALLOWED = {
    "testsuites": ({"testsuite"}, {"name", "tests", "failures", "errors", "skipped", "time"}),
    "testsuite": ({"properties", "testcase"}, {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}),
    "testcase": ({"properties", *OUTCOMES}, {"classname", "name", "time"}),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message", "type"}),
    "skipped": (set(), {"message"}),
}
"""Each element of the common schema that we use, with what may stand in it; what every parser reads."""


def parse(report: ParityReport) -> ElementTree.Element:
    return ElementTree.fromstring(render_junit(report).encode())  # noqa: S314 - our own


def check_schema(element: ElementTree.Element) -> None:
    children, attributes = ALLOWED[element.tag]
    assert {child.tag for child in element} <= children
    assert set(element.attrib) <= attributes
    for child in element:
        check_schema(child)


def check_counts(suite: ElementTree.Element) -> None:
    """Each case has one outcome at most, and the suite counts them."""
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases)
    assert all(sum(case.find(tag) is not None for tag in OUTCOMES) <= 1 for case in cases)
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name, "")) == sum(case.find(tag) is not None for case in cases)


@pytest.fixture
def whole(make_report: MakeReport, every_row: list[Row]) -> ParityReport:
    return make_report(*every_row, notes=("golden only",))


def test_structure_is_that_of_the_common_schema(whole: ParityReport) -> None:
    root = parse(whole)

    assert render_junit(whole).startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    check_schema(root)
    suite = root[0]
    check_counts(suite)
    assert {suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {"6", "1", "2"}
    assert suite.get("timestamp") == "2026-01-01T00:00:00"
    assert suite.get("time") == "0.750"
    names = [(case.get("classname"), case.get("name")) for case in suite.iter("testcase")]
    assert len(set(names)) == len(names)
    assert names[0] == ("float32.tflite", "float32.tflite on litert")


def test_figures_are_properties(whole: ParityReport) -> None:
    cases = parse(whole).findall(".//testcase")
    figures = [{entry.get("name"): entry.get("value") for entry in case.iter("property")} for case in cases]

    assert figures[1]["status"] == "failed"
    assert (figures[1]["size"], figures[1]["samples"], figures[1]["data"]) == ("9872", "40", "holdout")
    assert float(str(figures[1]["accuracy_low"])) < float(str(figures[1]["accuracy"])) == pytest.approx(0.95)
    assert (figures[1]["flips_explained"], figures[1]["flips_unexplained"]) == ("0", "2")
    assert (figures[1]["microseconds_p50"], figures[1]["microseconds_p95"]) == ("9.0", "10.0")
    assert figures[3] == {"status": "unsupported", "size": "8363"}


def test_failures_carry_the_message_and_every_unexplained_flip(whole: ParityReport) -> None:
    _, flipped, damaged, unsupported, missing, _ = parse(whole).findall(".//testcase")
    failure, error = flipped.find("failure"), damaged.find("error")

    assert failure is not None
    assert failure.get("message") == "holdout: unexplained flips 2, at most 0 allowed"
    assert str(failure.text).count("holdout sample") == 2
    assert "holdout sample 0, label 7: Keras 7, the file 8; margin 4.51, explained up to 0" in str(failure.text)
    assert error is not None
    assert error.get("message") == "int8.onnx: onnxruntime refuses it"
    assert [case.find("skipped").get("message") for case in (unsupported, missing)] == [  # type: ignore[union-attr]
        "unsupported: litert runs .tflite files only",
        "not installed: install it with: pip install x",
    ]


def test_what_was_asked_and_what_took_part_are_properties_of_the_suite(whole: ParityReport) -> None:
    suite = parse(judge(whole, Gates((("accuracy", 0.5),), 9)))[0]
    found = {entry.get("name"): entry.get("value") for entry in suite.findall("properties/property")}

    assert found == {
        "bundle": "tiny",
        "sha256": "a" * 64,
        "samples": "40",
        "gates": "accuracy ≥ 0.5, flips ≤ 9",
        "notes": "golden only",
        "litert": "2.3.0",
    }


@pytest.mark.parametrize("which", ["right", "flipped", "unsupported only", "nothing", "preprocessing", "gate"])
def test_suite_fails_exactly_if_the_verification_does(
    make_report: MakeReport, right_row: Row, flipped_row: Row, unsupported_row: Row, which: str
) -> None:
    """A build server sees failures and errors, never our exit code."""
    report = {
        "right": make_report(right_row, unsupported_row),
        "flipped": make_report(right_row, flipped_row),
        "unsupported only": make_report(unsupported_row),
        "nothing": make_report(),
        "preprocessing": make_report(right_row, differing=2),
        "gate": judge(make_report(right_row), Gates(sizes=((None, 1),))),
    }[which]
    suite = parse(report)[0]
    check_schema(suite)
    check_counts(suite)

    assert (suite.get("failures") == suite.get("errors") == "0") == report.passed == (which == "right")


@given(text=st.text(st.characters(categories=None), max_size=40))
def test_any_text_gives_sound_xml(make_report: MakeReport, damaged_row: Row, text: str) -> None:
    check = replace(damaged_row.checks[0], reason=f"it says {text}")
    root = parse(make_report(replace(damaged_row, checks=(check,)), name=text))
    error = root.find(".//error")

    check_schema(root)
    assert error is not None
    kept = "".join(c for c in text if c == "\ufffd" or (c.isprintable() and not "\ud800" <= c <= "\udfff"))
    assert all(c in str(error.get("message")) for c in kept)
