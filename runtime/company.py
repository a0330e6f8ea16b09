"""What stands among letters or texture is probably none: doubtful company and paper ask more of a digit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from runtime.records import Glyph, Prediction, ReadDigit

REACH = 12.0  # glyph sizes: neighbours farther away say nothing
ALIKE = 2.5  # times: neighbours of another size say nothing
NEAREST = 40  # neighbours that are asked: enough that letters do not pass by chance
DOUBTFUL = 0.28  # share of unsure company from which no confidence is enough; digits have .05, letters .4
PLAIN = 0.5  # doubt about the paper from which nothing is a 1: every bar looks like one, so it has to stand clear
FADE = 5.0  # glyph sizes over which a neighbour's say fades: a word elsewhere on a form does not condemn a number
BENEFIT = 2.3  # sure neighbours that every glyph is credited with, so that few neighbours do not condemn it


def judge(
    glyphs: Sequence[Glyph], predictions: Sequence[Prediction], sure: float, doubts: Sequence[float] | None = None
) -> list[Prediction]:
    """The predictions, each with the threshold that its company asks of it.

    The threshold rises from its own value, where all neighbours are surely digits, to 1, where a share `DOUBTFUL` is
    not: among letters, a network that knows only digits is sure of some and unsure of many. `sure` is the confidence,
    0–1, that nearly all digits reach with this network. Where there are `doubts`, 0–1, that a glyph is ink on paper at
    all, it says so much less about its neighbours.
    """
    if not glyphs:
        return []
    ink = 1 - np.array(doubts if doubts is not None else [0.0] * len(glyphs))
    unsure = np.array([p.confidence < sure for p in predictions])
    shares = [_share(unsure[near], ink[near] * say) for near, say in _neighbours(glyphs)]
    pairs = zip(predictions, shares, strict=True)
    return [replace(p, threshold=p.threshold + (1 - p.threshold) * min(1.0, share / DOUBTFUL)) for p, share in pairs]


def judge_all(
    alone: Sequence[ReadDigit], touching: Sequence[ReadDigit], sure: float, doubts: Sequence[float] | None = None
) -> list[ReadDigit]:
    """The digits found by themselves and those of strings, each with the threshold that its company asks of it.

    `doubts` are those about the ones found by themselves, as for `judge`. Digits that touch are sure company, for
    their string has been believed as a whole, but are judged like all others.
    """
    glyphs = [digit.glyph for digit in (*alone, *touching)]
    known = [replace(d.prediction, probabilities=_certain(d.prediction)) for d in touching]
    all_doubts = [*(doubts or [0.0] * len(alone)), *[0.0] * len(touching)]
    judged = judge(glyphs, [*(d.prediction for d in alone), *known], sure, all_doubts)
    pairs = zip((*alone, *touching), judged, strict=True)
    return [replace(digit, prediction=replace(digit.prediction, threshold=j.threshold)) for digit, j in pairs]


def wary(predictions: Sequence[Prediction], doubts: Sequence[float]) -> list[Prediction]:
    """The predictions, with no confidence being enough for a 1 where there are `doubts`, 0–1, that it is ink on paper.

    Edges of sheets, bricks, folds and shadows look like a 1 to any network; nine in ten digits read in texture are 1s.
    """
    pairs = zip(predictions, doubts, strict=True)
    return [replace(p, threshold=1.0) if p.best == 1 and doubt > PLAIN else p for p, doubt in pairs]


def _share(unsure: NDArray[np.bool_], say: NDArray[np.float64]) -> float:
    """The share of unsure company, each neighbour with its say."""
    return float(say[unsure].sum() / (say.sum() + BENEFIT))


def _certain(prediction: Prediction) -> NDArray[np.float32]:
    """Probabilities that leave no doubt about a prediction's digit."""
    return np.asarray(np.arange(prediction.probabilities.size) == prediction.best, np.float32)


def _neighbours(glyphs: Sequence[Glyph]) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """For each glyph, the indices of its nearest neighbours of similar height, and the say of each by its distance."""
    centres = np.array([glyph.box.centre for glyph in glyphs])
    heights = np.array([glyph.box.height for glyph in glyphs], np.float64)
    sizes = np.array([max(glyph.box.width, glyph.box.height) for glyph in glyphs], np.float64)
    found = []
    for index, (centre, height, size) in enumerate(zip(centres, heights, sizes, strict=True)):
        distance = np.hypot(*(centres - centre).T) / size
        distance[(heights > ALIKE * height) | (ALIKE * heights < height)] = np.inf
        distance[index] = np.inf
        order = np.argsort(distance, kind="stable")[:NEAREST]
        near = order[distance[order] < REACH]
        found.append((near, np.exp(-distance[near] / FADE)))
    return found
