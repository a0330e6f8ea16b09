"""What stands among letters or texture is probably none: doubtful company and paper ask more of a digit."""

from collections.abc import Sequence

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
    unsure = np.array([p.confidence < sure for p in predictions])
    say = _says(glyphs) * (1 - np.array(doubts if doubts is not None else [0.0] * len(glyphs)))
    shares = say[:, unsure].sum(axis=1) / (say.sum(axis=1) + BENEFIT)  # of unsure company
    pairs = zip(predictions, (shares / DOUBTFUL).tolist(), strict=True)
    return [Prediction(p.probabilities, p.threshold + (1 - p.threshold) * min(1.0, rise)) for p, rise in pairs]


def judge_all(
    alone: Sequence[ReadDigit], touching: Sequence[ReadDigit], sure: float, doubts: Sequence[float] | None = None
) -> list[ReadDigit]:
    """The digits found by themselves and those of strings, each with the threshold that its company asks of it.

    `doubts` are those about the ones found by themselves, as for `judge`. Digits that touch are sure company, for
    their string has been believed as a whole, but are judged like all others.
    """
    glyphs = [digit.glyph for digit in (*alone, *touching)]
    known = [Prediction(_certain(d.prediction), d.prediction.threshold) for d in touching]
    all_doubts = [*(doubts or [0.0] * len(alone)), *[0.0] * len(touching)]
    judged = judge(glyphs, [*(d.prediction for d in alone), *known], sure, all_doubts)
    pairs = zip((*alone, *touching), judged, strict=True)
    return [ReadDigit(d.glyph, Prediction(d.prediction.probabilities, j.threshold)) for d, j in pairs]


def wary(predictions: Sequence[Prediction], doubts: Sequence[float]) -> list[Prediction]:
    """The predictions, with no confidence being enough for a 1 where there are `doubts`, 0–1, that it is ink on paper.

    Edges of sheets, bricks, folds and shadows look like a 1 to any network; nine in ten digits read in texture are 1s.
    """
    pairs = zip(predictions, doubts, strict=True)
    return [Prediction(p.probabilities, 1.0) if doubt > PLAIN and p.best == 1 else p for p, doubt in pairs]


def _certain(prediction: Prediction) -> NDArray[np.float32]:
    """Probabilities that leave no doubt about a prediction's digit."""
    return np.asarray(np.arange(prediction.probabilities.size) == prediction.best, np.float32)


def _says(glyphs: Sequence[Glyph]) -> NDArray[np.float64]:
    """How much every glyph (column) has to say about every other (row), by its distance, (N, N): 0 beyond its reach."""
    left, top, width, height = np.array([glyph.box for glyph in glyphs], np.float64).T
    x, y, size = left + width / 2, top + height / 2, np.maximum(width, height)[:, None]
    distance = np.hypot(x[:, None] - x, y[:, None] - y) / size
    alike = (height[:, None] <= ALIKE * height) & (height <= ALIKE * height[:, None])
    say = np.where(alike & (distance < REACH), np.exp(-distance / FADE), 0)
    np.fill_diagonal(say, 0)
    if len(glyphs) > NEAREST:
        farther = np.argsort(-say, axis=1, kind="stable")[:, NEAREST:]
        np.put_along_axis(say, farther, 0, axis=1)
    return say
