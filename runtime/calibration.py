"""What a file's probabilities are worth: a correction that makes them honest, and the confidences to judge them by."""

from dataclasses import dataclass

import numpy as np

from runtime.records import DIGITS, Probabilities

TEMPERATURES = (0.1, 10.0)  # beyond these a file is broken rather than shy or boastful
REJECTIONS = (-8.0, 8.0)  # beyond these it rejects everything or nothing


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one model file's answers are to be taken; fitted on that file's own answers to samples it did not learn."""

    temperature: float = 1.0  # by which its probabilities are corrected; below 1 it is too modest, above 1 too sure
    confidence: float = 0.0  # from which a digit is published, 0–1, of the corrected probabilities
    sure: float = 0.9  # from which a digit vouches for its neighbours, 0–1, of the corrected probabilities
    rejection: float = (
        0.0  # added to the logarithm of "not a digit", which is rarer in training than in front of a camera
    )


def correct(probabilities: Probabilities, calibration: Calibration) -> Probabilities:
    """The probabilities (N, K) at the calibration's temperature, then with its weight of "not a digit"; rows sum to 1.

    That is bias-corrected temperature scaling (Alexandari et al., "Maximum likelihood with bias-corrected calibration
    is hard-to-beat at label shift adaptation", 2020) with the one bias whose prior is a matter of use.
    """
    tempered = apply_temperature(probabilities, calibration.temperature)
    if calibration.rejection == 0 or probabilities.shape[1] <= DIGITS:
        return tempered
    weighted = tempered.copy()
    weighted[:, DIGITS] *= np.float32(np.exp(calibration.rejection))
    return np.asarray(weighted / weighted.sum(axis=1, keepdims=True), np.float32)


def apply_temperature(probabilities: Probabilities, temperature: float) -> Probabilities:
    """The probabilities (N, K) at `temperature`, rows summing to 1: p^(1/T), scaled.

    That is the softmax of the network's logits divided by T (Guo et al., "On calibration of modern neural networks",
    2017), for which no logits are needed. The order within a row stays, and what a whole-number file rounds to 0 stays
    0. At temperature 1 the answers are those that came.
    """
    if temperature == 1:
        return probabilities
    powers = probabilities ** np.float32(1 / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
