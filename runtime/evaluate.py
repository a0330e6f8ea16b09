"""Evaluation: how many labelled digits a model file gets right, class by class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends import Backend
from runtime.intervals import wilson_interval
from runtime.manifest import DIGIT_CLASSES
from runtime.preprocess import to_input
from runtime.records import DIGITS, Probabilities

SCHEMA = "digits.evaluation/1"
PART = 500  # samples between two signs of progress

Progress = Callable[[int, int], None]
"""Called with how many samples are done and how many there are."""


@dataclass(frozen=True, slots=True)
class ClassResult:
    """What happened to the samples of one class."""

    samples: int
    errors: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A file's answers counted."""

    samples: int
    errors: int  # wrong most probable digits among the ten, before any rejection
    rejected: int  # samples for which no digit would be published
    per_class: tuple[ClassResult, ...]  # by label, 0 to 9; all that the model knows

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0–1."""
        return (self.samples - self.errors) / self.samples

    @property
    def interval95(self) -> tuple[float, float]:
        """Wilson's interval around the accuracy."""
        return wilson_interval(self.samples - self.errors, self.samples)

    def to_document(self, file: str, backend: str, classes: Sequence[str] = DIGIT_CLASSES) -> dict[str, Any]:
        """The evaluation of `file` on `backend` as JSON, schema digits.evaluation/1; `classes` names them."""
        per_class = zip(classes, self.per_class, strict=False)  # "not a digit" is no label
        return {
            "schema": SCHEMA,
            "file": file,
            "backend": backend,
            "samples": self.samples,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "interval95": list(self.interval95),
            "rejected": self.rejected,
            "per_class": {name: {"samples": r.samples, "errors": r.errors} for name, r in per_class},
        }


def ask(backend: Backend, images: NDArray[np.uint8], progress: Progress | None = None) -> Probabilities:
    """The answers (N, K) to glyphs uint8 (N, 28, 28), or to pictures of another model's kind, N ≥ 1."""
    parts = []
    for start in range(0, len(images), PART):
        parts.append(backend.predict(to_input(images[start : start + PART])))
        if progress:
            progress(min(start + PART, len(images)), len(images))
    return np.concatenate(parts)


def evaluate(
    probabilities: Probabilities, labels: NDArray[np.uint8], threshold: float, known: int = DIGITS
) -> Evaluation:
    """Count the answers (N, K) to samples of the digits `labels` (N,), N ≥ 1.

    Labels are below `known`; what the network answers beyond is "not a digit". A sample is rejected where the best
    digit's probability is under `threshold` or "not a digit" is more probable; at 1 no confidence is enough.
    """
    best = probabilities[:, :known].argmax(axis=1)
    wrong = best != labels
    confidence = probabilities[np.arange(len(labels)), best].astype(np.float64)  # compared as `Prediction` compares
    published = (confidence >= threshold) & (probabilities.argmax(axis=1) == best) & (threshold < 1)
    per_class = [ClassResult(int(np.sum(labels == name)), int(wrong[labels == name].sum())) for name in range(known)]
    return Evaluation(len(labels), int(wrong.sum()), int(np.sum(~published)), tuple(per_class))
