"""`digits score` on pages of our own handwriting: figures, the page, the report with its reasons, the plain reader."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from convert.reading.failures import STAGES, Failure, find_failures
from convert.reading.plain import find_plainly, read_plainly
from convert.reading.report import WORST, count_stages, find_cases, write_report
from convert.reading.score import score
from convert.reading.speed import speed_ratio
from convert.reading.trial import Trial, run_trials
from convert.reading.truth import NOTHING, STRING, Truth, WrittenDigit, read_truth
from convert.score_command import main
from runtime.errors import InputError, MissingDependency, UsageError
from runtime.pictures import load_picture, save_picture
from runtime.reader import Reader, open_reader
from runtime.records import Frame, Reading
from train.handwriting.page import PageSettings, draw_page

SETTINGS = PageSettings((640, 360), text=("3527", "604"), height=60, turn=0, perspective=0)
INK = (60, 50, 50)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn pages, the second with an 8 that nobody wrote down and a 9 that is not there, and an empty sheet."""
    folder = tmp_path_factory.mktemp("pictures")
    entries: list[dict[str, Any]] = [{"file": "ours_empty.png", "kind": "negative", "lines": []}]
    save_picture(folder / "ours_empty.png", np.full((200, 300, 3), 220, np.uint8))
    for seed in (1, 2):
        page = draw_page(SETTINGS, seed)
        boxes = [[*written.box, str(written.digit)] for line in page.lines for written in line.digits]
        entries.append(
            {"file": f"ours_{seed}.png", "kind": "photo", "lines": [line.text for line in page.lines], "boxes": boxes}
        )
        save_picture(folder / f"ours_{seed}.png", page.picture)
    removed = entries[-1]["boxes"].pop(0)
    entries[-1]["boxes"].append([5, 5, removed[2], removed[3], "9"])
    entries[-1]["lines"] = ["527", "604", "9"]
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder / "manifest.json"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader()


