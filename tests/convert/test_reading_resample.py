"""Intervals over pictures: where the figure lies, how they narrow with more pictures, and when there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.reading.measures import Measured, digits, false_digits, lines, lone_lines, lost, pictures, printed_digits
from convert.reading.resample import LEAST, bootstrap, f1, loss, share
from convert.reading.score import Score, total

SCORES = st.builds(
    Score,
    right=st.integers(0, 20),
    added=st.integers(0, 5),
    missed=st.integers(1, 5),
    lines_right=st.integers(0, 2),
    lines=st.integers(2, 4),
    pictures=st.just(1),
)


def width(measured: Measured | None) -> float:
    assert measured is not None
    assert measured.interval is not None
    return measured.interval[1] - measured.interval[0]


@given(st.lists(SCORES, min_size=LEAST, max_size=30))
@settings(deadline=None, max_examples=30)
def test_an_interval_is_in_order_and_within_the_shares(scores: list[Score]) -> None:
    for measured in (digits(scores), lines(scores), pictures(scores)):
        assert measured is not None
        low, high = measured.interval or (measured.figure, measured.figure)
        assert 0 <= low <= high <= 1


def test_the_figure_lies_in_its_interval_and_more_pictures_narrow_it() -> None:
    rng = np.random.default_rng(1)
    scores = [Score(right=int(right), missed=10 - int(right)) for right in rng.integers(5, 11, 200)]

    few, many = digits(scores[:10]), digits(scores)

    for measured in (few, many):
        assert measured is not None
        assert measured.interval is not None
        assert measured.interval[0] < measured.figure < measured.interval[1]
    assert width(many) < width(few) / 2


def test_pictures_that_agree_tell_nothing_about_others() -> None:
    alike = [Score(right=9, missed=1)] * LEAST

    measured = digits(alike)

    assert measured is not None
    assert measured.interval is None


def test_too_few_pictures_have_no_interval() -> None:
    assert bootstrap(np.ones((LEAST - 1, 2)), share) is None
    assert bootstrap(np.zeros((0, 2)), share) is None


def test_the_same_counts_give_the_same_interval() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (20, 3)).astype(np.float64)

    assert bootstrap(counts, f1) == bootstrap(counts.copy(), f1)


def test_figures_of_sums() -> None:
    sums = np.array([[8.0, 1, 1, 6, 2, 2], [0, 0, 0, 0, 0, 0]])

    assert f1(sums[:, :3]).tolist() == pytest.approx([16 / 18, 0])
    assert loss(sums).tolist() == pytest.approx([16 / 18 - 12 / 16, 0])
    assert share(np.array([[1.0, 4], [0, 0]])).tolist() == [0.25, 0]


def test_f1_is_that_of_the_score() -> None:
    score = Score(right=7, added=2, missed=3)

    assert f1(np.array([[7.0, 2, 3]]))[0] == pytest.approx(score.f1)


def test_a_loss_is_paired() -> None:
    """Pictures differ much, what each of them loses does not: the interval is that of the loss."""
    rng = np.random.default_rng(2)
    clean = [Score(right=int(right), missed=20 - int(right)) for right in rng.integers(2, 19, 40)]
    worse = [Score(right=score.right - 1, missed=score.missed + 1) for score in clean]

    measured, alone = lost(clean, worse), digits(clean)

    assert measured is not None
    assert measured.figure == pytest.approx(total(clean).f1 - total(worse).f1)
    assert width(alone) > 0.05
    assert measured.interval is None or width(measured) < width(alone) / 3


def test_a_loss_needs_the_same_pictures() -> None:
    assert lost([], []) is None
    assert lost([Score(right=1)], []) is None


def test_false_and_printed_digits_stand_apart() -> None:
    scores = [Score(false=2, empty_pictures=1), Score(empty_pictures=1), Score(printed=9, printed_pictures=1)]

    false, printed = false_digits(scores), printed_digits(scores)

    assert false is not None
    assert printed is not None
    assert (false.figure, printed.figure) == (1, 9)


def test_lone_lines_have_wilsons_interval() -> None:
    measured = lone_lines([Score(lines_right=1, lines=1), Score(lines=1)])

    assert measured is not None
    assert measured.figure == 0.5
    assert measured.interval == pytest.approx((0.0945, 0.9055), abs=1e-3)


@pytest.mark.parametrize("measure", [digits, lines, lone_lines, pictures, false_digits, printed_digits])
def test_nothing_measured_is_none(measure: object) -> None:
    assert callable(measure)
    assert measure([]) is None
