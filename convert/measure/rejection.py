"""How well digits are told from what is none: several ways, each a score that is high for digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.calibration import auroc, digit_scores, highest_threshold, risk_coverage
from convert.measure.counting import find_right
from runtime.records import DIGITS, Probabilities

FITTED_ON = "fitted on"
KEPT = 0.99  # share of the validation digits that the compared thresholds keep
COVERAGES = tuple(round(0.04 * step, 2) for step in range(1, 26))
"""Shares of the samples at which the risk is told."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What one file says about one lot of images."""

    probabilities: Probabilities  # (N, K), corrected by the file's temperature
    logits: NDArray[np.float32] | None = None  # (N, K), where they are at hand
    labels: NDArray[np.uint8] | None = None  # (N,) 0–9; None: junk
    kinds: tuple[str, ...] = ()  # (N,) of junk


def method_scores(answered: Answered) -> dict[str, Scores]:
    """The score (N,) that each method gives: the higher, the more it is a digit.

    softmax: the best digit's share among the ten (Hendrycks and Gimpel, 2017); max-logit: its logit (Hendrycks et al.,
    "Scaling out-of-distribution detection", 2022); energy: the logarithm of the ten's summed exponentials (Liu et al.,
    2020); background: one minus the share of the eleventh class; published: the best digit's probability, 0 where "not
    a digit" has more, which is what the reader goes by.
    """
    rows = answered.probabilities
    digits = rows[:, :DIGITS]
    scores = {"softmax": digits.max(axis=1) / np.maximum(digits.sum(axis=1), np.finfo(np.float32).tiny)}
    if answered.logits is not None:
        ten = answered.logits[:, :DIGITS].astype(np.float64)
        highest = ten.max(axis=1)
        scores["max-logit"] = highest.astype(np.float32)
        scores["energy"] = (highest + np.log(np.exp(ten - highest[:, None]).sum(axis=1))).astype(np.float32)
    if rows.shape[1] > DIGITS:
        scores["background"] = 1 - rows[:, DIGITS]
        scores["published"] = digit_scores(rows)
    return scores


def compare_methods(
    fitted_on: Answered, digits: Mapping[str, Answered], junk: Mapping[str, Answered], ranked: Sequence[str]
) -> list[dict[str, Any]]:
    """The figures of each method: its threshold, fitted on the digits `fitted_on` alone, and what it does elsewhere.

    Of `digits` the share kept and of `junk` the share accepted, by name; AUROC of each lot of junk against those of
    `digits` that `ranked` names, and of each kind of it against the first of them.
    """
    of_digits = {name: method_scores(answered) for name, answered in digits.items()}
    of_junk = {name: method_scores(answered) for name, answered in junk.items()}
    figures = []
    for method, scores in method_scores(fitted_on).items():
        threshold = highest_threshold(scores, KEPT)
        kept = {FITTED_ON: scores, **{name: found[method] for name, found in of_digits.items()}}
        others = {name: (found[method], junk[name].kinds) for name, found in of_junk.items()}
        judged = judge_at(threshold, kept, others)
        areas = {good: {bad: _area(kept[good], others[bad][0]) for bad in others} for good in (FITTED_ON, *ranked)}
        by_kind = {name: _areas(kept[ranked[0]], *others[name]) for name in judged["by_kind"]}
        figures.append(
            {"method": method, "threshold": _rounded(threshold), **judged, "auroc": areas, "auroc_by_kind": by_kind}
        )
    return figures


def judge_at(
    threshold: float, digits: Mapping[str, Scores], junk: Mapping[str, tuple[Scores, Sequence[str]]]
) -> dict[str, Any]:
    """What a threshold keeps of digits and accepts of junk, by name; of junk of several kinds also by kind."""
    accepted = {name: (scores >= threshold) & (scores != 0) for name, (scores, _) in junk.items()}
    kinds = {name: kinds for name, (_, kinds) in junk.items() if len(set(kinds)) > 1}
    return {
        "kept": {name: _share(scores >= threshold) for name, scores in digits.items()},
        "accepted": {name: _share(taken) for name, taken in accepted.items()},
        "by_kind": {name: _shares(accepted[name], each) for name, each in kinds.items()},
    }


def risk_curves(digits: Answered, junk: Answered | None) -> dict[str, list[float]]:
    """For each method, the share of what it accepts that is wrong, at each of COVERAGES of all samples.

    Wrong are digits taken for others and all junk. `digits` has labels.
    """
    assert digits.labels is not None, "risk needs labels"  # noqa: S101
    wrong = ~find_right(digits.probabilities, digits.labels)
    scores = method_scores(digits)
    if junk is not None:
        others = method_scores(junk)
        wrong = np.concatenate([wrong, np.ones(len(junk.probabilities), bool)])
        scores = {method: np.concatenate([own, others[method]]) for method, own in scores.items()}
    return {method: _risks(found, wrong) for method, found in scores.items()}


def _risks(scores: Scores, wrong: NDArray[np.bool_]) -> list[float]:
    curve = risk_coverage(scores, wrong)
    places = np.searchsorted(curve.coverage, np.array(COVERAGES) - 1e-9)
    return [_rounded(float(risk)) for risk in curve.risk[places]]


def _share(taken: NDArray[np.bool_]) -> float:
    return _rounded(float(taken.mean()))


def _shares(taken: NDArray[np.bool_], kinds: Sequence[str]) -> dict[str, float]:
    names = np.array(kinds)
    return {str(kind): _share(taken[names == kind]) for kind in np.unique(names)}


def _area(digits: Scores, junk: Scores) -> float:
    return _rounded(auroc(digits, junk))


def _areas(digits: Scores, junk: Scores, kinds: Sequence[str]) -> dict[str, float]:
    names = np.array(kinds)
    return {str(kind): _area(digits, junk[names == kind]) for kind in np.unique(names)}


def _rounded(value: float) -> float:
    return round(value, 5)
