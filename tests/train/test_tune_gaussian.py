"""The Gaussian process that chooses what is tried next."""

import numpy as np
import pytest

from train.tune.gaussian import choose

RNG = np.random.default_rng(5)
POINTS = RNG.random((40, 3))
SCORES = np.log(0.1 + ((POINTS - [0.2, 0.8, 0.5]) ** 2).sum(axis=1)) + 0.02 * RNG.standard_normal(40)
NONE = np.empty((0, 3))
WAVE = np.stack([np.linspace(0, 0.4, 12), np.full(12, 0.5)], axis=1)
HEIGHTS = np.sin(2 * np.pi * WAVE[:, 0] / 0.4)


def test_it_prefers_what_scored_low() -> None:
    proposals = RNG.random((300, 3))

    chosen = proposals[choose(POINTS, SCORES, NONE, proposals, seed=1)]

    distances = np.linalg.norm(proposals - [0.2, 0.8, 0.5], axis=1)
    assert np.linalg.norm(chosen - [0.2, 0.8, 0.5]) < np.quantile(distances, 0.1)


def test_it_looks_where_little_is_known() -> None:
    """Of two places whose expected score is the same it takes the one far from all that was tried."""
    assert choose(WAVE, HEIGHTS, NONE[:, :2], np.array([[0.2, 0.5], [1.0, 0.5]]), seed=1) == 1


def test_a_place_where_a_worker_is_already_is_known_before_its_score_comes() -> None:
    proposals = np.array([[0.2, 0.5], [0.8, 0.5], [1.0, 0.5]])

    first = choose(WAVE, HEIGHTS, NONE[:, :2], proposals[:2], seed=1)
    second = choose(WAVE, HEIGHTS, np.repeat(proposals[1:2], 3, axis=0), proposals, seed=1)

    assert (first, second) == (1, 2)


@pytest.mark.parametrize("scores", [np.zeros(12), np.full(12, -1.5)], ids=["zeros", "all the same"])
def test_scores_that_do_not_differ_are_no_trouble(scores: np.ndarray) -> None:
    assert 0 <= choose(POINTS[:12], scores, NONE, POINTS[12:20], seed=1) < 8


def test_the_same_trials_give_the_same_choice() -> None:
    proposals = RNG.random((80, 3))

    assert len({choose(POINTS, SCORES, POINTS[:2], proposals, seed=7) for _ in range(3)}) == 1
