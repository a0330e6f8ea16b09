"""How far figures of few pictures may be from the true ones: the bootstrap over whole pictures.

Digits of one picture share its light, its pen and its writer, so pictures are drawn anew, not digits (Efron and
Tibshirani, "An introduction to the bootstrap", 1993, percentile intervals of clustered samples).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Interval = tuple[float, float]
"""Low and high end, between which the true figure lies in 95 of 100 cases."""

LEAST = 5  # pictures; fewer say nothing about others of their kind
ROUNDS = 2000
ENDS = (2.5, 97.5)  # per cent of the rounds


def bootstrap(counts: Numbers, figure: Callable[[Numbers], Numbers]) -> Interval | None:
    """The interval of `figure` over pictures; None where there are too few of them, or where all agree.

    What never happened cannot be drawn anew: that no picture went wrong does not mean that none ever will.

    `counts` holds a row of counts for each picture, (N, K); `figure` makes one number of each row of sums, (B, K) to
    (B,). The same counts give the same interval every time.
    """
    pictures = len(counts)
    if pictures < LEAST:
        return None
    rng = np.random.default_rng(0)
    often = rng.multinomial(pictures, np.full(pictures, 1 / pictures), ROUNDS)
    low, high = np.percentile(figure(often @ counts), ENDS)
    return (float(low), float(high)) if low < high else None


def f1(sums: Numbers) -> Numbers:
    """F1 of right, added and missed digits, (B, 3) to (B,)."""
    right, added, missed = sums.T
    return np.asarray(2 * right / np.maximum(2 * right + added + missed, 1), np.float64)


def loss(sums: Numbers) -> Numbers:
    """What F1 loses from the first three columns to the last three, (B, 6) to (B,)."""
    return np.asarray(f1(sums[:, :3]) - f1(sums[:, 3:]), np.float64)


def share(sums: Numbers) -> Numbers:
    """The first column as a share of the second, (B, 2) to (B,)."""
    return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1), np.float64)
