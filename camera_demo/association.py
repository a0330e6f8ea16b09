"""Which digit of a frame is which one that was known: by where it is expected, what it looks like and what it says."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camera_demo.motion import Places, overlaps, squares

OVERLAP = 0.25  # intersection over union, of squares; less is another digit
ALIKE = 0.55  # cosine of two glyphs: 99 of 100 pairs of the same ink have more, 90 of 100 of different digits less
THE_SAME = 0.8  # cosine; 95 of 100 pairs of the same ink have more, hardly any of different digits


def affinity(
    looks: Sequence[NDArray[np.float32]],
    others: Sequence[NDArray[np.float32]],
    digits: Sequence[int | None],
    read: Sequence[int | None],
) -> NDArray[np.float64]:
    """How much speaks for known and seen digits being the same ink, float64 (N, M), 0–1; 0: they are not.

    `looks` and `others` are what `look_of` gave, `digits` and `read` the certain digits, None where there is none.
    """
    alike = likeness(looks, others)
    alike *= agreement(digits, read, alike)
    return np.where(alike >= ALIKE, alike, 0.0)


def likeness(first: Sequence[NDArray[np.float32]], second: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """How alike glyphs look, float64 (N, M), 0–1: the cosines of what `look_of` gave."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    # Not a matrix product: its library would wake all processors for this little.
    return np.asarray(np.einsum("ik,jk->ij", np.stack(first), np.stack(second)), np.float64)


def agreement(
    first: Sequence[int | None], second: Sequence[int | None], alike: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the digits say about glyphs that look so much alike, float64 (N, M): half where two certain ones differ.

    Where glyphs look the same the network has changed its mind about the same ink, and nothing is held against them.
    """
    a, b = (np.array([-1 if digit is None else digit for digit in digits], np.int64) for digits in (first, second))
    differ = (a[:, None] != b) & (a[:, None] >= 0) & (b >= 0) & (alike < THE_SAME)
    return np.where(differ, 0.5, 1.0)


def match(expected: Places, now: Places, alike: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (track, digit) that are the same ink, best first, each used once; those of likeness 0 never are."""
    if not len(expected) or not len(now):
        return []
    score = overlaps(squares(expected), squares(now))
    score = np.where(score >= OVERLAP, score * alike, 0.0)
    pairs: list[tuple[int, int]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for flat in np.argsort(-score, axis=None, kind="stable"):
        i, j = divmod(int(flat), score.shape[1])
        if score[i, j] <= 0:
            break
        if i not in taken[0] and j not in taken[1]:
            pairs.append((i, j))
            taken[0].add(i)
            taken[1].add(j)
    return pairs
