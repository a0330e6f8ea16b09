"""Right and wrong answers counted: errors with their interval, confusions, and who was right where."""

import base64
import math
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.intervals import wilson_interval
from runtime.records import DIGITS, Probabilities

MOST_CONFUSIONS = 6  # that are named


def find_right(probabilities: Probabilities, labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the most probable of the ten digits is the label's, (N,)."""
    return np.asarray(probabilities[:, :DIGITS].argmax(axis=1) == labels)


def count_errors(right: NDArray[np.bool_]) -> dict[str, Any]:
    """Samples, errors and Wilson's 95 % interval around the number of errors."""
    samples, errors = len(right), int((~right).sum())
    low, high = wilson_interval(errors, samples)
    return {"samples": samples, "errors": errors, "interval95": [round(low * samples, 1), round(high * samples, 1)]}


def count_by_kind(right: NDArray[np.bool_], kinds: Sequence[str]) -> dict[str, Any]:
    """Samples and errors of each kind."""
    names = np.array(kinds)
    masks = {str(kind): names == kind for kind in np.unique(names)}
    return {kind: {"samples": int(mask.sum()), "errors": int((~right[mask]).sum())} for kind, mask in masks.items()}


def count_confusions(probabilities: Probabilities, labels: NDArray[np.uint8]) -> dict[str, int]:
    """How often which digit was taken for which other, such as {"1 as 7": 3}; the most frequent ones."""
    said = probabilities[:, :DIGITS].argmax(axis=1)
    wrong = np.flatnonzero(said != labels)
    return dict(Counter(f"{labels[i]} as {said[i]}" for i in wrong).most_common(MOST_CONFUSIONS))


def pack_right(right: NDArray[np.bool_]) -> str:
    """Which of the answers (N,) are right, one bit each, deflated, as base64."""
    return base64.b64encode(zlib.compress(np.packbits(right).tobytes(), 9)).decode("ascii")


def unpack_right(text: str, samples: int) -> NDArray[np.bool_]:
    """What `pack_right` packed, (samples,); ValueError where the text holds fewer answers."""
    bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), np.uint8))
    if len(bits) < samples:
        raise ValueError(f"expected {samples} answers, got {len(bits)}")
    return bits[:samples].astype(bool)


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, float]:
    """Samples that only the first got right, those that only the second did, and the probability of such a difference.

    McNemar's test in its exact form (1947): of the samples on which exactly one of two is right, each would be right on
    half if they were equally good. The probability is two-sided, 0–1; `first` and `second` are (N,) over the same
    samples.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differing, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(differing, k) for k in range(fewer + 1)) / 2**differing
    return only_first, only_second, min(1.0, 2 * tail)
