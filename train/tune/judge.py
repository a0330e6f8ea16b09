"""How good a trained candidate is, by its answers to images of which nothing was learnt; never to the test set's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Probabilities

KEPT = 0.99  # share of the digits that the threshold must let pass
LEAST = 1e-7  # a probability of 0 would be infinitely wrong


@dataclass(frozen=True, slots=True)
class Figures:
    """What a trial is judged by, and what is told about it."""

    loss: float  # mean cross-entropy over digits as they are, the same varied, and background: what is to be low
    errors: int | None = None  # wrong validation digits, as they are; None where the training broke off
    varied_errors: int | None = None  # wrong ones of the same digits, varied as strongly as training may
    accepted: float | None = None  # share of the background taken for a digit where 99 % of the digits are kept, 0–1
    seconds: float | None = None  # that the training took


def judge(plain: Probabilities, varied: Probabilities, background: Probabilities, labels: NDArray[np.uint8]) -> Figures:
    """The figures of answers float32 (N, K) to digits with `labels` (N,), the same varied, and (M, K) to background."""
    none = np.full(len(background), DIGITS, np.uint8)
    answers, truth = np.concatenate([plain, varied, background]), np.concatenate([labels, labels, none])
    of_truth = np.maximum(answers[np.arange(len(truth)), truth], LEAST)
    return Figures(
        loss=float(-np.log(of_truth).mean()),
        errors=_wrong(plain, labels),
        varied_errors=_wrong(varied, labels),
        accepted=_accepted(plain, background),
    )


def know_nothing(classes: int) -> Figures:
    """The figures of a training that diverged: every answer is as probable as the others."""
    return Figures(float(np.log(classes)))


def _wrong(answers: Probabilities, labels: NDArray[np.uint8]) -> int:
    return int((answers[:, :DIGITS].argmax(axis=1) != labels).sum())


def _accepted(digits: Probabilities, background: Probabilities) -> float:
    """The share of background answers at least as sure of a digit as all but 1 % of the digits' own."""
    threshold = np.sort(digits[:, :DIGITS].max(axis=1))[int((1 - KEPT) * len(digits))]
    return float((background[:, :DIGITS].max(axis=1) >= threshold).mean()) if len(background) else 0.0
