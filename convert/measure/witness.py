"""What one file of a run says about all that it is asked: answers by the name of what was shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np

from convert.calibration import fit_correction
from convert.keras_model import answer
from convert.measure.logits import Logits, QuantisedLogits, keras_logits
from convert.measure.material import Digits, Elsewhere, Junk, OfRun
from convert.measure.rejection import Answered
from runtime.backends import Backend
from runtime.calibration import Calibration, correct
from runtime.evaluate import ask
from runtime.records import DIGITS, Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Everything that a file is asked about."""

    own: OfRun
    elsewhere: Elsewhere

    @property
    def digits(self) -> tuple[Digits, ...]:
        """All digits to report on, the hold-out first."""
        return (self.own.holdout, *self.elsewhere.sets, *self.elsewhere.photographs)

    @property
    def junk(self) -> tuple[Junk, ...]:
        """All that is no digit."""
        return tuple(
            lot for lot in (self.own.validation_junk, self.own.background, self.elsewhere.negatives) if lot is not None
        )

    @property
    def lots(self) -> tuple[Digits | Junk, ...]:
        """All images, those to fit on first."""
        return (self.own.validation, *self.digits, *self.junk)


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """One file's answers to everything shown."""

    name: str  # "keras" or the file's path
    calibration: Calibration  # by which its probabilities are corrected
    answers: Mapping[str, Probabilities]  # by the lot's name; as they came
    logits: Mapping[str, Logits]  # by the lot's name; empty where there are none

    def about(self, lot: Digits | Junk) -> Answered:
        """Its corrected answers to one lot."""
        return Answered(
            correct(self.answers[lot.name], self.calibration),
            self.logits.get(lot.name),
            lot.labels if isinstance(lot, Digits) else None,
            lot.kinds if isinstance(lot, Junk) else (),
        )


def hear_keras(model: keras.Model, bare: keras.Model | None, shown: Shown) -> Witness:
    """The Keras model's answers, with the correction that fits them."""
    answers = {lot.name: answer(model, lot.images) for lot in shown.lots}
    logits = {lot.name: keras_logits(bare, lot.images) for lot in shown.lots} if bare is not None else {}
    return Witness("keras", _fit(answers, shown.own), answers, logits)


def hear_file(
    backend: Backend, name: str, calibration: Calibration, quantised: QuantisedLogits | None, shown: Shown
) -> Witness:
    """A converted file's answers, with the correction that its manifest gives it."""
    answers = {lot.name: ask(backend, lot.images) for lot in shown.lots}
    logits = {lot.name: quantised.ask(lot.images) for lot in shown.lots} if quantised is not None else {}
    return Witness(name, calibration, answers, logits)


def _fit(answers: Mapping[str, Probabilities], own: OfRun) -> Calibration:
    """The correction of answers to the validation samples, junk included; none where those were learnt."""
    if own.validation.name != "validation":
        return Calibration()
    rows, labels = [answers[own.validation.name]], [own.validation.labels]
    if own.validation_junk is not None:
        rows.append(answers[own.validation_junk.name])
        labels.append(np.full(len(own.validation_junk), DIGITS, np.uint8))
    return fit_correction(np.concatenate(rows), np.concatenate(labels))
