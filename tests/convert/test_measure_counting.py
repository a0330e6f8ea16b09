"""Answers are counted, packed and compared without loss."""

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from convert.measure.counting import (
    count_by_kind,
    count_confusions,
    count_errors,
    find_right,
    mcnemar,
    pack_right,
    unpack_right,
)
from runtime.records import Probabilities

RIGHT = hnp.arrays(np.bool_, st.integers(1, 300))


def saying(digits: list[int], classes: int = 10) -> Probabilities:
    """Answers that are sure of each of `digits`."""
    return np.eye(classes, dtype=np.float32)[digits]


def test_right_is_the_most_probable_of_the_ten_digits() -> None:
    answers = np.zeros((2, 11), np.float32)
    answers[:, 10] = 0.6  # "not a digit" is for others to judge
    answers[:, 4] = 0.4

    assert find_right(answers, np.array([4, 5], np.uint8)).tolist() == [True, False]


def test_errors_come_with_their_interval() -> None:
    right = np.ones(10_000, bool)
    right[:25] = False

    found = count_errors(right)

    assert (found["samples"], found["errors"]) == (10_000, 25)
    assert found["interval95"] == [16.9, 36.9]  # Wilson's, 0.001694 to 0.003688


def test_errors_by_kind_add_up() -> None:
    right = np.array([True, False, False, True])

    found = count_by_kind(right, ("photo", "photo", "canvas", "canvas"))

    assert found == {"canvas": {"samples": 2, "errors": 1}, "photo": {"samples": 2, "errors": 1}}


def test_confusions_are_named_most_frequent_first() -> None:
    found = count_confusions(saying([7, 7, 9, 1, 1]), np.array([1, 1, 4, 1, 1], np.uint8))

    assert list(found.items()) == [("1 as 7", 2), ("4 as 9", 1)]


@given(RIGHT)
def test_packed_answers_are_unpacked_the_same(right: NDArray[np.bool_]) -> None:
    assert (unpack_right(pack_right(right), len(right)) == right).all()


def test_ten_thousand_answers_take_little_room() -> None:
    right = np.ones(10_000, bool)
    right[np.random.default_rng(1).choice(10_000, 60)] = False

    assert len(pack_right(right)) < 400


def test_too_few_packed_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 20 answers, got 16"):
        unpack_right(pack_right(np.ones(9, bool)), 20)


@pytest.mark.parametrize(
    ("only_first", "only_second", "probability"),
    [
        pytest.param(0, 0, 1.0, id="the same"),
        pytest.param(3, 3, 1.0, id="as often"),
        pytest.param(5, 0, 2 / 32, id="five to none"),
        pytest.param(1, 9, 2 * 11 / 1024, id="one to nine"),
        pytest.param(30, 60, 0.0020, id="thirty to sixty"),
    ],
)
def test_mcnemar_gives_the_probability_of_a_coin(only_first: int, only_second: int, probability: float) -> None:
    first = np.array([True] * only_first + [False] * only_second + [True] * 50)
    second = np.array([False] * only_first + [True] * only_second + [True] * 50)

    found = mcnemar(first, second)

    assert found[:2] == (only_first, only_second)
    assert found[2] == pytest.approx(probability, abs=1e-4)


@given(st.integers(0, 2**32 - 1), st.integers(1, 200))
def test_mcnemar_takes_neither_side(seed: int, samples: int) -> None:
    first, second = np.random.default_rng(seed).random((2, samples)) < 0.8

    there, back = mcnemar(first, second), mcnemar(second, first)

    assert (there[0], there[1], there[2]) == (back[1], back[0], back[2])
    assert 0 <= there[2] <= 1
