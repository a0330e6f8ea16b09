"""The ledger of flips: every sample to which a file gives another class than Keras, and whether rounding explains it.

The softmax keeps differences: the logarithm of the ratio of two probabilities is the difference of the network's own
two sums, its logits. So Keras' margin between its class a and the file's class b is ln(p_a / p_b), whatever the others
get. Rounding inside the file moves that margin by something near to a normal distribution, being the sum of many small
moves, of which `runtime.rounding` estimates the spread σ for this very sample. Rounding of the answer itself hides up
to two steps s between the two: p_a − p_b ≤ 2s, or ln(p_a / p_b) ≤ ln(1 + 2s / p_b). A flip is explained where

    ln(p_a / p_b) ≤ k σ + ln(1 + 2s / p_b),

with k such that, of N samples that all stood exactly that far from a tie, none would flip in 999 of 1,000
verifications of a right file: Φ(k) = 1 − 0.001 / N. That is 5.2 for 10,000 samples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Probabilities

Rows = NDArray[np.intp]

Spread = Callable[[Rows, Rows, Rows, int], NDArray[np.float64]]
"""Called with rows of the answers, two classes for each and a number of rounds: the spread σ (N,) of their log-odds."""

ALARM = 0.001  # verifications of right files with an unexplained flip
HIDDEN = (
    2.0  # steps of the answer between two classes: half a step for each, and as much again for the kernels' own ways
)
JUDGED = 64  # flips whose spread is simulated; the others of a file that has more get the largest of these
FLIP_ROUNDS, RATIO_ROUNDS = 32, 16
UNCERTAIN = 0.02  # what Keras' second best class gets where an answer counts as uncertain
WITNESSES, FEWEST = 24, 6  # uncertain samples on which the noise is measured, at most and at least
SMALLEST = 1e-30  # of a probability, so that its logarithm is a number


@dataclass(frozen=True, slots=True)
class Flip:
    """One sample to which the file gives another class than Keras."""

    index: int  # in the data set
    label: int
    reference: int  # Keras' class
    answer: int  # the file's class
    reference_confidence: float  # what Keras gives its own class, 0–1
    answer_confidence: float  # what the file gives its own class, 0–1
    margin: float  # what Keras gives its own class beyond what it gives the file's
    answer_margin: float  # what the file gives its own class beyond what it gives Keras'
    log_odds: float  # Keras' margin as the difference of its two sums before the softmax
    steps: float | None  # the same in steps of the file's sums; None where they are real numbers
    bound: float  # by how much the number format may move `log_odds`
    explained: bool  # it is within the bound


@dataclass(frozen=True, slots=True, eq=False)
class NumberFormat:
    """What is known of how a file rounds."""

    output_step: float = 0.0  # of the probabilities it gives
    logits_step: float | None = None  # of what its softmax is given
    spread: Spread | None = None  # None where its network cannot be followed; then nothing inside excuses it
    audible: bool = True  # whether the noise is to be measured, which takes a second or more


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Both sides' answers to the same samples."""

    reference: Probabilities  # (N, K), Keras'
    answers: Probabilities  # (N, K), the file's
    labels: NDArray[np.uint8]  # (N,)
    places: NDArray[np.int64]  # (N,), in the data set
    known: int = DIGITS  # classes; this label and this answer are "not a digit", where a model has that


def deviations(samples: int) -> float:
    """How many times σ the bound is wide for so many samples."""
    return NormalDist().inv_cdf(1 - ALARM / samples)


def list_flips(both: Answers, form: NumberFormat) -> tuple[Flip, ...]:
    """Every sample whose most probable class differs: first what is unexplained, the widest margin first."""
    first, second = both.reference.argmax(axis=1), both.answers.argmax(axis=1)
    rows = np.flatnonzero(first != second)
    if not len(rows):
        return ()
    first, second = first[rows], second[rows]
    odds = log_odds(both.reference[rows], first, second)
    noise = _spread(form, rows, first, second, odds)
    hidden = np.log1p(HIDDEN * form.output_step / np.maximum(both.reference[rows, second], SMALLEST))
    bounds = deviations(len(both.labels)) * noise + hidden
    flips = [_flip(both, form, *entry) for entry in zip(rows.tolist(), odds.tolist(), bounds.tolist(), strict=True)]
    return tuple(sorted(flips, key=lambda flip: (flip.explained, -flip.log_odds, flip.index)))


def noise_ratio(both: Answers, form: NumberFormat) -> float | None:
    """How much further the file's answers are off than its number format accounts for: about 1 for a right file.

    The root of the mean square of the moves of the log-odds of Keras' two best classes, each in units of what rounding
    may move it, on the samples that Keras is least certain of. None where it is not asked for, where nothing is known
    of the format, or where too few samples are uncertain.
    """
    if form.spread is None or not form.audible:
        return None
    order = np.argsort(-both.reference, axis=1, kind="stable")[:, :2]
    runner_up = np.take_along_axis(both.reference, order[:, 1:], axis=1)[:, 0]
    rows = np.argsort(-runner_up, kind="stable")[:WITNESSES]
    rows = rows[runner_up[rows] >= UNCERTAIN]
    if len(rows) < FEWEST:
        return None
    first, second = order[rows, 0], order[rows, 1]
    answers = np.maximum(both.answers[rows], form.output_step / 2)  # 0 stands for anything up to half a step
    moved = log_odds(answers, first, second) - log_odds(both.reference[rows], first, second)
    inside = form.spread(rows, first, second, RATIO_ROUNDS)
    given = [np.maximum(both.reference[rows, column], UNCERTAIN) for column in (first, second)]
    outside = form.output_step**2 / 12 * sum(1 / chance**2 for chance in given)
    return float(np.sqrt(np.mean(moved**2 / (inside**2 + outside))))


def log_odds(probabilities: Probabilities, first: Rows, second: Rows) -> NDArray[np.float64]:
    """ln(p_first / p_second) of each row, (N,)."""
    rows = np.arange(len(probabilities))
    chances = np.maximum(probabilities.astype(np.float64), SMALLEST)
    return np.asarray(np.log(chances[rows, first]) - np.log(chances[rows, second]))


def _spread(
    form: NumberFormat, rows: Rows, first: Rows, second: Rows, odds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """σ of each flip's log-odds; of many flips, those spread evenly over the margins are simulated."""
    if form.spread is None:
        return np.zeros(len(rows))
    order = np.argsort(odds, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(JUDGED, len(order))).round().astype(np.intp)]
    found = form.spread(rows[chosen], first[chosen], second[chosen], FLIP_ROUNDS)
    noise = np.full(len(rows), found.max())
    noise[chosen] = found
    return noise


def _flip(both: Answers, form: NumberFormat, row: int, odds: float, bound: float) -> Flip:
    reference, answers = both.reference[row], both.answers[row]
    first, second = int(reference.argmax()), int(answers.argmax())
    return Flip(
        index=int(both.places[row]),
        label=int(both.labels[row]),
        reference=first,
        answer=second,
        reference_confidence=float(reference[first]),
        answer_confidence=float(answers[second]),
        margin=float(reference[first]) - float(reference[second]),
        answer_margin=float(answers[second]) - float(answers[first]),
        log_odds=odds,
        steps=odds / form.logits_step if form.logits_step else None,
        bound=bound,
        explained=odds <= bound,
    )
