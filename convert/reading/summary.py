"""Everything that was measured, as one document: the goals, and the scores by kind, origin and disturbance."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from convert.reading.goals import DIGITS, FALSE, LINES, LOSSES, STRINGS, Goal, speed_goal
from convert.reading.lot import Lot
from convert.reading.measures import (
    Measured,
    digits,
    false_digits,
    lines,
    lone_lines,
    lost,
    pictures,
    printed_digits,
)
from convert.reading.score import Score, total
from convert.reading.trial import Trial
from convert.reading.truth import STRING

Row = dict[str, Any]
"""One row of a table, by the names of its columns; what nothing tells is None."""


def summarise(trials: Sequence[Trial], plain: Sequence[Trial] = (), speeds: Sequence[Row] = ()) -> Row:
    """The figures of all trials beside those of the plain reader, where it read the same pictures.

    `speeds` are rows with a name such as "640×480", CPU milliseconds of either reader and their ratio.
    """
    ours, theirs = Lot(trials), Lot(plain)
    pages = [trial for trial in ours.written if trial.truth.kind != STRING]
    return {
        "goals": [*_goals(ours, theirs), *(_speed_row(row) for row in speeds)],
        "kinds": _groups(ours.written, lambda trial: trial.truth.kind),
        "origins": _groups(pages, lambda trial: trial.truth.origin),
        "empty": list(_empty(ours, theirs)),
        "disturbances": [_disturbance_row(name, ours, theirs) for name in ours.disturbances],
        "speed": list(speeds),
    }


def _goals(ours: Lot, theirs: Lot) -> Iterator[Row]:
    """One row a goal for which there are pictures."""
    yield from _goal_row(DIGITS, digits(ours.pages()), digits(theirs.pages()))
    yield from _goal_row(LINES, lines(ours.pages()), lines(theirs.pages()))
    yield from _goal_row(FALSE, false_digits(ours.empty()), false_digits(theirs.empty()))
    yield from _goal_row(STRINGS, lone_lines(ours.strings()), lone_lines(theirs.strings()))
    for name, goal in LOSSES.items():
        yield from _goal_row(goal, _lost(ours, name), _lost(theirs, name))


def _goal_row(goal: Goal, ours: Measured | None, theirs: Measured | None) -> list[Row]:
    """The row of a goal, or none where nothing was measured."""
    if ours is None:
        return []
    asked = {"least": goal.least, "aim": goal.aim, "less_is_better": goal.less, "met": goal.is_met(ours.figure)}
    return [{"name": goal.name, **as_told("figure", ours), "plain": _figure(theirs), **asked}]


def _speed_row(row: Row) -> Row:
    (told,) = _goal_row(speed_goal(row["name"]), Measured(row["ratio"]), Measured(1.0))
    return told


def _groups(trials: Sequence[Trial], key: Callable[[Trial], str]) -> list[Row]:
    """One row a group of pictures, the groups in the order of their first picture."""
    names = dict.fromkeys(map(key, trials))
    return [score_row(name, [trial.score for trial in trials if key(trial) == name]) for name in names]


def score_row(name: str, scores: Sequence[Score]) -> Row:
    """The scores of pictures with handwriting, each figure with its interval."""
    whole = total(scores)
    return {
        "name": name,
        "pictures": whole.pictures,
        "digits": whole.right + whole.missed,
        **as_told("f1", digits(scores)),
        "precision": round(whole.precision, 4),
        "recall": round(whole.recall, 4),
        "lines": whole.lines,
        **as_told("lines_exact", lines(scores)),
        **as_told("pictures_exact", pictures(scores)),
    }


def _empty(ours: Lot, theirs: Lot) -> Iterator[Row]:
    """What is read in pictures without handwriting: those without any digit, and those with printed ones."""
    whole = total(ours.empty())
    for name, count, measure in (
        ("without any digit", whole.empty_pictures, false_digits),
        ("with printed digits", whole.printed_pictures, printed_digits),
    ):
        if count:
            told = as_told("digits_each", measure(ours.empty()))
            yield {"name": name, "pictures": count, **told, "plain": _figure(measure(theirs.empty()))}


def _disturbance_row(name: str, ours: Lot, theirs: Lot) -> Row:
    """The scores under one disturbance, of strings only where nothing else is, beside the plain reader's."""
    whole = total(ours.empty(name))
    return {
        **score_row(name, ours.pages(name) or ours.strings(name)),
        **as_told("loss", _lost(ours, name)),
        "false_digits_each": round(whole.false_each, 4),
        "printed_digits_each": round(whole.printed_each, 4),
        "plain_f1": _figure(digits(theirs.pages(name))),
        "plain_lines_exact": _figure(lines(theirs.pages(name))),
    }


def _lost(lot: Lot, name: str) -> Measured | None:
    return lost(lot.pages(), lot.pages(name))


def as_told(name: str, measured: Measured | None) -> Row:
    """A figure and its interval as two fields."""
    within = [round(end, 4) for end in measured.interval] if measured and measured.interval else None
    return {name: _figure(measured), f"{name}_interval95": within}


def _figure(measured: Measured | None) -> float | None:
    return round(measured.figure, 4) if measured else None
