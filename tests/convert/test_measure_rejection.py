"""Every method's score is high for digits, and its figures say what a threshold does."""

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from convert.measure.rejection import (
    COVERAGES,
    FITTED_ON,
    KEPT,
    Answered,
    compare_methods,
    judge_at,
    method_scores,
    risk_curves,
)

ALL_METHODS = ["softmax", "max-logit", "energy", "background", "published"]
LOGITS = hnp.arrays(np.float32, st.tuples(st.integers(1, 8), st.just(11)), elements=st.floats(-20, 20, width=32))


def answered(logits: NDArray[np.float32], labels: object = None, kinds: tuple[str, ...] = ()) -> Answered:
    """What a network with these logits says."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    known = None if labels is None else np.asarray(labels, np.uint8)
    return Answered((powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), logits, known, kinds)


def clear(label: int, count: int, strength: float = 8.0) -> NDArray[np.float32]:
    """Logits of a network that is sure of one of eleven classes."""
    logits = np.random.default_rng(label).normal(0, 0.5, (count, 11)).astype(np.float32)
    logits[:, label] += strength
    return logits


@given(LOGITS)
def test_scores_of_sure_answers_are_higher(logits: NDArray[np.float32]) -> None:
    """A digit's logit that rises raises every score, or leaves it."""
    surer = logits.copy()
    best = logits[:, :10].argmax(axis=1)
    surer[np.arange(len(logits)), best] += 3

    before, after = method_scores(answered(logits)), method_scores(answered(surer))

    assert list(before) == ALL_METHODS
    for method, scores in before.items():
        assert (after[method] >= scores - 1e-5).all(), method


def test_methods_without_what_they_need_are_left_out() -> None:
    ten = answered(clear(3, 5)[:, :10])

    assert list(method_scores(ten)) == ["softmax", "max-logit", "energy"]
    assert list(method_scores(Answered(ten.probabilities))) == ["softmax"]


def test_softmax_ignores_the_eleventh_answer_and_published_does_not() -> None:
    logits = clear(3, 1)
    logits[0, 10] = 30.0

    scores = method_scores(answered(logits))

    assert scores["softmax"][0] > 0.9
    assert scores["background"][0] == pytest.approx(0, abs=1e-6)
    assert scores["published"][0] == 0


def test_an_answer_that_rounds_every_digit_to_nothing_scores_nothing() -> None:
    rows = np.zeros((1, 11), np.float32)
    rows[0, 10] = 1

    assert all(score[0] == 0 for score in method_scores(Answered(rows)).values())


def test_figures_of_a_good_network() -> None:
    digits = answered(np.concatenate([clear(k, 40) for k in range(10)]), np.repeat(np.arange(10), 40))
    letters = clear(10, 60, strength=12.0) + clear(4, 60)  # they look like a 4, but more like nothing
    junk = answered(np.concatenate([letters, clear(4, 20)]), kinds=("letter",) * 60 + ("half digit",) * 20)

    figures = {f["method"]: f for f in compare_methods(digits, {"holdout": digits}, {"generated": junk}, ["holdout"])}

    assert list(figures) == ALL_METHODS
    published = figures["published"]
    assert published["kept"][FITTED_ON] >= KEPT
    assert published["kept"]["holdout"] == published["kept"][FITTED_ON]
    assert published["by_kind"]["generated"]["letter"] == 0
    assert published["by_kind"]["generated"]["half digit"] > 0.9
    assert published["accepted"]["generated"] == pytest.approx(0.25, abs=0.02)
    assert published["auroc"]["holdout"]["generated"] == pytest.approx(0.875, abs=0.03)
    assert published["auroc_by_kind"]["generated"]["letter"] == 1
    assert figures["softmax"]["accepted"]["generated"] > 0.9


def test_nothing_with_a_score_of_nothing_is_accepted() -> None:
    scores = np.array([0, 0, 0.5], np.float32)

    found = judge_at(0.0, {"digits": scores}, {"junk": (scores, ("a", "a", "b"))})

    assert found == {
        "kept": {"digits": 1.0},
        "accepted": {"junk": pytest.approx(1 / 3, abs=1e-4)},
        "by_kind": {"junk": {"a": 0.0, "b": 1.0}},
    }


def test_risk_ends_with_the_share_of_all_that_is_wrong() -> None:
    digits = answered(np.concatenate([clear(k, 30) for k in range(10)]), np.repeat(np.arange(10), 30))
    wrong = Answered(
        digits.probabilities, digits.logits, np.roll(digits.labels, 3) if digits.labels is not None else None
    )
    junk = answered(clear(10, 100))

    alone, mixed = risk_curves(wrong, None), risk_curves(digits, junk)

    assert list(alone) == ALL_METHODS
    assert all(len(risks) == len(COVERAGES) for risks in alone.values())
    assert alone["published"][-1] == pytest.approx(0.1)
    assert mixed["published"][-1] == pytest.approx(0.25)
    assert mixed["published"][0] == 0
    assert max(mixed["published"][:18]) == 0  # three quarters are digits, all right and surer than the junk
