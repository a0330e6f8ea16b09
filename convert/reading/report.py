"""The report on what still fails, picture by picture: for those who may see the pictures, never to be published."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from convert.reading.disturb import DISTURBANCES
from convert.reading.failures import Failure, find_failures
from convert.reading.trial import Trial
from runtime.annotate import annotate
from runtime.atomic import write_text
from runtime.page import embed_picture, render
from runtime.pictures import load_picture

SHOWN_SIDE = 900  # pixels; the pictures of the report


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture that was not read as it should have been."""

    trial: Trial
    failures: list[Failure]  # empty where boxes are not known
    picture: Markup  # a data URI

    @property
    def errors(self) -> int:
        """How many digits are wrong, missing or too many."""
        score = self.trial.score
        return score.added + score.missed + score.false + score.printed


def write_report(path: Path, trials: Sequence[Trial]) -> dict[str, int]:
    """Write the page about the trials that went wrong, the worst first; gives how many digits each stage lost."""
    cases = sorted((_case(trial) for trial in trials if _went_wrong(trial)), key=lambda case: -case.errors)
    stages = Counter(failure.stage for case in cases for failure in case.failures)
    write_text(
        path,
        render(
            "reading.html", title="What is not read", cases=cases, stages=stages.most_common(), pictures=len(trials)
        ),
    )
    return dict(stages)


def _went_wrong(trial: Trial) -> bool:
    score = trial.score
    return score.added + score.missed + score.false + score.printed > 0


def _case(trial: Trial) -> Case:
    """The picture is read from its file and disturbed again: all of them at once would fill the memory."""
    original = load_picture(trial.truth.file)
    frame, _ = DISTURBANCES[trial.disturbance](original, trial.truth)
    return Case(trial, find_failures(frame, trial), embed_picture(annotate(frame, trial.reading), SHOWN_SIDE))
