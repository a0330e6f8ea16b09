"""Does a converted file answer as Keras does: the comparison and its limits. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.intervals import wilson_interval
from runtime.ledger import Answers, Flip, NumberFormat, list_flips, noise_ratio
from runtime.paired import mcnemar_exact
from runtime.records import DIGITS, Probabilities

CHANCE = 3  # samples; so small a loss says nothing
WORST = 10  # samples named in a check
LOUDEST = 3.0  # times what the number format accounts for
FLIPS_LISTED = 100  # flips described in a check; a broken file has thousands


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file of one number format is held to; None where nothing is demanded."""

    max_abs_difference: float | None = None
    mean_abs_difference: float | None = None
    flips: int | None = None
    unexplained_flips: int | None = None
    noise_ratio: float | None = None
    accuracy_loss: float | None = None  # share of the samples, 0–1


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two sets of answers to the same samples differ."""

    samples: int
    accuracy: float  # of the file: digits among the ten digits, what is no digit among all classes
    reference_accuracy: float  # of Keras
    interval95: tuple[float, float]  # Wilson's, around `accuracy`
    reference_interval95: tuple[float, float]
    lost: int  # samples that Keras alone has right
    gained: int  # samples that the file alone has right
    mcnemar: float  # probability of so uneven a loss and gain if neither side were better, 0–1
    agreement: float  # share of samples with the same most probable class
    flips: int  # samples with another one
    unexplained_flips: int
    noise_ratio: float | None  # see `runtime.ledger.noise_ratio`
    max_abs_difference: float  # between two probabilities
    mean_abs_difference: float
    worst: tuple[int, ...]  # samples with the largest difference, largest first
    flipped: tuple[Flip, ...]  # at most FLIPS_LISTED, what is unexplained first

    @property
    def accuracy_loss(self) -> float:
        """By how much Keras is more often right; negative where the file is."""
        return self.reference_accuracy - self.accuracy


@dataclass(frozen=True, slots=True)
class ParityCheck:
    """One file on one engine and one data set."""

    file: str
    backend: str
    data: str  # "golden", "holdout", "validation" or "background"
    limits: Limits
    comparison: Comparison | None = None  # None where the file did not answer
    reason: str | None = None  # why it did not
    supported: bool = True  # False: this engine is known not to run this kind of file
    resolution: float = 0.0  # steps in which the file gives its probabilities; 0 where they are real numbers

    @property
    def broken(self) -> tuple[str, ...]:
        """Each demand that is not met, in words."""
        return find_broken(self.comparison, self.limits) if self.comparison else ()

    @property
    def status(self) -> str:
        """One of "ok", "failed" and "unsupported"."""
        if not self.supported:
            return "unsupported"
        return "ok" if self.comparison and not self.broken else "failed"

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the file; also true where the engine is known not to run it."""
        return self.status != "failed"


@dataclass(frozen=True, slots=True)
class PreprocessingCheck:
    """Whether raw ink becomes the very glyphs that it became where the model was trained."""

    version: int
    crops: int
    differing: int

    @property
    def passed(self) -> bool:
        """Whether every glyph is equal, pixel for pixel."""
        return self.differing == 0


