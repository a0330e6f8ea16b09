"""What a file's probabilities are worth: a temperature that makes them honest, and the confidences to judge them by."""

from dataclasses import dataclass

import numpy as np

from runtime.records import Probabilities

TEMPERATURES = (0.1, 10.0)  # beyond these a file is broken rather than shy or boastful


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one model file's answers are to be taken; fitted on that file's own answers to samples it did not learn."""

    temperature: float = 1.0  # by which its probabilities are corrected; below 1 it is too modest, above 1 too sure
    confidence: float = 0.0  # from which a digit is published, 0–1, of the corrected probabilities
    sure: float = 0.9  # from which a digit vouches for its neighbours, 0–1, of the corrected probabilities


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
