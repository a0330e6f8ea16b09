"""The scores of many trials, by what was done to the pictures and what is in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convert.reading.disturb import CLEAN
from convert.reading.score import Score
from convert.reading.trial import Trial
from convert.reading.truth import NOTHING, STRING


@dataclass(frozen=True, slots=True)
class Lot:
    """The trials of one reader."""

    trials: Sequence[Trial]

    @property
    def disturbances(self) -> list[str]:
        """What was done to the pictures, in the order of the trials."""
        return list(dict.fromkeys(trial.disturbance for trial in self.trials))

    @property
    def written(self) -> list[Trial]:
        """The clean pictures with handwriting."""
        return [trial for trial in self.trials if trial.disturbance == CLEAN and trial.truth.kind != NOTHING]

    def pages(self, disturbance: str = CLEAN) -> list[Score]:
        """The scores of pictures with handwriting, but not of strings."""
        return self._scores(disturbance, lambda kind: kind not in (NOTHING, STRING))

    def strings(self, disturbance: str = CLEAN) -> list[Score]:
        """The scores of strings: pictures that one line fills."""
        return self._scores(disturbance, lambda kind: kind == STRING)

    def empty(self, disturbance: str = CLEAN) -> list[Score]:
        """The scores of pictures without handwriting."""
        return self._scores(disturbance, lambda kind: kind == NOTHING)

    def _scores(self, disturbance: str, belongs: Callable[[str], bool]) -> list[Score]:
        return [t.score for t in self.trials if t.disturbance == disturbance and belongs(t.truth.kind)]
