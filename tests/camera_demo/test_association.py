"""Which digit is which: by place, by looks, and by what the network says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.association import ALIKE, affinity, agreement, likeness, match
from camera_demo.track import look_of
from runtime.records import Box, Glyph


def test_pairs_are_used_once_and_must_look_alike() -> None:
    places = np.array([[0.0, 0, 20, 40], [10, 0, 20, 40]])

    assert match(places, places, np.array([[0.9, 0.8], [0.8, 0.9]])) == [(0, 0), (1, 1)]
    assert match(places, places, np.zeros((2, 2))) == []
    assert match(places, np.zeros((0, 4)), np.zeros((2, 0))) == []


def test_likeness_is_1_for_the_same_and_for_two_empty_glyphs() -> None:
    empty, full, half = (Glyph(Box(0, 0, 9, 9), np.zeros((28, 28), np.uint8)) for _ in range(3))
    full.image[:], half.image[:14] = 255, 255
    looks = [look_of(glyph) for glyph in (empty, full, half)]

    found = likeness(looks[:2], looks)

    assert found == pytest.approx(np.array([[1, 0, 0], [0, 1, np.sqrt(0.5)]]), abs=1e-6)
    assert likeness([], looks).shape == (0, 3)


def test_two_certain_digits_count_against_a_likeness_that_is_not_perfect() -> None:
    alike = np.array([[0.7, 0.7, 0.7], [0.9, 0.7, 0.7]])

    assert agreement([1, None], [1, 7, None], alike) == pytest.approx(np.array([[1, 0.5, 1], [1, 1, 1]]))
    assert agreement([1], [7], np.array([[0.85]])) == pytest.approx(1.0)


def test_affinity_is_nothing_where_glyphs_are_too_different() -> None:
    looks = [np.array(look, np.float32) for look in ([1, 0], [0.6, 0.8], [0, 1])]

    found = affinity(looks[:1], looks, [7], [7, 7, 7])

    assert found == pytest.approx(np.array([[1, 0.6, 0]]), abs=1e-6)
    assert affinity(looks[:1], looks[1:2], [7], [1]) == 0
    assert affinity([], looks, [], [1, 2, 3]).shape == (0, 3)
    assert ALIKE < 0.6


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 2**16))
def test_no_digit_is_in_two_pairs(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    expected, now = (
        np.column_stack([random.uniform(0, 60, (n, 2)), random.uniform(5, 40, (n, 2))]) for n in (rows, columns)
    )

    pairs = match(expected, now, random.uniform(0, 1, (rows, columns)))

    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(i < rows and j < columns for i, j in pairs)
