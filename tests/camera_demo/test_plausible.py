"""Readings that cannot be true are refused, each with its reason, and a counter only goes up."""

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.follower import NOTHING, Refusal, Scene
from camera_demo.plausible import Plausibility, Rules, objection
from camera_demo.reasons import Reason
from runtime.records import Reading

Write = Callable[..., Reading]


@pytest.mark.parametrize(
    ("rules", "digits", "reason"),
    [
        (Rules(), "123", None),
        (Rules(length=3), "123", None),
        (Rules(length=3), "12", Reason.WRONG_LENGTH),
        (Rules(pattern=re.compile(r"20\d\d")), "2021", None),
        (Rules(pattern=re.compile(r"20\d\d")), "20210", Reason.WRONG_PATTERN),
        (Rules(checksum="luhn"), "79927398713", None),
        (Rules(checksum="luhn"), "79927398710", Reason.WRONG_CHECKSUM),
        (Rules(length=2, checksum="gs1"), "123", Reason.WRONG_LENGTH),
    ],
)
def test_objections_to_a_line(rules: Rules, digits: str, reason: Reason | None) -> None:
    assert objection(rules, digits) == reason


def scene(reading: Reading, *, stable: bool = True) -> Scene:
    return Scene(reading, stable, None, 0.0)


def test_only_lines_that_can_be_true_are_left(written: Write) -> None:
    judged = Plausibility(Rules(length=4)).check(scene(written("2021\n37\n2019")), 0.0)

    assert (judged.stable, judged.reason, judged.reading.text) == (True, None, "2021\n2019")
    assert judged.refused == (Refusal("37", Reason.WRONG_LENGTH),)


def test_where_no_line_is_left_the_reason_stands_for_the_reading(written: Write) -> None:
    judged = Plausibility(Rules(length=5)).check(scene(written("2021\n37")), 0.0)

    assert (judged.stable, judged.reason, judged.reading) == (False, Reason.WRONG_LENGTH, NOTHING)
    assert [refusal.text for refusal in judged.refused] == ["2021", "37"]


def test_what_has_not_settled_is_left_alone(written: Write) -> None:
    unsettled = scene(written("1"), stable=False)

    assert Plausibility(Rules(length=5, counter=True)).check(unsettled, 0.0) is unsettled


def test_blanks_do_not_count(written: Write) -> None:
    reading = written("20__2_1____9")

    assert " " in reading.text
    assert Plausibility(Rules(length=5)).check(scene(reading), 0.0).stable


def count(written: Write, rules: Rules, values: Sequence[tuple[float, str]]) -> list[Reason | None]:
    """The reasons against a counter's values at times."""
    plausibility = Plausibility(rules)
    return [plausibility.check(scene(written(value)), seconds).reason for seconds, value in values]


LATE = [None, "back", "back", None]


@pytest.mark.parametrize(
    ("rules", "values", "reasons"),
    [
        (Rules(counter=True), [(0, "5"), (1, "7"), (2, "7"), (3, "6"), (4, "8")], [None, None, None, "back", None]),
        (Rules(counter=True, previous=100), [(0, "99"), (1, "100"), (2, "7")], ["back", None, "back"]),
        (Rules(counter=True, fastest=1.0), [(0, "5"), (1, "7"), (2, "90"), (90, "90")], [None, None, "fast", None]),
        (Rules(counter=True, fastest=0.1), [(0, "5"), (0.1, "6"), (0.2, "7"), (0.3, "9")], [None, None, None, "fast"]),
        (Rules(counter=True, fastest=0.1, previous=5), [(0, "5000"), (1, "6"), (40, "9")], ["fast", None, None]),
        (Rules(counter=True, doubt=5), [(0, "900"), (1, "100"), (5, "101"), (6, "102"), (7, "101")], [*LATE, "back"]),
        (Rules(counter=True, doubt=5), [(0, "900"), (1, "100"), (5, "900"), (6, "100")], [None, "back", None, "back"]),
        (Rules(counter=True, doubt=5), [(0, "900"), (1, "100"), (6.5, "100")], [None, "back", "back"]),
        (
            Rules(counter=True, doubt=5),
            [(0, "900"), (1, "300"), (4, "200"), (8, "200"), (9, "200")],
            [*LATE[:3], "back", None],
        ),
        (
            Rules(counter=True, doubt=3, fastest=1),
            [(0, "10"), (1, "90"), (2, "70"), (3, "71"), (4, "88"), (5, "89"), (7, "90")],
            [None, "fast", "fast", "fast", "fast", "fast", None],
        ),
        (Rules(counter=True), [(0, "5\n6"), (1, "5")], ["lines", None]),
        (Rules(counter=True, length=3), [(0, "500"), (1, "50"), (2, "501\n7")], [None, "length", None]),
    ],
    ids=[
        *("only up", "from where it stood", "not too fast", "one more at once", "counted from the start"),
        *("a misreading is got over", "a word in favour", "long unseen", "a falling rival", "a leaping rival"),
        *("one line", "others"),
    ],
)
def test_counters(written: Write, rules: Rules, values: list[tuple[float, str]], reasons: list[str | None]) -> None:
    names = {
        "back": Reason.BACKWARDS,
        "fast": Reason.TOO_FAST,
        "lines": Reason.SEVERAL_LINES,
        "length": Reason.WRONG_LENGTH,
        None: None,
    }

    assert count(written, rules, values) == [names[reason] for reason in reasons]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=12))
def test_what_a_counter_publishes_never_falls(written: Write, values: list[int]) -> None:
    plausibility = Plausibility(Rules(counter=True, fastest=20.0))
    published = []
    for number, value in enumerate(values):
        judged = plausibility.check(scene(written(str(value))), number)
        assert (judged.reason is None) == judged.stable == bool(judged.reading.text) == (not judged.refused)
        published += [int(judged.reading.text)] if judged.stable else []

    assert published == sorted(published)
