"""Two classifiers asked about the same samples: is one more often right (Q. McNemar, 1947, in its exact form)."""

import math


def mcnemar_exact(lost: int, gained: int) -> float:
    """The probability, 0–1, of counts at least as uneven as these if neither side were better; two-sided.

    `lost` samples only the first side has right, `gained` only the second; samples that both or neither have right say
    nothing. Each of the others is then a fair coin. Raises ValueError for negative counts.
    """
    if lost < 0 or gained < 0:
        raise ValueError(f"expected counts, got {lost} and {gained}")
    count = lost + gained
    tail = sum(math.comb(count, heads) for heads in range(min(lost, gained) + 1))
    share: float = 2 * tail / 2**count  # Python divides whole numbers of any size
    return min(1.0, share)
