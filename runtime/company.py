"""What stands among letters or texture is probably none: doubtful company raises the confidence that a digit needs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from runtime.records import Glyph, Prediction, ReadDigit

REACH = 12.0  # glyph sizes: neighbours farther away say nothing
ALIKE = 2.5  # times: neighbours of another size say nothing
NEAREST = 40  # neighbours that are asked: enough that letters do not pass by chance
DOUBTFUL = 0.28  # share of unsure company from which no confidence is enough; digits have .05, letters .4
BENEFIT = 3  # sure neighbours that every glyph is credited with, so that few neighbours do not condemn it


def judge(glyphs: Sequence[Glyph], predictions: Sequence[Prediction], sure: float) -> list[Prediction]:
    """The predictions, each with the threshold that its company asks of it.

    The threshold rises from its own value, where all neighbours are surely digits, to 1, where a share `DOUBTFUL` is
    not: among letters, a network that knows only digits is sure of some and unsure of many. `sure` is the confidence,
    0–1, that nearly all digits reach with this network.
    """
    if not glyphs:
        return []
    unsure = np.array([p.confidence < sure for p in predictions])
    shares = [float(unsure[near].sum() / (near.size + BENEFIT)) for near in _neighbours(glyphs)]
    pairs = zip(predictions, shares, strict=True)
    return [replace(p, threshold=p.threshold + (1 - p.threshold) * min(1.0, share / DOUBTFUL)) for p, share in pairs]


def judge_all(alone: Sequence[ReadDigit], touching: Sequence[ReadDigit], sure: float) -> list[ReadDigit]:
    """The digits found by themselves and those of strings, each with the threshold that its company asks of it.

    Digits that touch are sure company, for their string has been believed as a whole, but are judged like all others.
    """
    glyphs = [digit.glyph for digit in (*alone, *touching)]
    known = [replace(d.prediction, probabilities=_certain(d.prediction)) for d in touching]
    judged = judge(glyphs, [*(d.prediction for d in alone), *known], sure)
    pairs = zip((*alone, *touching), judged, strict=True)
    return [replace(digit, prediction=replace(digit.prediction, threshold=j.threshold)) for digit, j in pairs]


def _certain(prediction: Prediction) -> NDArray[np.float32]:
    """Probabilities that leave no doubt about a prediction's digit."""
    return np.asarray(np.arange(prediction.probabilities.size) == prediction.best, np.float32)


def _neighbours(glyphs: Sequence[Glyph]) -> list[NDArray[np.intp]]:
    """For each glyph, the indices of its nearest neighbours of similar height."""
    centres = np.array([glyph.box.centre for glyph in glyphs])
    heights = np.array([glyph.box.height for glyph in glyphs], np.float64)
    sizes = np.array([max(glyph.box.width, glyph.box.height) for glyph in glyphs], np.float64)
    found = []
    for index, (centre, height, size) in enumerate(zip(centres, heights, sizes, strict=True)):
        distance = np.hypot(*(centres - centre).T) / size
        distance[(heights > ALIKE * height) | (ALIKE * heights < height)] = np.inf
        distance[index] = np.inf
        order = np.argsort(distance, kind="stable")[:NEAREST]
        found.append(order[distance[order] < REACH])
    return found
