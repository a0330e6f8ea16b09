"""Data sets of drawn digits: seeds, balance, independence of the split, and that the classes can be told apart."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.preprocess import normalise
from train.handwriting.dataset import (
    EUROPEAN_PENS,
    PEN_SHARES,
    contact_sheet,
    draw_digit,
    draw_digits,
    draw_european,
    sample_rng,
)
from train.handwriting.pen import PENS
from train.handwriting.strokes import parse
from train.handwriting.styles import EUROPEAN, STYLES, Style


def test_shapes_and_types() -> None:
    images, labels = draw_digits(23, 1)
    assert (images.shape, images.dtype) == ((23, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((23,), np.uint8)


def test_an_empty_data_set_is_empty() -> None:
    images, labels = draw_digits(0, 1)
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_the_same_seed_draws_the_same() -> None:
    first, again = draw_digits(40, 7), draw_digits(40, 7)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), start=st.integers(0, 10**6), cut=st.integers(0, 12))
def test_a_data_set_may_be_drawn_in_parts(seed: int, start: int, cut: int) -> None:
    whole, labels = draw_digits(12, seed, start)
    parts = [draw_digits(cut, seed, start), draw_digits(12 - cut, seed, start + cut)]
    assert np.array_equal(whole, np.concatenate([part[0] for part in parts]))
    assert np.array_equal(labels, np.concatenate([part[1] for part in parts]))


def test_seeds_and_samples_differ() -> None:
    images = np.concatenate([draw_digits(50, seed)[0] for seed in (1, 2, 3)])
    assert len(np.unique(images.reshape(150, -1), axis=0)) == 150


@pytest.mark.parametrize("start", [0, 7, 1230])
def test_ten_samples_hold_each_digit_about_once(start: int) -> None:
    counts = np.bincount(draw_digits(200, 5, start)[1], minlength=10)
    assert np.abs(counts - 20).max() <= 1


def test_the_order_of_digits_is_not_fixed() -> None:
    labels = draw_digits(100, 5)[1].reshape(10, 10)
    assert len(np.unique(labels, axis=0)) > 5


def test_images_are_what_normalise_gives() -> None:
    images, labels = draw_digits(30, 9)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        assert np.array_equal(image, normalise(draw_digit(int(label), sample_rng(9, index)).mask))
        assert image.max() == 255
        assert 10 < (image > 0).sum() < 500


@pytest.mark.parametrize("shares", [PEN_SHARES, EUROPEAN_PENS], ids=["digits", "European"])
def test_pen_shares_are_a_distribution_over_pens(shares: dict[str, float]) -> None:
    assert sum(shares.values()) == pytest.approx(1)
    assert shares.keys() <= PENS.keys()


def test_european_digits_have_shapes_types_and_labels() -> None:
    images, labels = draw_european(200, 1)
    assert (images.shape, images.dtype) == ((200, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((200,), np.uint8)
    assert (images.max(axis=(1, 2)) == 255).all()
    counts = np.bincount(labels, minlength=10)
    assert set(np.flatnonzero(counts)) <= {digit for digit, _ in EUROPEAN}
    assert min(counts[1], counts[7]) > 30, "what is confused most is drawn most"


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**64 - 1), start=st.integers(0, 10**6), cut=st.integers(0, 12))
def test_european_digits_may_be_drawn_in_parts(seed: int, start: int, cut: int) -> None:
    whole, labels = draw_european(12, seed, start)
    parts = [draw_european(cut, seed, start), draw_european(12 - cut, seed, start + cut)]
    assert np.array_equal(whole, np.concatenate([part[0] for part in parts]))
    assert np.array_equal(labels, np.concatenate([part[1] for part in parts]))


def test_european_digits_are_others_than_the_digits_of_the_same_seed() -> None:
    european, digits = draw_european(60, 5)[0], draw_digits(60, 5)[0]
    assert len(np.unique(np.concatenate([european, digits]).reshape(120, -1), axis=0)) == 120


@pytest.mark.parametrize(("digit", "style"), EUROPEAN, ids=[f"{digit} {style.name}" for digit, style in EUROPEAN])
def test_a_european_style_is_none_of_the_usual_ones(digit: int, style: Style) -> None:
    assert style.strokes not in {usual.strokes for usual in STYLES[digit]}
    strokes = [parse(stroke)[0] for stroke in style.strokes.split(" / ")]
    heights = np.concatenate(strokes)[:, 1]
    assert heights.min() <= 0.05
    assert heights.max() >= 0.95


@pytest.mark.parametrize("style", [style for digit, style in EUROPEAN if digit == 1], ids=lambda style: style.name)
def test_the_up_stroke_of_a_european_one_is_steeper_than_the_bar_of_a_seven(style: Style) -> None:
    points, corners = parse(style.strokes.split(" / ")[0])
    right, up = np.abs(points[corners[0]] - points[0])
    assert up > right


def test_every_european_seven_is_crossed() -> None:
    assert all(len(style.strokes.split(" / ")) == 2 for digit, style in EUROPEAN if digit == 7)


def test_nearest_neighbours_tell_the_digits_apart() -> None:
    known, names = draw_digits(1500, 1)
    asked, truth = draw_digits(200, 2)
    a, b = (images.reshape(len(images), -1).astype(np.float32) / 255 for images in (known, asked))
    distances = (a**2).sum(axis=1) - 2 * b @ a.T
    assert (names[distances.argmin(axis=1)] == truth).mean() > 0.8


@pytest.mark.parametrize("height", [12, 28, 150, 600])
def test_a_digit_is_drawn_at_any_height(height: int) -> None:
    for digit in range(10):
        ink = draw_digit(digit, np.random.default_rng(digit), height)
        assert 0.8 * height < ink.mask.shape[0] < 1.7 * height + 12
        assert (ink.mask >= 48).any()


def test_drawing_is_fast_enough_for_a_whole_training_set() -> None:
    draw_digits(10, 0)  # the splines are prepared once
    started = time.process_time()
    draw_digits(500, 4)
    assert (time.process_time() - started) / 500 < 0.004, "60,000 in four minutes even on a slow machine"


def test_contact_sheet_lays_out_rows() -> None:
    images = draw_digits(13, 1)[0]
    assert contact_sheet(images, columns=5).shape == (3 * 56, 5 * 56)
    assert contact_sheet(images, list(range(13)), columns=5).shape == (3 * 70, 5 * 56)
    assert contact_sheet(images[:0]).shape[0] == 0


def test_contact_sheet_is_dark_on_white() -> None:
    sheet = contact_sheet(draw_digits(20, 1)[0])
    assert sheet.max() == 255
    assert sheet.min() < 30
    assert np.median(sheet) == 255
