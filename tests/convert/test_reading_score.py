"""Scores of readings: hand-made readings of hand-made truths, and the manifest they come from."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.reading.score import Score, match, overlap, score, total
from convert.reading.truth import Truth, WrittenDigit, read_truth
from runtime.errors import InputError, UsageError
from runtime.records import Box, Glyph, Line, Prediction, ReadDigit, Reading

BOXES = st.builds(Box, st.integers(0, 80), st.integers(0, 80), st.integers(1, 40), st.integers(1, 40))


def digit(value: int, box: Box, *, sure: bool = True) -> ReadDigit:
    probabilities = np.full(10, 0.01, np.float32)
    probabilities[value] = 0.91
    return ReadDigit(Glyph(box, np.zeros((28, 28), np.uint8)), Prediction(probabilities, 0.5 if sure else 0.99))


def place(index: int, row: int = 0) -> Box:
    return Box(10 + 30 * index, 10 + 60 * row, 20, 40)


def reading(*lines: str) -> Reading:
    """A reading of digits in a row of places; `x` is a place without a digit."""
    rows = []
    for row, text in enumerate(lines):
        digits = [digit(int(c), place(i, row)) for i, c in enumerate(text) if c != "x"]
        rows.append(Line(tuple(digits)))
    return Reading(tuple(rows))


def truth(*lines: str, boxes: bool = True, **others: object) -> Truth:
    numbers = tuple(tuple(None if c == "?" else int(c) for c in line) for line in lines)
    written = [WrittenDigit(place(i, r), d) for r, line in enumerate(numbers) for i, d in enumerate(line)]
    return Truth(Path("a_1.png"), "photo", numbers, tuple(written) if boxes else None, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize("boxes", [True, False], ids=["boxes", "text"])
@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (("123", "45"), ("123", "45"), (5, 0, 0, 2, 2)),
        (("123", "45"), ("123", "4x"), (4, 0, 1, 1, 2)),
        (("123",), ("173",), (2, 1, 1, 0, 1)),
        (("12",), ("123",), (2, 1, 0, 0, 1)),
        (("1?3",), ("173",), (3, 0, 0, 1, 1)),
    ],
    ids=["right", "missed", "wrong", "added", "unsure"],
)
def test_rows(wanted: tuple[str, ...], found: tuple[str, ...], expected: tuple[int, ...], boxes: bool) -> None:
    counts = score(truth(*wanted, boxes=boxes), reading(*found))

    right = expected[0] if boxes else expected[0] - sum(line.count("?") for line in wanted)  # by text they do not count
    assert (counts.right, counts.added, counts.missed, counts.lines_right, counts.lines) == (right, *expected[1:])
    assert counts.pictures == 1
    assert counts.pictures_right == (counts.added == 0 and counts.missed == 0)


def test_digits_the_reader_does_not_stand_by_do_not_count() -> None:
    unsure = Reading((Line((digit(1, place(0), sure=False),)),))

    assert score(truth("1"), unsure) == Score(missed=1, lines=1, pictures=1)


def test_scattered_digits_have_no_lines() -> None:
    counts = score(truth("12", boxes=False, scattered=True), reading("2", "1"))

    assert (counts.right, counts.missed, counts.lines) == (2, 0, 0)


def test_among_letters_additions_do_not_count() -> None:
    assert score(truth("12", distracting=True), reading("1234")).added == 0


def test_where_nothing_counts_nothing_is_added() -> None:
    assert score(truth("1", ignored=(place(2),)), reading("1x7")).added == 0


@pytest.mark.parametrize("printed", [False, True])
def test_pictures_without_handwriting(printed: bool) -> None:
    empty = Truth(Path("a.png"), "negative", (), None, printed=printed)

    counts = score(empty, reading("17"))

    assert (counts.false, counts.printed) == ((0, 2) if printed else (2, 0))
    assert counts.pictures == counts.right == 0


def test_each_digit_is_matched_once() -> None:
    twice = [place(0), Box(12, 12, 20, 40)]

    assert match(truth("1"), twice) == {0: 0}


@given(BOXES, BOXES)
def test_overlap_is_a_symmetric_share(first: Box, second: Box) -> None:
    shared = overlap(first, second)

    assert 0 <= shared <= 1
    assert shared == overlap(second, first)
    assert overlap(first, first) == 1


def test_scores_add_up() -> None:
    both = total([Score(right=3, added=1, missed=1), Score(right=1, missed=2)])

    assert both.precision == 0.8
    assert both.recall == pytest.approx(4 / 7)
    assert both.f1 == pytest.approx(8 / 12)
    assert total([]).f1 == 0


def test_a_manifest_is_read(tmp_path: Path) -> None:
    entries = [
        {"file": "files/x_1.png", "kind": "photo", "lines": ["12", "3?"], "boxes": [[1.4, 2, 3, 4, "1"]], "ignore": []},
        {"file": "n.png", "kind": "negative", "lines": [], "subset": "printed_digits"},
        {"file": "v.mp4", "kind": "video", "lines": ["1"]},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))

    photo, negative = read_truth(tmp_path / "manifest.json", ["photo", "negative"])

    assert photo.file == tmp_path / "files/x_1.png"
    assert photo.origin == "x"
    assert photo.lines == ((1, 2), (None,))
    assert photo.text == "12|?"
    assert photo.digits == (WrittenDigit(Box(1, 2, 3, 4), 1),)
    assert negative.printed
    assert negative.digits is None


PHOTO = {"file": "a.png", "kind": "photo", "lines": ["27"], "boxes": [[0, 0, 5, 5, "2"]]}


def test_unusual_kinds_and_odd_texts_are_taken(tmp_path: Path) -> None:
    entries = [
        PHOTO | {"kind": "blackboard", "lines": ["1 2-3"], "boxes": [[-1, 0, 5, 5, "7?"]], "layout": "scattered"}
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))

    (truth,) = read_truth(tmp_path, ["blackboard"])

    assert truth.lines == ((1, 2, 3),)
    assert truth.digits == (WrittenDigit(Box(-1, 0, 5, 5), None),)
    assert truth.scattered


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file": 5}, "file: expected the picture's name, got 5"),
        ({"file": None}, "file: expected the picture's name"),
        ({"lines": "2718"}, "lines: expected a list, got '2718'"),
        ({"lines": [2718]}, "lines: expected texts, got 2718"),
        ({"lines": ["?1"]}, "lines: expected a digit before each"),
        ({"lines": ["²"]}, "lines: expected the digits 0 to 9"),
        ({"boxes": "x"}, "boxes: expected a list"),
        ({"boxes": ["x"]}, "expected .left, top, width, height. in pixels, got 'x'"),
        ({"boxes": [[0, 0, 5]]}, "in pixels, got .0, 0, 5."),
        ({"boxes": [[float("inf"), 0, 5, 5, "1"]]}, "in pixels, got .inf"),
        ({"boxes": [[float("nan"), 0, 5, 5, "1"]]}, "in pixels, got .nan"),
        ({"boxes": [[10**400, 0, 5, 5, "1"]]}, "in pixels, got .1000"),
        ({"boxes": [[0, 0, -5, -5, "1"]]}, "a width and a height above 0"),
        ({"boxes": [[0, 0, 0.2, 5, "1"]]}, "a width and a height above 0"),
        ({"boxes": [[0, 0, 5, 5, "17"]]}, "boxes: expected a digit as label"),
        ({"boxes": [[0, 0, 5, 5]]}, "boxes: expected a digit as label"),
        ({"ignore": [[0, 0]]}, "ignore: expected"),
        ({"layout": 5}, "layout: expected rows or scattered, got 5"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
def test_a_wrong_field_is_named_with_its_picture(tmp_path: Path, change: dict[str, object], message: str) -> None:
    (tmp_path / "m.json").write_text(json.dumps([PHOTO, PHOTO | change]))

    with pytest.raises(InputError, match=rf"m\.json, picture 2: .*{message}") as caught:
        read_truth(tmp_path / "m.json", ["photo"])
    assert len(str(caught.value)) < 200 + len(str(tmp_path))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "5", '["a"]', "[{}]", '[{"kind": "photo"}]', '[{"kind": ["photo"]}]', "[" * 100_000, "9" * 5000],
    ids=lambda text: text[:12],
)
def test_other_files_are_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)

    with pytest.raises(InputError, match=r"m\.json"):
        read_truth(tmp_path / "m.json", ["photo"])


def test_a_kind_that_no_picture_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps([PHOTO]))

    with pytest.raises(UsageError, match=r"no pictures of the kind 'fotos'; some of photo, scan"):
        read_truth(tmp_path / "m.json", ["photo", "fotos"])
