"""The report's folder: what it shows, in which order, and that it keeps to itself; and the trials that it tells of."""

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.reading.disturb import CLEAN, DISTURBANCES
from convert.reading.report import Case, check_place, find_cases, write_report
from convert.reading.score import Score
from convert.reading.trial import Trial, run_trials
from convert.reading.truth import STRING, Truth
from runtime.errors import InputError, UsageError
from runtime.pictures import load_picture, save_picture
from runtime.reader import Reader, open_reader
from runtime.records import Frame, Reading


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A sheet with one ring, under a name that HTML has to be careful with."""
    frame = np.full((120, 200, 3), 220, np.uint8)
    cv2.ellipse(frame, (100, 60), (20, 30), 0, 0, 360, (40, 40, 40), 5)
    save_picture(tmp_path / "a & b_1.png", frame)
    return tmp_path / "a & b_1.png"


def trial(picture: Path, score: Score, disturbance: str = CLEAN, *, printed: bool = False) -> Trial:
    return Trial(disturbance, Truth(picture, "photo", ((0,),), None, printed=printed), Reading(()), score)


def page_of(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


# Report


def test_cases_are_those_with_an_error(picture: Path, reader: Reader) -> None:
    right, missed, false = Score(right=1, pictures=1), Score(missed=1, pictures=1), Score(false=3, empty_pictures=1)

    cases = find_cases([trial(picture, score) for score in (right, missed, false)], reader)

    assert [case.errors for case in cases] == [3, 1]


def test_only_clean_pictures_are_cases_and_the_others_are_listed(picture: Path, reader: Reader, tmp_path: Path) -> None:
    wrong = Score(missed=1, pictures=1)
    trials = [trial(picture, wrong), trial(picture, wrong, "inverted"), trial(picture, Score(right=1), "noise, σ 12")]

    cases = find_cases(trials, reader)
    write_report(tmp_path / "report", trials, cases, reader)

    assert len(cases) == 1
    page = page_of(tmp_path / "report")
    assert "inverted" in page
    assert "noise" not in page
    assert "1 of 1 pictures have an error" in page


def test_names_are_escaped_and_pictures_embedded(picture: Path, reader: Reader, tmp_path: Path) -> None:
    trials = [trial(picture, Score(missed=1, pictures=1))]

    write_report(tmp_path / "report", trials, find_cases(trials, reader), reader)

    page = page_of(tmp_path / "report")
    assert "a &amp; b_1.png" in page
    assert "a & b_1.png" not in page
    assert page.count("data:image/jpeg;base64,") == 1
    assert re.findall(r'href="([^"]+)"', page) == ["001-explained.png"]


def test_small_pictures_are_shown_large_enough_to_see(picture: Path, reader: Reader, tmp_path: Path) -> None:
    trials = [trial(picture, Score(missed=1, pictures=1))]

    write_report(tmp_path / "report", trials, find_cases(trials, reader), reader)

    assert max(load_picture(tmp_path / "report" / "001.jpg").shape) == 900


def test_nothing_wrong_is_a_page_too(reader: Reader, tmp_path: Path) -> None:
    write_report(tmp_path / "report", [], [], reader)

    assert "0 of 0 pictures have an error" in page_of(tmp_path / "report")


def test_a_report_that_fails_leaves_the_older_one(picture: Path, reader: Reader, tmp_path: Path) -> None:
    write_report(tmp_path / "report", [], [], reader)
    before = page_of(tmp_path / "report")
    gone = trial(picture.parent / "gone.png", Score(missed=1, pictures=1))

    with pytest.raises(InputError, match=r"gone\.png"):
        write_report(tmp_path / "report", [gone], [Case(gone, [])], reader)

    assert page_of(tmp_path / "report") == before
    assert {path.name for path in tmp_path.iterdir()} == {"report", picture.name}


@pytest.mark.parametrize("path", ["thesis.txt", "index.html", "001.jpg", ".gitignore"])
def test_a_folder_that_is_no_report_is_left_alone(reader: Reader, tmp_path: Path, path: str) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / path).write_text("*\n")

    with pytest.raises(UsageError, match="exists and is no report"):
        check_place(tmp_path / "precious")
    with pytest.raises(UsageError, match="exists and is no report"):
        write_report(tmp_path / "precious", [], [], reader)

    assert (tmp_path / "precious" / path).read_text() == "*\n"


def test_what_was_put_into_a_report_is_not_lost(reader: Reader, tmp_path: Path) -> None:
    write_report(tmp_path / "report", [], [], reader)
    (tmp_path / "report" / "notes.txt").touch()

    with pytest.raises(UsageError, match=r"holds notes\.txt"):
        write_report(tmp_path / "report", [], [], reader)


# Trials


def test_trials_come_picture_by_picture_in_the_order_asked(picture: Path) -> None:
    truths = [Truth(picture, "photo", ((0,),), None), Truth(picture, "negative", (), None)]
    seen: list[Frame] = []

    def read(frame: Frame) -> Reading:
        seen.append(frame)
        return Reading(())

    trials = list(run_trials(truths, ["clean", "inverted"], read))

    assert [(one.truth.kind, one.disturbance) for one in trials] == [
        ("photo", "clean"),
        ("photo", "inverted"),
        ("negative", "clean"),
        ("negative", "inverted"),
    ]
    assert np.array_equal(seen[0], 255 - seen[1])
    assert [one.score.missed for one in trials] == [1, 1, 0, 0]


def test_strings_beside_pages_are_read_once(picture: Path) -> None:
    page = Truth(picture, "photo", ((0,),), None)
    truths = [page, replace(page, kind=STRING)]

    trials = list(run_trials(truths, list(DISTURBANCES), lambda _: Reading(())))

    assert sum(one.truth.kind == STRING for one in trials) == 1
    assert len(trials) == len(DISTURBANCES) + 1


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    truth = Truth(tmp_path / "none.png", "photo", ((0,),), None)

    with pytest.raises(InputError, match=r"none\.png"):
        list(run_trials([truth], ["clean"], lambda _: Reading(())))