@pytest.fixture(scope="module")
def written(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes about the pictures: a page and a report."""
    folder = tmp_path_factory.mktemp("written")
    words = ("--page", folder / "reading.md", "--report", folder / "report", "--disturb", "blurred, σ 2")

    assert main([str(manifest.parent), *map(str, words)]) == 0
    return folder


# The command


def test_figures_as_json(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(manifest), "--json", "--disturb", "inverted; light × 0.5"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "digits.score/1"
    assert set(document["bundle"]) == {"name", "sha256"}
    assert [row["name"] for row in document["disturbances"]] == ["clean", "inverted", "light × 0.5"]
    for row in document["disturbances"]:
        assert row["digits"] == 14
        assert row["f1"] >= 0.75
        assert row["false_digits_each"] == 0


def test_figures_for_people(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(manifest), "--kinds", "photo"]) == 0

    out, err = capsys.readouterr()
    assert out == ""
    assert "clean" in err
    assert "precision" in err


def test_the_page_is_written_whole(written: Path) -> None:
    text = (written / "reading.md").read_text(encoding="utf-8")

    assert text.startswith("# Reading photographs\n")
    for words in (
        "| photo | 2 | 14 |",
        "| ours | 2 | 14 |",
        "blurred, σ 2",
        "640×480",
        "1280×720",
        "without any digit",
    ):
        assert words in text
    for link in ("reading.json", "figures/reading-scores.png", "figures/reading-losses.png"):
        assert link in text
        assert (written / link).is_file()
    assert json.loads((written / "reading.json").read_text(encoding="utf-8"))["schema"] == "digits.score/1"


def test_the_report_shows_what_fails_and_is_never_committed(written: Path) -> None:
    text = (written / "report" / "index.html").read_text(encoding="utf-8")

    assert "What is not read" in text
    assert "ours_2.png" in text
    assert "ours_1.png" not in text or "disturbed" in text.lower()
    assert (written / "report" / ".gitignore").read_text().endswith("\n*\n")
    assert load_picture(written / "report" / "001-explained.png").shape[1] > 1400


def test_page_and_report_count_the_same(written: Path) -> None:
    document = json.loads((written / "reading.json").read_text(encoding="utf-8"))

    assert document["stages"] == {"ink": 1, "added": 1}
    assert document["failing"] == 1
    assert document["pictures"] == 3


@pytest.mark.parametrize(
    ("words", "error"),
    [(["--disturb", "upside down"], UsageError), (["--kinds", "video"], UsageError), (["--kinds", "scan"], InputError)],
    ids=["disturbance", "kind", "no such picture"],
)
def test_what_cannot_be_done_is_said(manifest: Path, words: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        main([str(manifest), *words])


@pytest.mark.parametrize("path", ["precious", "precious/thesis.txt"], ids=["a folder", "a file"])
def test_a_report_replaces_nothing_but_a_report(
    manifest: Path, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    monkeypatch.setattr("convert.score_command.open_reader", lambda *_: 1 / 0)  # it is said before all the work

    with pytest.raises(UsageError, match="exists and is no report of digits score"):
        main([str(manifest), "--report", str(tmp_path / path)])

    assert (tmp_path / "precious" / "thesis.txt").read_text() == "years of work"


def test_a_folder_without_truth_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        main([str(tmp_path)])


def test_a_page_without_matplotlib_is_said_before_all_the_work(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "convert.reading.figures", None)

    with pytest.raises(MissingDependency, match="pip install"):
        main([str(manifest), "--page", str(tmp_path / "page.md")])

    assert list(tmp_path.iterdir()) == []


# Failures


def unread(manifest: Path, number: int = 0) -> tuple[Frame, Trial]:
    """A page on which nothing was read."""
    truth = read_truth(manifest, ["photo"])[number]
    (trial,) = run_trials([truth], ["clean"], lambda _: Reading(()))
    return load_picture(truth.file), trial


def covered(frame: Frame, trial: Trial, number: int) -> Frame:
    """The page with one digit, and what stands within half its size of it, covered by a blot."""
    assert trial.truth.digits is not None
    box = trial.truth.digits[number].box
    spoilt = frame.copy()
    corner, opposite = (box.left - 3, box.top - 3), (box.right + 3, box.bottom + 3)
    cv2.rectangle(spoilt, corner, opposite, INK, cv2.FILLED)
    return spoilt


def test_digits_that_nobody_asked_the_network_about_fell_apart_before(manifest: Path, reader: Reader) -> None:
    frame, trial = unread(manifest)

    whole = find_failures(frame, trial, reader)
    blank = find_failures(np.full(frame.shape, 220, np.uint8), trial, reader)
    spoilt = find_failures(covered(frame, trial, 2), trial, reader)

    assert [failure.stage for failure in whole] == ["strings"] * 7  # kept as pieces, but nothing was read of them
    assert [failure.stage for failure in blank] == ["ink"] * 7
    assert spoilt[2].stage in ("shape", "ink", "pieces")
    assert spoilt[2].wanted == trial.truth.digits[2].digit  # type: ignore[index]
    assert {failure.read for failure in whole} == {None}


def test_digits_that_the_reader_does_not_stand_by_have_its_reason(manifest: Path, reader: Reader) -> None:
    frame = unread(manifest)[0].copy()
    cv2.putText(frame, "Amount paid by", (60, 340), cv2.FONT_HERSHEY_SIMPLEX, 2, INK, 4, cv2.LINE_AA)
    reading = reader.read(frame)
    unsure = [WrittenDigit(d.glyph.box, 1) for d in reading.digits if d.prediction.digit is None]
    truth = replace(read_truth(manifest, ["photo"])[0], digits=tuple(unsure))

    failures = find_failures(frame, Trial("clean", truth, reading, score(truth, reading)), reader)

    assert unsure
    lost = [failure for failure in failures if failure.stage == "confidence"]
    assert len(lost) == len(unsure)
    assert all(failure.reason for failure in lost)


def test_what_is_read_where_nothing_is_was_added(manifest: Path, reader: Reader) -> None:
    photo, (empty,) = read_truth(manifest, ["photo"])[0], read_truth(manifest, ["negative"])
    frame = load_picture(photo.file)
    reading = reader.read(frame)

    failures = find_failures(frame, Trial("clean", empty, reading, score(empty, reading)), reader)

    assert {failure.stage for failure in failures} == {"added"}
    assert len(failures) == sum(digit.prediction.digit is not None for digit in reading.digits)


def test_printed_digits_are_told_apart_and_come_last(manifest: Path, reader: Reader) -> None:
    photo = read_truth(manifest, ["photo"])[0]
    print_ = replace(photo, kind=NOTHING, lines=(), digits=None, printed=True)
    truths = [print_, replace(photo, digits=photo.digits[:-1] if photo.digits else None)]

    printed, handwritten = find_cases(list(run_trials(truths, ["clean"], reader.read)), reader)[::-1]

    assert printed.trial.truth.printed
    assert {failure.stage for failure in printed.failures} == {"printed"}
    assert [failure.stage for failure in handwritten.failures] == ["added"]
    assert printed.errors > handwritten.errors


@pytest.mark.parametrize(("height", "reason"), [(38, "cut elsewhere"), (0, None)], ids=["a line", "blank"])
def test_what_is_lost_of_a_string_was_lost_by_cutting(height: int, reason: str | None, reader: Reader) -> None:
    page = draw_page(PageSettings((240, 80), text=("604",), height=38, turn=0, perspective=0), 4)
    frame = page.picture if height else np.full((80, 240, 3), 220, np.uint8)
    digits = tuple(WrittenDigit(written.box, written.digit) for line in page.lines for written in line.digits)
    truth = Truth(Path("a.png"), STRING, ((6, 0, 4),), digits)

    failures = find_failures(frame, Trial("clean", truth, Reading(()), score(truth, Reading(()))), reader)

    assert {(failure.stage, failure.reason) for failure in failures} == {("strings" if reason else "ink", reason)}


def test_pictures_without_boxes_have_no_failures(manifest: Path, reader: Reader) -> None:
    frame, trial = unread(manifest)
    truth = replace(trial.truth, digits=None)

    assert find_failures(frame, Trial("clean", truth, trial.reading, trial.score), reader) == []


def test_cases_come_worst_first_and_stages_in_their_order(manifest: Path, reader: Reader) -> None:
    trials = [unread(manifest, number)[1] for number in (0, 1)]
    trials += list(run_trials(read_truth(manifest, ["photo"]), ["clean"], reader.read))

    cases = find_cases(trials, reader)

    errors = [case.errors for case in cases]
    assert errors == sorted(errors, reverse=True)
    assert len(cases) == 3  # the first page is read rightly
    assert list(count_stages(cases)) == [stage for stage in STAGES if stage in count_stages(cases)]
    assert sum(count_stages(cases).values()) == sum(len(case.failures) for case in cases)


@pytest.mark.slow
def test_only_the_worst_are_explained(manifest: Path, reader: Reader, tmp_path: Path) -> None:
    trials = [unread(manifest, 1)[1]] * (WORST + 1)

    write_report(tmp_path / "report", trials, find_cases(trials, reader), reader)

    names = [path.name for path in (tmp_path / "report").iterdir()]
    assert sum(name.endswith("-explained.png") for name in names) == WORST
    assert sum(name.endswith(".jpg") for name in names) == WORST + 1


def test_an_older_report_is_replaced(manifest: Path, reader: Reader, tmp_path: Path) -> None:
    trials = [unread(manifest)[1]]
    write_report(tmp_path / "report", trials, find_cases(trials, reader), reader)

    write_report(tmp_path / "report", [], [], reader)

    assert {path.name for path in (tmp_path / "report").iterdir()} == {".gitignore", "index.html"}


def test_failures_are_of_known_stages(manifest: Path, reader: Reader) -> None:
    frame, trial = unread(manifest, 1)
    failures: list[Failure] = find_failures(frame, trial, reader)

    assert {failure.stage for failure in failures} <= set(STAGES)


# The plain reader


def test_the_plain_reader_reads_plain_pages(manifest: Path, reader: Reader) -> None:
    trials = list(run_trials(read_truth(manifest, ["photo"]), ["clean"], lambda f: read_plainly(f, reader.backend)))

    assert sum(trial.score.right for trial in trials) >= 9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_the_plain_reader_finds_nothing_on_nothing(level: int, reader: Reader) -> None:
    frame = np.full((90, 120), level, np.uint8)

    assert find_plainly(frame) == []
    assert read_plainly(frame, reader.backend).lines == ()


def test_costs_are_of_both_readers() -> None:
    seen: list[tuple[int, ...]] = []

    def read(frame: np.ndarray) -> Reading:
        seen.append(frame.shape)
        return Reading(())

    ours, theirs = speed_ratio([np.zeros((90, 100, 3), np.uint8)], (160, 120), read, read)

    assert ours >= 0
    assert theirs >= 0
    assert set(seen) == {(120, 160, 3)}
