"""Trials: pictures with known truth read as they are and disturbed, and what came of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from convert.reading.disturb import CLEAN, DISTURBANCES
from convert.reading.score import Score, score
from convert.reading.truth import STRING, Truth
from runtime.pictures import load_picture
from runtime.records import Frame, Reading

Read = Callable[[Frame], Reading]
"""What reads a frame, uint8 (H, W, 3) BGR or (H, W) grey."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One picture under one disturbance."""

    disturbance: str  # a name in DISTURBANCES
    truth: Truth  # moved along with the picture
    reading: Reading
    score: Score


def run_trials(truths: Sequence[Truth], disturbances: Sequence[str], read: Read) -> Iterator[Trial]:
    """Read every picture under every disturbance that applies; InputError where a picture cannot be read."""
    for truth in truths:
        frame = load_picture(truth.file)
        for name in applicable(truth, truths, disturbances):
            disturbed, moved = DISTURBANCES[name](frame, truth)
            reading = read(disturbed)
            yield Trial(name, moved, reading, score(moved, reading))


def applicable(truth: Truth, truths: Sequence[Truth], disturbances: Sequence[str]) -> Sequence[str]:
    """Which of the disturbances a picture goes through: strings are read as they are, unless there is nothing else."""
    if truth.kind != STRING or all(other.kind == STRING for other in truths):
        return disturbances
    return [CLEAN]
