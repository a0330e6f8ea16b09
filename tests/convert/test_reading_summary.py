"""The summary of trials made by hand: goals, groups, losses, and the page and the pictures that tell of it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from convert.reading.disturb import CLEAN
from convert.reading.figures import draw_figures, draw_losses, draw_scores
from convert.reading.goals import DIGITS, FALSE, LOSSES, Goal, speed_goal
from convert.reading.lot import Lot
from convert.reading.page import as_figure, as_interval, as_signed, render_page, score_table, write_page
from convert.reading.score import Score
from convert.reading.speed import measure_large, measure_speeds
from convert.reading.summary import Row, score_row, summarise
from convert.reading.trial import Trial, applicable
from convert.reading.truth import NOTHING, STRING, Truth
from runtime.pictures import load_picture
from runtime.records import Frame, Reading

READ = Score(right=9, missed=1, lines_right=1, lines=2, pictures=1)
WORSE = Score(right=8, missed=2, lines=2, pictures=1)
PLAIN = Score(right=5, added=2, missed=5, lines=2, pictures=1)
SPEEDS = [{"name": "640×480", "milliseconds": 5.0, "plain_milliseconds": 2.0, "ratio": 2.5}]


def truth(name: str, kind: str = "photo", *, printed: bool = False) -> Truth:
    return Truth(Path(name), kind, ((1,),), None, printed=printed)


def trial(name: str, score: Score, disturbance: str = CLEAN, kind: str = "photo") -> Trial:
    return Trial(disturbance, truth(name, kind), Reading(()), score)


def trials(score: Score = READ, disturbed: Score = WORSE) -> list[Trial]:
    """Six photographs of two origins, clean and in a shadow, two strings, and three pictures without handwriting."""
    names = [f"{origin}_{number}.png" for origin in ("ann", "ben") for number in range(3)]
    pages = [trial(name, score) for name in names] + [trial(name, disturbed, "shadow band") for name in names]
    lone = Score(right=3, lines_right=1, lines=1, pictures_right=1, pictures=1)
    strings = [trial("a_1.png", lone, kind=STRING), trial("a_2.png", Score(missed=3, lines=1, pictures=1), kind=STRING)]
    empty = [trial("n_1.png", Score(false=1, false_pictures=1, empty_pictures=1), kind=NOTHING)]
    empty += [trial("n_2.png", Score(empty_pictures=1), kind=NOTHING)]
    return [*pages, *strings, *empty, trial("p.png", Score(printed=4, printed_pictures=1), kind=NOTHING)]


@pytest.fixture(scope="module")
def document() -> Row:
    head = {"schema": "digits.score/1", "bundle": {"name": "ours"}, "file": "int8.tflite", "backend": "litert"}
    tail = {"failing": 7, "pictures": 11, "stages": {"ink": 2, "network": 5}}
    variants = [{"name": "as it is", "f1": 0.9, "lines_exact": None, "false_digits_each": 0.1, "strings_exact": 0.5}]
    large = [{"name": "4000×3000", "pictures": 18, "milliseconds": 31.4, "slowest": 97.2}]
    return {**head, "variants": variants, "large": large, **summarise(trials(), trials(PLAIN, PLAIN), SPEEDS), **tail}


# Summary


def test_goals_say_what_is_reached(document: Row) -> None:
    goals = {row["name"]: row for row in document["goals"]}

    assert goals["F1 of digits"]["figure"] == pytest.approx(2 * 9 / (2 * 9 + 1), abs=1e-4)
    assert goals["F1 of digits"]["plain"] == pytest.approx(10 / 17, abs=1e-4)
    assert not goals["F1 of digits"]["met"]
    assert goals["lines exactly right"]["figure"] == 0.5
    assert goals["false digits in each picture without digits"]["figure"] == 0.5
    assert goals["cheque amounts exactly right"]["figure"] == 0.5
    assert goals["loss of F1: shadow band"]["figure"] == pytest.approx(18 / 19 - 16 / 18, abs=1e-4)
    assert goals["CPU time at 640×480, times the plain reader's"]["met"]
    assert len(goals) == 6  # what was not measured is not told


def test_every_row_has_the_same_fields(document: Row) -> None:
    for table in ("goals", "kinds", "origins", "empty", "disturbances", "speed"):
        assert document[table]
        assert len({tuple(row) for row in document[table]}) == 1


def test_groups_are_told_apart(document: Row) -> None:
    assert [(row["name"], row["pictures"], row["digits"]) for row in document["kinds"]] == [
        ("photo", 6, 60),
        ("string", 2, 6),
    ]
    assert [(row["name"], row["pictures"]) for row in document["origins"]] == [("ann", 3), ("ben", 3)]
    assert [(row["name"], row["pictures"], row["digits_each"]) for row in document["empty"]] == [
        ("without any digit", 2, 0.5),
        ("with printed digits", 1, 4.0),
    ]


def test_disturbances_leave_strings_out(document: Row) -> None:
    clean, shadow = document["disturbances"]

    assert (clean["name"], clean["digits"], clean["loss"]) == ("clean", 60, 0)
    assert shadow["loss"] > 0
    assert shadow["loss_interval95"] is None  # all pictures lose the same
    assert clean["false_digits_each"] == 0.5
    assert clean["printed_digits_each"] == 4


def test_strings_alone_are_told_as_they_are() -> None:
    only = [one for one in trials() if one.truth.kind == STRING]

    summary = summarise(only)

    assert [row["name"] for row in summary["goals"]] == ["cheque amounts exactly right"]
    assert summary["disturbances"][0]["digits"] == 6


def test_without_a_plain_reader_its_figures_are_missing() -> None:
    summary = summarise(trials())

    assert {row["plain"] for row in summary["goals"]} == {None}
    assert {row["plain_f1"] for row in summary["disturbances"]} == {None}
    assert summary["speed"] == []


def test_a_summary_is_json(document: Row) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_no_trials_give_no_figures() -> None:
    summary = summarise([])

    assert all(not rows for rows in summary.values())


def test_lots_keep_what_belongs_together() -> None:
    lot = Lot(trials())

    assert lot.disturbances == [CLEAN, "shadow band"]
    assert (len(lot.pages()), len(lot.pages("shadow band")), len(lot.strings()), len(lot.empty())) == (6, 6, 2, 3)
    assert len(lot.written) == 8


@pytest.mark.parametrize(
    ("goal", "figure", "met"),
    [
        (DIGITS, 0.95, True),
        (DIGITS, 0.949, False),
        (FALSE, 0.25, True),
        (FALSE, 0.26, False),
        (speed_goal("1×1"), 3, True),
    ],
)
def test_goals_know_which_way_is_better(goal: Goal, figure: float, met: bool) -> None:
    assert goal.is_met(figure) is met
    assert (goal.aim < goal.least) is goal.less


def test_every_disturbance_asked_about_exists() -> None:
    from convert.reading.disturb import DISTURBANCES

    assert set(LOSSES) < set(DISTURBANCES)


def test_strings_are_disturbed_only_where_there_is_nothing_else() -> None:
    string, photo = truth("a.png", STRING), truth("b.png")

    assert applicable(string, [string, photo], [CLEAN, "inverted"]) == [CLEAN]
    assert applicable(string, [string], [CLEAN, "inverted"]) == [CLEAN, "inverted"]
    assert applicable(photo, [string, photo], [CLEAN, "inverted"]) == [CLEAN, "inverted"]


def test_speeds_are_of_both_sizes() -> None:
    rows = measure_speeds([np.zeros((48, 64, 3), np.uint8)], lambda _: Reading(()), lambda _: Reading(()))

    assert [row["name"] for row in rows] == ["640×480", "1280×720"]
    assert measure_speeds([], lambda _: Reading(()), lambda _: Reading(())) == []


def test_large_pictures_have_twelve_megapixels() -> None:
    shapes = []

    def read(frame: Frame) -> Reading:
        shapes.append(frame.shape)
        return Reading(())

    (row,) = measure_large([np.zeros((30, 50, 3), np.uint8), np.zeros((9, 8), np.uint8)], read)

    assert {shape[:2] for shape in shapes} == {(3000, 4000)}
    assert row["pictures"] == 2
    assert 0 <= row["milliseconds"] <= row["slowest"]
    assert measure_large([], read) == []


# Page


def test_the_page_holds_every_figure(document: Row) -> None:
    page = render_page(document)

    for row in document["goals"]:
        assert f"| {row['name']} | {row['figure']:.3f} |" in page
    for table in ("kinds", "origins", "empty", "disturbances", "speed"):
        for row in document[table]:
            assert f"| {row['name']} |" in page
    assert "1 of 6 are reached" in page
    assert "takes 31 ms of CPU after decoding on the average of 18\npictures, 97 ms at most" in page
    assert "7 of 11 pictures have an error" in page
    assert "| ink | 2 | its strokes are not in the ink mask |" in page
    assert "not reached" in page
    assert "&" not in page


def test_tables_have_as_many_cells_in_every_row(document: Row) -> None:
    tables = re.findall(r"(?:^\|.*\|\n)+", render_page(document), re.MULTILINE)

    assert len(tables) == 8
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_page_and_its_json_say_the_same(document: Row, tmp_path: Path) -> None:
    write_page(tmp_path / "reading.md", document)

    assert json.loads((tmp_path / "reading.json").read_text(encoding="utf-8")) == document
    assert (tmp_path / "reading.md").read_text(encoding="utf-8") == render_page(document)


def test_links_of_the_page_lead_beside_it(document: Row) -> None:
    links = set(re.findall(r"\]\(([^)]+)\)", render_page(document)))

    assert links == {"reading.json", "explain.md", "figures/reading-losses.png", "figures/reading-scores.png"}


def test_figures_are_written_as_they_are_meant() -> None:
    assert as_figure(0.9426) == "0.943"
    assert as_figure(2.5, 1) == "2.5"
    assert as_signed(-0.01) == "-0.010"
    assert as_interval([0.1, 0.25]) == "0.100 to 0.250"
    assert as_figure(None) == as_signed(None) == as_interval(None) == "–"


def test_groups_without_lines_have_dashes() -> None:
    row = score_row("scattered", [Score(right=2, pictures=1)])

    assert row["lines_exact"] is None
    assert "| scattered | 1 | 2 | 1.000 | – | 1.000 | 1.000 | – | 0.000 |" in score_table([row], "kind")


# Pictures


def test_pictures_are_drawn(document: Row, tmp_path: Path) -> None:
    draw_figures(document, tmp_path / "figures")

    for name in ("reading-scores.png", "reading-losses.png"):
        assert load_picture(tmp_path / "figures" / name).shape[1] > 500


def test_pictures_have_a_bar_for_each_row(document: Row) -> None:
    scores, losses = draw_scores(document).axes[0], draw_losses(document).axes[0]

    assert len(scores.patches) == len(document["kinds"]) + len(document["origins"])
    assert len(losses.patches) == len(document["disturbances"]) - 1
    assert [label.get_text() for label in losses.get_yticklabels()] == ["shadow band"]


def test_pictures_of_clean_pages_alone_are_drawn() -> None:
    summary = summarise([one for one in trials() if one.disturbance == CLEAN])

    assert len(draw_losses(summary).axes[0].patches) == 0
