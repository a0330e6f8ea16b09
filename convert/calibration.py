"""Whether probabilities mean what they say: their error, the correction that mends it, and what rejecting gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.calibration import REJECTIONS, Calibration
from runtime.records import DIGITS, Probabilities

Labels = NDArray[np.uint8]
Scores = NDArray[np.float32]

BINS = 15
COLDEST, HOTTEST = 0.25, 4.0  # a network that is right every time would otherwise be made certain of everything
STEPS = 30  # of a search, each to 0.62 of the interval: below the thousandths that are kept
ROUNDS, CLOSE = 30, 5e-4  # of both searches, at most; and until neither finds anything new
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class Bin:
    """The samples whose confidence lies between two bounds."""

    low: float  # exclusive, but for 0
    high: float  # inclusive
    samples: int  # at least 1
    confidence: float  # their mean, 0–1
    accuracy: float  # share that is right, 0–1


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """What is answered and how much of it is wrong, from the strictest threshold to none."""

    threshold: NDArray[np.float64]  # (P,), falling: each confidence that occurs
    coverage: NDArray[np.float64]  # (P,), share of the samples that reach the threshold, up to 1
    risk: NDArray[np.float64]  # (P,), share of those that is wrong


def fit_correction(probabilities: Probabilities, labels: Labels, known: int = DIGITS) -> Calibration:
    """The temperature and the weight of "not a digit", in thousandths, at which answers (N, K) explain `labels` best.

    The least negative log-likelihood, after Guo et al., "On calibration of modern neural networks" (2017), and
    Alexandari et al. (2020) for the bias. Labels that the network has no output for are left out; nothing is corrected
    where none remain, and there is no weight to fit without junk among the labels or an answer for it, which a network
    with another number of classes, `known`, never has. A whole-number file rounds small shares to
    0: where that is the label's own, it counts as half of the smallest share that occurs, since the logarithm of 0
    would outweigh all other samples.
    """
    answered = labels < probabilities.shape[1]
    rows, truth = probabilities[answered].astype(np.float64), labels[answered]
    if not len(rows):
        return Calibration()
    fit = _Fit(rows, truth)
    cold, hot = np.log(COLDEST), np.log(HOTTEST)
    temperature, rejection = 1.0, 0.0
    for _ in range(ROUNDS):  # the loss is convex in 1/T and the weight together, so going to and fro finds its valley
        before = temperature, rejection
        temperature = float(np.exp(_lowest(lambda logarithm: fit.loss(np.exp(logarithm), rejection), cold, hot)))  # noqa: B023
        if known == DIGITS and (truth == DIGITS).any() and (truth < DIGITS).any():
            rejection = _lowest(lambda weight: fit.loss(temperature, weight), *REJECTIONS)  # noqa: B023
        if np.allclose(before, (temperature, rejection), atol=CLOSE):
            break
    return Calibration(round(temperature, 3), rejection=round(rejection, 3))


class _Fit:
    """Answers in logarithms, and how badly a correction of them explains the truth."""

    def __init__(self, rows: NDArray[np.float64], truth: Labels) -> None:
        """Take answers (N, K), K > every label of `truth` (N,)."""
        smallest = rows[rows > 0].min() / 2
        self._own = np.log(np.maximum(rows[np.arange(len(rows)), truth], smallest))
        with np.errstate(divide="ignore"):
            self._logarithms = np.log(rows)
        self._is_junk = truth == DIGITS

    def loss(self, temperature: float, rejection: float) -> float:
        """The mean negative log-likelihood."""
        weights = np.where(np.arange(self._logarithms.shape[1]) == DIGITS, rejection, 0.0)
        scores = np.exp(self._logarithms / temperature + weights)
        own = self._own / temperature + rejection * self._is_junk
        return float((np.log(scores.sum(axis=1)) - own).mean())


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a loss with one valley is lowest between two bounds, by golden section."""
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return (low + high) / 2


def reliability_bins(probabilities: Probabilities, labels: Labels, bins: int = BINS) -> tuple[Bin, ...]:
    """The samples by the confidence in their most probable class of all K, in `bins` equal steps; empty ones left out.

    A label that the network has no output for is never answered rightly.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    places = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    masks = ((place, places == place) for place in np.unique(places).tolist())
    return tuple(
        Bin(place / bins, (place + 1) / bins, int(m.sum()), float(confidence[m].mean()), float(right[m].mean()))
        for place, m in masks
    )


def expected_calibration_error(probabilities: Probabilities, labels: Labels, bins: int = BINS) -> float:
    """By how much confidence and accuracy differ on average over the samples, 0–1 (Naeini et al., 2015; ECE).

    0 where there are no samples.
    """
    filled = reliability_bins(probabilities, labels, bins)
    return sum(b.samples * abs(b.confidence - b.accuracy) for b in filled) / max(1, len(labels))


def digit_scores(probabilities: Probabilities, known: int = DIGITS) -> Scores:
    """For each answer of (N, K) the confidence from which it would be published as a digit, (N,).

    That of the best of the ten digits, or of the `known` classes, and 0 where "not a digit" is more probable than it.
    """
    best = probabilities[:, :known].max(axis=1)
    return np.where(best >= probabilities.max(axis=1), best, np.float32(0))


def risk_coverage(confidences: Scores, wrong: NDArray[np.bool_]) -> RiskCoverage:
    """The curve of samples with these confidences (N,), N ≥ 1, some of them `wrong` (N,) if they are published.

    After El-Yaniv and Wiener, "On the foundations of noise-free selective classification" (2010). Samples of equal
    confidence are taken or left together.
    """
    order = np.argsort(-confidences, kind="stable")
    falling = confidences[order].astype(np.float64)
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    taken = last + 1
    return RiskCoverage(falling[last], taken / len(falling), np.cumsum(wrong[order])[last] / taken)


def auroc(digits: Scores, junk: Scores) -> float:
    """The probability that a digit has a higher score than a piece of junk, equal ones counting half; each N ≥ 1.

    The area under the receiver operating characteristic (Hanley and McNeil, 1982).
    """
    others = np.sort(junk)
    below, not_above = np.searchsorted(others, digits, "left"), np.searchsorted(others, digits, "right")
    return float((below + not_above).mean() / (2 * len(others)))


def highest_threshold(digits: Scores, kept: float) -> float:
    """The highest threshold that a share `kept` of the scores (N,), N ≥ 1, reaches."""
    lost = int(np.floor((1 - kept) * len(digits) + 1e-9))
    return float(np.sort(digits)[min(lost, len(digits) - 1)])
