"""The figures of `docs/reading.md`: tables of scores by kind, origin and disturbance, and of speed."""

from collections.abc import Callable, Iterable, Sequence

from convert.reading.disturb import CLEAN
from convert.reading.score import Score, total
from convert.reading.trial import Trial
from convert.reading.truth import NOTHING
from runtime.errors import InputError

OPENING, CLOSING = "<!-- figures -->\n", "<!-- /figures -->"
HEADER = "| {} | pictures | digits | F1 | precision | recall | lines exact | pictures exact |"
RIGHT = "|---|" + "---:|" * 7


def figures(trials: Sequence[Trial], plain: Sequence[Trial], speeds: Sequence[str]) -> str:
    """All tables, in Markdown; `plain` are the plain reader's trials, `speeds` rows of the last table."""
    clean = [trial for trial in trials if trial.disturbance == CLEAN]
    written = [trial for trial in clean if trial.truth.kind != NOTHING]
    parts = [
        _score_table("kind", written, lambda trial: trial.truth.kind),
        "Digits in pictures without handwriting:\n\n" + _false_table(trials, plain),
        _disturbance_table(trials, plain),
        _score_table("origin", [t for t in written if t.truth.kind != "string"], lambda trial: trial.truth.origin),
        "| frame | reader, ms of CPU | plain reader | ratio |\n|---|---:|---:|---:|\n" + "\n".join(speeds),
    ]
    return "\n\n".join(parts)


def replace_figures(text: str, tables: str) -> str:
    """The page's text with new tables between its markers; InputError where it has none."""
    before, opening, rest = text.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not (opening and closing):
        raise InputError(f"the page has no place for figures; expected {OPENING.strip()} and {CLOSING}")
    return f"{before}{opening}\n{tables}\n\n{closing}{after}"


def _score_table(what: str, trials: Sequence[Trial], key: Callable[[Trial], str]) -> str:
    """One row a group of pictures, the groups in the order of their first picture."""
    groups = dict.fromkeys(map(key, trials))
    rows = [_score_row(group, total(t.score for t in trials if key(t) == group)) for group in groups]
    return "\n".join([HEADER.format(what), RIGHT, *rows])


def _score_row(name: str, score: Score) -> str:
    lines = f"{score.lines_exact:.3f}" if score.lines else "–"
    return (
        f"| {name} | {score.pictures} | {score.right + score.missed} | {score.f1:.3f} | {score.precision:.3f} | "
        f"{score.recall:.3f} | {lines} | {score.pictures_exact:.3f} |"
    )


def _disturbance_table(trials: Sequence[Trial], plain: Sequence[Trial]) -> str:
    """One row a disturbance, strings left out, with the loss of F1 against the clean pictures."""
    ours, theirs = (_by_disturbance(t for t in some if t.truth.kind != "string") for some in (trials, plain))
    rows = [
        f"| {name} | {score.f1:.3f} | {ours[CLEAN].f1 - score.f1:+.3f} | {score.lines_exact:.3f} | "
        f"{score.false_each:.2f} | {theirs[name].f1:.3f} | {theirs[name].lines_exact:.3f} |"
        for name, score in ours.items()
    ]
    header = "| pictures | F1 | loss | lines exact | false digits each | plain reader: F1 | lines exact |"
    return "\n".join([header, "|---|" + "---:|" * 6, *rows])


def _false_table(trials: Sequence[Trial], plain: Sequence[Trial]) -> str:
    ours, theirs = (_by_disturbance(some)[CLEAN] for some in (trials, plain))
    rows = [
        f"| without any digit | {ours.empty_pictures} | {ours.false_each:.2f} | {theirs.false_each:.2f} |",
        f"| with printed digits | {ours.printed_pictures} | {ours.printed_each:.2f} | {theirs.printed_each:.2f} |",
    ]
    return "\n".join(["| pictures | | digits each | plain reader |", "|---|---:|---:|---:|", *rows])


def _by_disturbance(trials: Iterable[Trial]) -> dict[str, Score]:
    """The sums of scores under each disturbance."""
    sums: dict[str, Score] = {}
    for trial in trials:
        sums[trial.disturbance] = sums.get(trial.disturbance, Score()) + trial.score
    return sums
