"""How long a digit takes, told in a measure that travels: beside the work that every digit needs before the network."""

from collections.abc import Callable
from typing import Any

import numpy as np

from runtime.backends import Backend
from runtime.bench import Effort, time_calls
from runtime.preprocess import normalise, to_input

ROUNDS = 5  # of both in turn, so that a busy moment of the machine meets both
EFFORT = Effort(calls=200, seconds=0.2, starts=0)
INK_SIDE = 96  # pixels of the ink that is normalised


def measure_latency(backend: Backend) -> dict[str, Any]:
    """Microseconds of one digit on one thread, and their ratio to `normalise` of 96×96 pixels on this machine."""
    ink = _ring()
    image = to_input(normalise(ink))
    ratios, times = [], []
    for _ in range(ROUNDS):
        reference = _median(lambda: normalise(ink))
        times.append(_median(lambda: backend.predict(image)))
        ratios.append(times[-1] / reference)
    return {
        "microseconds": round(float(np.median(times)), 1),
        "reference": f"normalise of {INK_SIDE}×{INK_SIDE} pixels",
        "ratio": round(float(np.median(ratios)), 3),
    }


def _median(call: Callable[[], object]) -> float:
    return float(np.median(time_calls(call, EFFORT)))


def _ring() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Something like a 0."""
    rows, columns = np.mgrid[:INK_SIDE, :INK_SIDE] - INK_SIDE / 2
    distance = np.hypot(rows, 1.5 * columns)
    return np.where(np.abs(distance - 0.4 * INK_SIDE) < 4, 255, 0).astype(np.uint8)
