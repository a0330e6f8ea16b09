"""The company a glyph keeps: sure neighbours leave it alone, doubtful ones ask more of it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.company import ALIKE, BENEFIT, DOUBTFUL, FADE, NEAREST, REACH, judge, wary
from runtime.records import Box, Glyph, Prediction

SURE = 0.8  # what nearly all digits reach
THRESHOLD = 0.6


def glyphs_in_a_row(count: int, *, pitch: int = 50, height: int = 40) -> list[Glyph]:
    return [Glyph(Box(k * pitch, 10, 25, height), np.zeros((28, 28), np.uint8)) for k in range(count)]


def sure(confidence: float) -> Prediction:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[3] = confidence
    return Prediction(probabilities, THRESHOLD)


@given(st.lists(st.floats(0.1, 1), max_size=60))
def test_judgement_only_raises_the_threshold(confidences: list[float]) -> None:
    before = [sure(confidence) for confidence in confidences]

    after = judge(glyphs_in_a_row(len(before)), before, SURE)

    assert [id(p.probabilities) for p in after] == [id(p.probabilities) for p in before]
    assert all(THRESHOLD <= p.threshold <= 1 for p in after)


def test_sure_company_asks_nothing() -> None:
    after = judge(glyphs_in_a_row(5), [sure(0.95)] * 5, SURE)

    assert [p.threshold for p in after] == [THRESHOLD] * 5


@pytest.mark.parametrize("count", [1, 2, 5])
def test_one_unsure_digit_does_not_condemn_its_few_neighbours(count: int) -> None:
    after = judge(glyphs_in_a_row(count + 1), [sure(0.97)] * count + [sure(0.4)], SURE)

    assert [p.digit for p in after] == [3] * count + [None]


def test_among_many_unsure_ones_even_a_sure_one_is_not_believed() -> None:
    letters = [sure(0.98 if k % 2 else 0.4) for k in range(40)]

    assert all(p.digit is None for p in judge(glyphs_in_a_row(40), letters, SURE))


def test_what_counts_as_sure_depends_on_the_network() -> None:
    """Regression: a network that trained longer is surer of letters too, and a fixed measure believed it."""
    letters = [sure(0.85) for _ in range(40)]

    assert all(p.digit == 3 for p in judge(glyphs_in_a_row(40), letters, 0.8))
    assert all(p.digit is None for p in judge(glyphs_in_a_row(40), letters, 0.93))


def test_distant_neighbours_say_nothing() -> None:
    after = judge(glyphs_in_a_row(30, pitch=600), [sure(0.7)] + [sure(0.3)] * 29, SURE)

    assert after[0].digit == 3


def test_neighbours_of_another_size_say_nothing() -> None:
    large = Glyph(Box(20, 0, 150, 200), np.zeros((28, 28), np.uint8))
    after = judge([large, *glyphs_in_a_row(20)], [sure(0.7)] + [sure(0.3)] * 20, SURE)

    assert after[0].digit == 3


def test_nobody_is_judged_where_nobody_is() -> None:
    assert judge([], [], SURE) == []


# Doubts


def test_what_may_be_no_ink_says_nothing_about_its_neighbours() -> None:
    glyphs, predictions = glyphs_in_a_row(12), [sure(0.97 if k % 2 else 0.4) for k in range(12)]
    doubts = [0.0 if k % 2 else 1.0 for k in range(12)]

    assert all(p.digit is None for p in judge(glyphs, predictions, SURE))
    assert all(p.digit == 3 for p in judge(glyphs, predictions, SURE, doubts)[1::2])


def test_a_word_elsewhere_on_the_page_does_not_condemn_a_number() -> None:
    """Regression: ten letters ten heights below seven sure digits left none of them standing."""
    digits, letters = glyphs_in_a_row(7), glyphs_in_a_row(10, pitch=25, height=25)
    below = [Glyph(glyph.box._replace(top=400), glyph.image) for glyph in letters]

    after = judge([*digits, *below], [sure(0.99)] * 7 + [sure(0.2)] * 10, SURE)

    assert [p.digit for p in after] == [3] * 7 + [None] * 10


@given(st.lists(st.tuples(st.floats(0.1, 1), st.floats(0, 1)), max_size=40))
def test_judgement_with_doubts_keeps_within_bounds(pairs: list[tuple[float, float]]) -> None:
    before = [sure(confidence) for confidence, _ in pairs]

    after = judge(glyphs_in_a_row(len(before)), before, SURE, [doubt for _, doubt in pairs])

    assert all(THRESHOLD <= p.threshold <= 1 for p in after)


@pytest.mark.parametrize(("digit", "doubt", "read"), [(1, 0.4, 1), (1, 0.6, None), (7, 0.6, 7), (0, 1.0, 0)], ids=str)
def test_a_one_has_to_stand_clear(digit: int, doubt: float, read: int | None) -> None:
    probabilities = np.zeros(10, np.float32)
    probabilities[digit] = 1

    assert [p.digit for p in wary([Prediction(probabilities, THRESHOLD)], [doubt])] == [read]


# The rule, spelled out


def spelled_out(glyphs: list[Glyph], predictions: list[Prediction], sure: float, doubts: list[float]) -> list[float]:
    """The thresholds by `judge`'s rule, one glyph after the other."""
    thresholds = []
    for glyph, prediction in zip(glyphs, predictions, strict=True):
        near = []
        for other, its, doubt in zip(glyphs, predictions, doubts, strict=True):
            size = max(glyph.box.width, glyph.box.height)
            distance = math.dist(other.box.centre, glyph.box.centre) / size
            ratio = other.box.height / glyph.box.height
            if other is not glyph and 1 / ALIKE <= ratio <= ALIKE and distance < REACH:
                near.append((distance, its.confidence < sure, (1 - doubt) * math.exp(-distance / FADE)))
        near = sorted(near)[:NEAREST]
        share = sum(say for _, unsure, say in near if unsure) / (sum(say for *_, say in near) + BENEFIT)
        thresholds.append(prediction.threshold + (1 - prediction.threshold) * min(1.0, share / DOUBTFUL))
    return thresholds


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
@settings(deadline=None, max_examples=30)
def test_thresholds_follow_the_rule(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = rng.integers([0, 0, 5, 10], [900, 700, 40, 60], (count, 4)).tolist()
    glyphs = [Glyph(Box(*box), np.zeros((28, 28), np.uint8)) for box in boxes]
    answers = rng.dirichlet(np.full(10, 0.1), count).astype(np.float32)
    predictions = [Prediction(row, 0.5) for row in answers]
    doubts = rng.random(count).tolist()

    judged = [prediction.threshold for prediction in judge(glyphs, predictions, 0.9, doubts)]

    assert judged == pytest.approx(spelled_out(glyphs, predictions, 0.9, doubts), abs=1e-9)
