"""What a trained model does on the test part: the figures that a run reports and never selects by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Answers beside the truth."""

    labels: NDArray[np.uint8]  # (N,) 0–9
    answers: Probabilities  # (N, K)

    @property
    def digits(self) -> NDArray[np.int64]:
        """The most probable of the ten digits, (N,)."""
        return np.asarray(self.answers[:, :DIGITS].argmax(axis=1), np.int64)

    @property
    def samples(self) -> int:
        """How many images were asked."""
        return len(self.labels)

    @property
    def wrong(self) -> NDArray[np.int64]:
        """The indices of the wrong answers, the most confident first."""
        indices = np.flatnonzero(self.digits != self.labels)
        surest_first = np.argsort(-self.answers[indices, :DIGITS].max(axis=1), kind="stable")
        return np.asarray(indices[surest_first], np.int64)

    @property
    def errors(self) -> int:
        """How many answers are wrong."""
        return len(self.wrong)

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0–1."""
        return 1 - self.errors / self.samples

    def confusion(self) -> NDArray[np.int64]:
        """How often the digit of the row was taken for that of the column, (10, 10)."""
        counts = np.zeros((DIGITS, DIGITS), np.int64)
        np.add.at(counts, (self.labels, self.digits), 1)
        return counts