def limits_for(variant: str, samples: int, data: str) -> Limits:
    """What a file of `variant` is held to on `samples` samples of a data set.

    No file may change an answer by more than its number format explains, nor be off three times as far as the format
    accounts for; right files measure 0.7 to 1.3. float32 changes no answer at all: the order of additions moves
    probabilities by 7e-6. float16: weights of 11 significant bits move them by some thousandths. Whole numbers: at most
    0.1 points of accuracy lost on the hold-out (three samples, where it has fewer than 3,000, since so many are lost by
    chance), and everywhere few other answers: right files were seen to change up to 1.4 % of them, with a mean
    difference of 0.002, and one that an engine misread 14 %. Golden samples are drawn, stranger to the network than its
    own kind and few, so that accuracy on them says little about a loss.
    """
    if variant == "float32":
        return Limits(max_abs_difference=1e-4, flips=0, unexplained_flips=0)
    loss = max(0.001, CHANCE / samples) if data == "holdout" and samples else None
    if variant == "float16":
        return Limits(max_abs_difference=0.01, unexplained_flips=0, noise_ratio=LOUDEST, accuracy_loss=loss)
    few = max(2, samples * 3 // 100)
    return Limits(mean_abs_difference=0.01, flips=few, unexplained_flips=0, noise_ratio=LOUDEST, accuracy_loss=loss)


def compare(
    reference: Probabilities,
    answers: Probabilities,
    labels: NDArray[np.uint8],
    form: NumberFormat | None = None,
    indices: NDArray[np.int64] | None = None,
) -> Comparison:
    """Compare a file's `answers` with Keras' `reference`, both (N, K), N ≥ 1, for samples of the classes `labels` (N,).

    A label of 10 is what is no digit. `form` tells how the file rounds (None: not at all). `indices` (N,) are the
    samples' places in their data set, where they are only a part of it. Raises ValueError where the shapes do not fit.
    """
    if reference.shape != answers.shape or labels.shape != reference.shape[:1] or not len(labels):
        raise ValueError(f"expected equal shapes and N ≥ 1, got {reference.shape}, {answers.shape}, {labels.shape}")
    places = np.arange(len(labels)) if indices is None else indices
    return compare_answers(Answers(reference, answers, labels, places), form or NumberFormat())


def compare_answers(both: Answers, form: NumberFormat) -> Comparison:
    """The same for answers that are gathered already, also for another number of classes; of N ≥ 1 samples."""
    labels = both.labels
    flipped = list_flips(both, form)
    return Comparison(
        samples=len(labels),
        **_count_right(both),
        **_measure_difference(both),
        agreement=(len(labels) - len(flipped)) / len(labels),
        flips=len(flipped),
        unexplained_flips=sum(not flip.explained for flip in flipped),
        noise_ratio=noise_ratio(both, form),
        flipped=flipped[:FLIPS_LISTED],
    )


def find_right(answers: Probabilities, labels: NDArray[np.uint8], known: int = DIGITS) -> NDArray[np.bool_]:
    """Which answers are right, (N,): for a digit the best of the ten digits, for what is none the best of all.

    With another number of classes, `known`, for what is one of them the best of these.
    """
    best = np.where(labels < known, answers[:, :known].argmax(axis=1), answers.argmax(axis=1))
    return np.asarray(best == labels)


def find_broken(comparison: Comparison, limits: Limits) -> tuple[str, ...]:
    """Each of the `limits` that `comparison` exceeds, in words."""
    demands = asdict(limits)
    found = {name: getattr(comparison, name) for name in demands}
    slack = 1e-12  # so that exactly one lost sample is not more than one lost sample
    return tuple(
        f"{name.replace('_', ' ')} {found[name]:.6g}, at most {most:.6g} allowed"
        for name, most in demands.items()
        if most is not None and found[name] is not None and not found[name] <= most + slack
    )


def check_document(check: ParityCheck) -> dict[str, Any]:
    """One check as JSON; the figures are null where the file did not answer."""
    names = list(Comparison.__slots__)
    figures = asdict(check.comparison) if check.comparison else dict.fromkeys(names) | {"samples": 0, "worst": []}
    figures["flipped"] = list(figures["flipped"] or ())
    limits = {name: value for name, value in asdict(check.limits).items() if value is not None}
    return {
        "file": check.file,
        "backend": check.backend,
        "data": check.data,
        "status": check.status,
        "passed": check.passed,
        "reason": check.reason or "; ".join(check.broken) or None,
        **figures,
        "limits": {"resolution": check.resolution, **limits},
    }


def _count_right(both: Answers) -> dict[str, Any]:
    """How often each side is right, and what that says."""
    file, keras = (find_right(answers, both.labels, both.known) for answers in (both.answers, both.reference))
    lost, gained = int((keras & ~file).sum()), int((file & ~keras).sum())
    return {
        "accuracy": float(file.mean()),
        "reference_accuracy": float(keras.mean()),
        "interval95": wilson_interval(int(file.sum()), len(file)),
        "reference_interval95": wilson_interval(int(keras.sum()), len(keras)),
        "lost": lost,
        "gained": gained,
        "mcnemar": mcnemar_exact(lost, gained),
    }


def _measure_difference(both: Answers) -> dict[str, Any]:
    """How far the probabilities are apart, and where most."""
    difference = np.abs(both.reference.astype(np.float64) - both.answers)
    worst = np.argsort(-difference.max(axis=1), kind="stable")[:WORST]
    return {
        "max_abs_difference": float(difference.max()),
        "mean_abs_difference": float(difference.mean()),
        "worst": tuple(both.places[worst].tolist()),
    }
