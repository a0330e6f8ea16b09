"""The measurement as one document: figures alone, no picture and no name of a file that was measured on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from convert.calibration import digit_scores, expected_calibration_error, reliability_bins
from convert.measure.counting import (
    count_by_kind,
    count_confusions,
    count_errors,
    find_right,
    pack_right,
)
from convert.measure.material import Digits
from convert.measure.record import SCHEMA, SHIPS, Document
from convert.measure.rejection import COVERAGES, compare_methods, judge_at, risk_curves
from convert.measure.witness import Shown, Witness
from runtime.bundle import Bundle, find_file
from runtime.calibration import correct
from runtime.manifest import now
from runtime.records import Probabilities

LEAST_SHARE = 1 / 512  # what a whole-number file rounds to 0 is half of its smallest step at most
TRAINING = ("model", "preset", "seed", "epochs", "data", "training_samples", "command", "seconds")
"""What is told of how the run was trained."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A run with everything that its files said."""

    bundle: Bundle
    shown: Shown
    witnesses: tuple[Witness, Witness]  # Keras and the file that ships
    others: Mapping[str, Probabilities]  # further files' answers to the hold-out, by path
    multiply_adds: int
    latency: Mapping[str, Any]


def compose(subject: Subject) -> Document:
    """The document, schema digits.measurement/1."""
    described, shown = subject.bundle.manifest, subject.shown
    training = {key: described.training[key] for key in TRAINING if key in described.training}
    return {
        "schema": SCHEMA,
        "run": described.name,
        "created": now(),
        "manifest_sha256": subject.bundle.sha256,
        "training": training,
        "parameters": described.parameters,
        "multiply_adds": subject.multiply_adds,
        "classes": len(described.classes),
        "files": _files(subject),
        "validation": {"of": shown.own.validation.name, **_validation(subject)},
        "sets": [_set(subject, lot) for lot in (*shown.elsewhere.sets, *shown.elsewhere.photographs)],
        "calibration": {witness.name: _calibration(witness, shown) for witness in subject.witnesses},
        "junk": {lot.name: len(lot) for lot in shown.junk},
        "rejection": {witness.name: _rejection(witness, shown) for witness in subject.witnesses},
        "published": _published(subject),
        "risk_coverage": _risk_coverage(subject),
        "latency": dict(subject.latency),
    }


def _files(subject: Subject) -> list[dict[str, Any]]:
    """Every file's errors on the hold-out, Keras first, and how many of Keras' answers it changes."""
    holdout = subject.shown.own.holdout
    answers = {witness.name: witness.answers[holdout.name] for witness in subject.witnesses} | dict(subject.others)
    sizes = {file.path: file.size for file in subject.bundle.manifest.converted()}
    digits = {name: rows[:, :10].argmax(axis=1) for name, rows in answers.items()}
    reference = digits["keras"]
    return [
        {
            "file": name,
            "bytes": sizes.get(name),
            **count_errors(find_right(rows, holdout.labels)),
            "changed": int((digits[name] != reference).sum()),
            "right": pack_right(find_right(rows, holdout.labels)),
        }
        for name, rows in answers.items()
    ]


def _validation(subject: Subject) -> dict[str, Any]:
    """Errors on the digits that everything is chosen by, and the mean negative log-likelihood of their labels."""
    lot = subject.shown.own.validation
    return {
        witness.name: {
            **count_errors(find_right(witness.answers[lot.name], lot.labels)),
            "loss": round(_loss(witness.answers[lot.name], lot), 5),
        }
        for witness in subject.witnesses
    }


def _loss(rows: Probabilities, lot: Digits) -> float:
    own = rows[np.arange(len(lot)), lot.labels].astype(np.float64)
    return float(-np.log(np.maximum(own, LEAST_SHARE)).mean())


def _set(subject: Subject, lot: Digits) -> dict[str, Any]:
    """One lot of digits from elsewhere."""
    figures: dict[str, Any] = {"name": lot.name, "samples": len(lot)}
    for witness in subject.witnesses:
        rows = witness.answers[lot.name]
        right = find_right(rows, lot.labels)
        counted = {key: value for key, value in count_errors(right).items() if key != "samples"}
        kinds = {"by_kind": count_by_kind(right, lot.kinds)} if lot.kinds else {}
        figures[witness.name] = {**counted, **kinds, "confusions": count_confusions(rows, lot.labels)}
    return figures


def _calibration(witness: Witness, shown: Shown) -> dict[str, Any]:
    """How far confidence and accuracy are apart before and after the correction, on digits not fitted on."""
    calibration = witness.calibration
    figures: dict[str, Any] = {"temperature": calibration.temperature, "rejection": calibration.rejection}
    for lot in (shown.own.holdout, *shown.elsewhere.photographs[:1]):
        rows = witness.answers[lot.name]
        figures[lot.name] = {}
        for name, taken in (("before", rows), ("after", correct(rows, calibration))):
            bins = [
                [b.samples, round(b.confidence, 4), round(b.accuracy, 4)] for b in reliability_bins(taken, lot.labels)
            ]
            error = expected_calibration_error(taken, lot.labels)
            figures[lot.name][name] = {"expected_calibration_error": round(error, 5), "bins": bins}
    return figures


def _rejection(witness: Witness, shown: Shown) -> list[dict[str, Any]]:
    digits = {lot.name: witness.about(lot) for lot in shown.digits}
    junk = {lot.name: witness.about(lot) for lot in shown.junk}
    ranked = [lot.name for lot in (shown.own.holdout, *shown.elsewhere.photographs[:1])]
    return compare_methods(witness.about(shown.own.validation), digits, junk, ranked)


def _published(subject: Subject) -> dict[str, Any]:
    """What the reader would publish of each lot by the thresholds that the manifest has for the file that ships."""
    witness, shown = subject.witnesses[1], subject.shown
    file = find_file(subject.bundle, SHIPS)
    calibration = subject.bundle.manifest.calibration(file)
    scores = {lot.name: digit_scores(witness.about(lot).probabilities) for lot in shown.lots}
    digits = {lot.name: scores[lot.name] for lot in (shown.own.validation, *shown.digits)}
    junk = {lot.name: (scores[lot.name], lot.kinds) for lot in shown.junk}
    return {**asdict(calibration), **judge_at(calibration.confidence, digits, junk)}


def _risk_coverage(subject: Subject) -> dict[str, Any]:
    """Curves of the file that ships: digits alone, and together with what is none."""
    witness, shown = subject.witnesses[1], subject.shown
    pairs = [(shown.own.holdout, shown.own.background)]
    pairs += [(lot, shown.elsewhere.negatives) for lot in shown.elsewhere.photographs[:1]]
    curves = {}
    for digits, junk in pairs:
        name = f"{digits.name} and {junk.name}" if junk else digits.name
        curves[name] = risk_curves(witness.about(digits), witness.about(junk) if junk else None)
    return {"coverage": list(COVERAGES), **curves}
