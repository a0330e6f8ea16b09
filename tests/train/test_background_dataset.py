"""Images of what is no digit: shapes, shares, seeds, parts, and that none of them reads as a plain 1 or 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from train.background import KINDS, draw_background
from train.background.dataset import BLOCK, MIXTURE
from train.background.resemblance import bars, rings
from train.handwriting.dataset import draw_digits

Drawn = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture(scope="module")
def pool() -> NDArray[np.uint8]:
    return draw_digits(120, 1)[0]


@pytest.fixture(scope="module")
def drawn(pool: NDArray[np.uint8]) -> Drawn:
    return draw_background(2 * BLOCK, 3, pool)


def test_shapes_and_types(drawn: Drawn) -> None:
    images, kinds = drawn
    assert (images.shape, images.dtype) == ((2 * BLOCK, 28, 28), np.uint8)
    assert (kinds.shape, kinds.dtype) == ((2 * BLOCK,), np.uint8)


def test_an_empty_data_set_is_empty(pool: NDArray[np.uint8]) -> None:
    images, kinds = draw_background(0, 3, pool)
    assert (images.shape, kinds.shape) == ((0, 28, 28), (0,))
    assert (images.dtype, kinds.dtype) == (np.uint8, np.uint8)


def test_every_block_holds_each_kind_in_its_share(drawn: Drawn) -> None:
    for block in drawn[1].reshape(2, BLOCK):
        assert np.bincount(block, minlength=len(KINDS)).tolist() == [kind.share for kind in MIXTURE]


def test_kinds_are_named_once_and_none_is_empty() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert all(kind.share > 0 for kind in MIXTURE)
    assert {"letters", "signs", "scribbles", "half digits", "double digits", "scene"} <= set(KINDS)


def test_kinds_come_in_an_order_of_each_block_s_own(drawn: Drawn) -> None:
    first, second = drawn[1].reshape(2, BLOCK)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.sort(first))


def test_images_are_glyphs_as_normalise_makes_them(drawn: Drawn) -> None:
    images, _ = drawn
    peaks = images.max(axis=(1, 2))
    assert (peaks == 255).mean() > 0.99
    rows, columns = (images.max(axis=axis) >= 16 for axis in (2, 1))
    longest = np.maximum(rows.sum(axis=1), columns.sum(axis=1))
    assert longest.max() <= 20
    assert np.median(longest) >= 19


def test_images_differ(drawn: Drawn) -> None:
    flat = drawn[0].reshape(2 * BLOCK, -1)
    assert len(np.unique(flat, axis=0)) > 0.97 * len(flat)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**64 - 1), start=st.integers(0, 10**5), cut=st.integers(0, 30))
def test_a_data_set_may_be_drawn_in_parts(pool: NDArray[np.uint8], seed: int, start: int, cut: int) -> None:
    images, kinds = draw_background(30, seed, pool, start)
    parts = [draw_background(cut, seed, pool, start), draw_background(30 - cut, seed, pool, start + cut)]
    assert np.array_equal(images, np.concatenate([part[0] for part in parts]))
    assert np.array_equal(kinds, np.concatenate([part[1] for part in parts]))


def test_a_part_across_blocks_is_the_same_as_in_the_whole(drawn: Drawn, pool: NDArray[np.uint8]) -> None:
    images, kinds = draw_background(40, 3, pool, BLOCK - 20)
    assert np.array_equal(images, drawn[0][BLOCK - 20 : BLOCK + 20])
    assert np.array_equal(kinds, drawn[1][BLOCK - 20 : BLOCK + 20])


def test_seeds_differ(drawn: Drawn, pool: NDArray[np.uint8]) -> None:
    other = draw_background(BLOCK, 4, pool)[0]
    same = (drawn[0][:BLOCK] == other).all(axis=(1, 2))
    assert same.mean() < 0.02


def test_only_pieces_of_digits_depend_on_the_digits(drawn: Drawn) -> None:
    others = draw_digits(120, 2)[0]
    images, kinds = draw_background(BLOCK, 3, others)
    letters = kinds == KINDS.index("letters")
    assert np.array_equal(images[letters], drawn[0][:BLOCK][letters])
    doubles = kinds == KINDS.index("double digits")
    assert not np.array_equal(images[doubles], drawn[0][:BLOCK][doubles])


def test_nothing_reads_as_a_plain_one_or_zero(drawn: Drawn) -> None:
    images, _ = drawn
    assert (bars(images) | rings(images)).mean() < 0.01


def test_double_digits_are_wider_than_digits(drawn: Drawn, pool: NDArray[np.uint8]) -> None:
    images, kinds = drawn
    doubles = images[kinds == KINDS.index("double digits")]
    assert np.median((doubles > 16).any(axis=1).sum(axis=1)) > np.median((pool > 16).any(axis=1).sum(axis=1)) + 3


@pytest.mark.parametrize(
    "digits",
    [
        pytest.param(np.zeros((0, 28, 28), np.uint8), id="empty"),
        pytest.param(np.zeros((5, 28, 27), np.uint8), id="another shape"),
        pytest.param(np.zeros((5, 28, 28), np.float32), id="another type"),
        pytest.param(np.zeros((28, 28), np.uint8), id="one image"),
    ],
)
def test_a_pool_that_is_none_is_refused(digits: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="digits: expected uint8"):
        draw_background(10, 1, digits)


@pytest.mark.parametrize("count", [1, 2])
def test_a_pool_of_few_or_empty_digits_is_drawn_from(count: int) -> None:
    blank = np.zeros((count, 28, 28), np.uint8)
    assert len(draw_background(20, 1, blank)[0]) == 20
