"""The report on what still fails, picture by picture: for those who may see the pictures, never to be published."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from convert.reading.disturb import CLEAN, DISTURBANCES
from convert.reading.failures import STAGES, Failure, find_failures
from convert.reading.trial import Trial
from runtime.annotate import annotate
from runtime.atomic import atomic_folder, write_text
from runtime.explain import draw_sheet, explain
from runtime.explain.canvas import fitted
from runtime.page import embed_file, render
from runtime.pictures import load_picture, save_picture
from runtime.reader import Reader
from runtime.records import Frame
from runtime.replaceable import check_replaceable

WORST = 10  # pictures that are explained stage by stage
SHOWN_SIDE = 900  # pixels; the pictures of the page
NOTHING_SHOWN = Markup()
UNPUBLISHED = "# a report of digits score, whose pictures may not be published\n*\n"
PARTS = (".gitignore", "index.html", "[0-9]*[0-9].jpg", "[0-9]*[0-9]-explained.png")  # of a report


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture that was not read as it should have been."""

    trial: Trial
    failures: list[Failure]  # empty where boxes are not known
    picture: Markup = NOTHING_SHOWN  # a data URI
    sheet: str = ""  # the name of the sheet that explains it, for the worst ones

    @property
    def errors(self) -> int:
        """How many digits are wrong, missing or too many."""
        return _errors(self.trial)


def find_cases(trials: Sequence[Trial], reader: Reader) -> list[Case]:
    """The clean pictures that went wrong, the worst first; printed digits come last, for they are digits."""
    wrong = [trial for trial in trials if trial.disturbance == CLEAN and _errors(trial)]
    cases = [Case(trial, find_failures(_frame(trial), trial, reader)) for trial in wrong]
    return sorted(cases, key=lambda case: (case.trial.truth.printed, -case.errors))


def count_stages(cases: Sequence[Case]) -> dict[str, int]:
    """How many digits each stage lost, from the first stage to the last."""
    counts = Counter(failure.stage for case in cases for failure in case.failures)
    return {stage: counts[stage] for stage in STAGES if counts[stage]}


def check_place(folder: Path) -> None:
    """Raise UsageError where `folder` holds anything but an older report, which a new one would replace."""
    check_replaceable(folder, _report_files, "report of digits score")


def write_report(folder: Path, trials: Sequence[Trial], cases: Sequence[Case], reader: Reader) -> None:
    """Write `index.html` and its pictures into `folder`, which takes the place of an older report.

    The worst pictures are explained stage by stage. A file in the folder keeps git from ever committing it. Raises
    UsageError where the folder holds anything else.
    """
    check_place(folder)
    disturbed = sorted((t for t in trials if t.disturbance != CLEAN and _errors(t)), key=_errors, reverse=True)
    with atomic_folder(folder) as place:
        write_text(place / ".gitignore", UNPUBLISHED)
        shown = [_shown(number, case, place, reader) for number, case in enumerate(cases, 1)]
        page = render(
            "reading.html",
            title="What is not read",
            cases=shown,
            disturbed=disturbed,
            stages=count_stages(cases),
            meanings=STAGES,
            pictures=sum(trial.disturbance == CLEAN for trial in trials),
        )
        write_text(place / "index.html", page)


def _report_files(folder: Path) -> tuple[str, ...]:
    """What a report holds; nothing where the folder is none."""
    try:
        known = (folder / ".gitignore").read_bytes() == UNPUBLISHED.encode()
    except OSError:
        known = False
    return PARTS if known else ()


def _shown(number: int, case: Case, place: Path, reader: Reader) -> Case:
    """The case with its picture written into the folder, and the sheet that explains it if it is among the worst."""
    frame = _frame(case.trial)
    picture = place / f"{number:03d}.jpg"
    save_picture(picture, fitted(annotate(frame, case.trial.reading), SHOWN_SIDE, SHOWN_SIDE))
    sheet = f"{number:03d}-explained.png" if number <= WORST else ""
    if sheet:
        save_picture(place / sheet, draw_sheet(explain(reader, frame)))
    return Case(case.trial, case.failures, embed_file(picture), sheet)


def _frame(trial: Trial) -> Frame:
    """The picture, read from its file and disturbed again: all of them at once would fill the memory."""
    return DISTURBANCES[trial.disturbance](load_picture(trial.truth.file), trial.truth)[0]


def _errors(trial: Trial) -> int:
    score = trial.score
    return score.added + score.missed + score.false + score.printed
