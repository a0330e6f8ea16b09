"""Two machines' answers side by side: what counts as the same, and that every failure shows."""

from collections.abc import Callable
from typing import Any

import pytest
from arm.comparison import Row, compare, compare_answers, compare_clips, compare_pages, judge_parity

Make = Callable[[], dict[str, Any]]

TRUTH = {"plain.png": ["12", "3"], "dim.png": ["7"]}


def find(rows: list[Row], subject: str, engine: str) -> Row:
    return next(row for row in rows if (row.subject, row.engine) == (subject, engine))


def change(documents: Make, number: int, probabilities: list[list[float]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers of two machines, of which one has others in one place."""
    theirs = documents()["answers"]
    theirs["answers"][number]["probabilities"] = probabilities
    return theirs, documents()["answers"]


def test_a_machine_answers_like_itself(documents: Make) -> None:
    rows = compare(documents(), documents(), TRUTH)

    assert all(row.passed for row in rows)
    assert [row.what for row in rows] == ["answers"] * 6 + ["verify", "pages", "clip"]
    assert all(row.difference == 0 and row.note == "bit for bit" for row in rows if row.what == "answers")


@pytest.mark.parametrize(
    ("number", "probabilities", "passed", "differing"),
    [
        (0, [[0.75, 0.25], [0.25, 0.75]], True, 0),
        (0, [[0.75, 0.25], [0.625, 0.375]], False, 1),
        (1, [[0.75, 0.25], [0.25, 0.75]], False, 0),
        (2, [[0.25, 0.75], [0.75, 0.25]], False, 2),
        (2, [[0.7499999, 0.2500001], [0.375, 0.625]], True, 0),
    ],
    ids=["a step", "another class", "a step of the reference", "all other classes", "the last bits"],
)
def test_classes_must_agree_and_references_be_equal(
    documents: Make, number: int, probabilities: list[list[float]], passed: bool, differing: int
) -> None:
    row = list(compare_answers(*change(documents, number, probabilities)))[number]

    assert (row.passed, row.differing, row.samples) == (passed, differing, 2)
    assert row.difference > 0
    assert row.note == ("must be equal bit for bit" if number == 1 else "")


@pytest.mark.parametrize("name", ["theirs", "ours"])
def test_a_file_that_did_not_answer_fails(documents: Make, name: str) -> None:
    both = {"theirs": documents(), "ours": documents()}
    both[name]["answers"]["answers"][0] = {
        "bundle": "edge-nano",
        "file": "int8.tflite",
        "engine": "litert",
        "error": "?!",
    }
    row = find(compare(both["theirs"], both["ours"], TRUTH), "edge-nano/int8.tflite", "litert")

    assert not row.passed
    assert row.note == "?!"


def test_an_excused_engine_may_refuse_a_file_but_not_answer_otherwise(documents: Make) -> None:
    theirs, ours = change(documents, 2, [[0.25, 0.75], [0.75, 0.25]])
    other = list(compare_answers(theirs, ours, excused=("opencv",)))[2]
    theirs["answers"][2] = theirs["answers"][2] | {"error": "refuses it " * 20}
    refused = list(compare_answers(theirs, ours, excused=("opencv",)))[2]

    assert not other.passed
    assert (refused.passed, refused.samples) == (True, 0)
    assert len(refused.note) < 80
    assert not list(compare_answers(theirs, ours))[2].passed


def test_what_nobody_was_asked_here_fails(documents: Make) -> None:
    ours = documents()
    del ours["answers"]["answers"][0]
    row = find(compare(documents(), ours, TRUTH), "edge-nano/int8.tflite", "litert")

    assert not row.passed
    assert "nobody was asked" in row.note


def test_other_numbers_of_answers_fail(documents: Make) -> None:
    row = next(compare_answers(*change(documents, 0, [[0.75, 0.25]])))

    assert not row.passed
    assert "(1, 2) there and (2, 2) here" in row.note


@pytest.mark.parametrize("question", ["answers", "clip"])
def test_a_question_that_failed_fails(documents: Make, question: str) -> None:
    theirs = documents()
    theirs[question] = {"error": "ended with code 139"}
    rows = [row for row in compare(theirs, documents(), TRUTH) if row.what == question]

    assert [row.passed for row in rows] == [False]
    assert rows[0].note == "ended with code 139"


def test_verification_inside_is_taken_as_it_is(documents: Make) -> None:
    report = documents()["parity"]["edge-nano"]
    report["checks"].append({"file": "float32.onnx", "backend": "opencv", "passed": False, "reason": "flips 3"})
    report |= {"passed": False, "preprocessing": {"crops": 70, "differing": 17}}
    row = judge_parity("edge-nano", report)

    assert (row.passed, row.samples, row.differing) == (False, 2, 2)
    assert row.engine == "litert, opencv"
    assert row.note == "float32.onnx on opencv: flips 3; 17 of 70 glyphs differ"
    assert not judge_parity("edge-nano", {"error": "no such bundle"}).passed


def test_pages_need_the_same_text_and_boxes_are_told(documents: Make) -> None:
    theirs, ours = documents()["pages"]["litert"], documents()["pages"]
    theirs["dim.png"]["boxes"][0][2] += 2
    moved = compare_pages("litert", theirs, ours, TRUTH)
    theirs["dim.png"]["texts"] = ["7"]
    other = compare_pages("litert", theirs, ours, TRUTH)

    assert (moved.passed, moved.samples, moved.differing) == (True, 2, 0)
    assert moved.note == "1 read wholly right; boxes differ on 1 by at most 2 pixels"
    assert (other.passed, other.differing) == (False, 1)
    assert other.note.startswith("another text on dim.png; 2 read wholly right")


def test_pages_with_another_number_of_digits_are_told_without_pixels(documents: Make) -> None:
    theirs = documents()["pages"]["litert"]
    theirs["dim.png"]["boxes"] = []

    assert compare_pages("litert", theirs, documents()["pages"], TRUTH).note.endswith("boxes differ on 1")
    assert not compare_pages("onnxruntime", theirs, documents()["pages"], TRUTH).passed


@pytest.mark.parametrize(
    ("texts", "differing", "passed"),
    [
        (["12", "12", "123"], 0, True),
        (["12", "72", "123"], 1, False),
        (["12"], 2, False),
        (["12", "12", "123", "123"], 1, False),
    ],
    ids=["same", "another text", "fewer frames", "more frames"],
)
def test_every_frame_of_the_clip_counts(documents: Make, texts: list[str], differing: int, passed: bool) -> None:
    row = compare_clips({"texts": texts}, documents()["clip"])

    assert (row.differing, row.passed) == (differing, passed)


def test_a_clip_without_frames_proves_nothing() -> None:
    assert not compare_clips({"texts": []}, {"texts": []}).passed
