"""`digits score` on pages of our own handwriting: figures, the page, the report, the plain reader and the ratios."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.reading.failures import find_failures
from convert.reading.page import figures, replace_figures
from convert.reading.plain import find_plainly, read_plainly
from convert.reading.speed import speed_ratio
from convert.reading.trial import Trial, run_trials
from convert.reading.truth import read_truth
from convert.score_command import main
from runtime.errors import InputError, UsageError
from runtime.pictures import save_picture
from runtime.reader import Reader, open_reader
from runtime.records import Reading
from train.handwriting.page import PageSettings, draw_page

SETTINGS = PageSettings((640, 360), text=("3527", "604"), height=60, turn=0, perspective=0)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn pages and an empty sheet."""
    folder = tmp_path_factory.mktemp("pictures")
    entries: list[dict[str, object]] = [{"file": "ours_empty.png", "kind": "negative", "lines": []}]
    save_picture(folder / "ours_empty.png", np.full((200, 300, 3), 220, np.uint8))
    for seed in (1, 2):
        page = draw_page(SETTINGS, seed)
        boxes = [[*written.box, str(written.digit)] for line in page.lines for written in line.digits]
        lines = [line.text for line in page.lines]
        entries.append({"file": f"ours_{seed}.png", "kind": "photo", "lines": lines, "boxes": boxes})
        save_picture(folder / f"ours_{seed}.png", page.picture)
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder / "manifest.json"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader()


def test_figures_as_json(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(manifest), "--json", "--disturb", "inverted; light × 0.5"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "digits.score/1"
    assert [row["name"] for row in document["disturbances"]] == ["clean", "inverted", "light × 0.5"]
    for row in document["disturbances"]:
        assert row["digits"] == 14
        assert row["f1"] >= 0.85
        assert row["false_digits_each"] == 0


def test_the_page_and_the_report_are_written(manifest: Path, tmp_path: Path) -> None:
    page, report = tmp_path / "page.md", tmp_path / "report.html"
    page.write_text("# Reading\n\n<!-- figures -->\nold\n<!-- /figures -->\n\nNotes.\n")

    assert main([str(manifest), "--page", str(page), "--report", str(report), "--disturb", "blurred, σ 2"]) == 0

    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.startswith("# Reading")
    assert text.endswith("Notes.\n")
    for words in (
        "| photo | 2 | 14 |",
        "| ours | 2 | 14 |",
        "blurred, σ 2",
        "640×480",
        "1280×720",
        "without any digit",
    ):
        assert words in text
    assert "What is not read" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--disturb", "upside down"], UsageError),
        (["--kinds", "video"], InputError),
        (["--page", "nowhere/page.md"], InputError),
    ],
    ids=["disturbance", "kind", "page"],
)
def test_what_cannot_be_done_is_said(manifest: Path, words: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        main([str(manifest), *words])


def test_a_page_needs_markers() -> None:
    with pytest.raises(InputError, match="figures"):
        replace_figures("nothing here", "tables")


def test_every_failure_names_its_stage(manifest: Path) -> None:
    truths = read_truth(manifest, ["photo"])
    (trial,) = run_trials(truths[:1], ["clean"], lambda _: Reading(()))
    page = cv2.imread(str(truths[0].file))
    assert page is not None

    whole = find_failures(np.asarray(page, np.uint8), trial)
    blank = find_failures(np.full(page.shape, 220, np.uint8), trial)

    assert [failure.stage for failure in whole] == ["gates"] * 7  # nothing was read although all was found
    assert [failure.stage for failure in blank] == ["ink"] * 7


def test_what_is_read_where_nothing_is_was_added(manifest: Path, reader: Reader) -> None:
    (photo, *_), (empty,) = read_truth(manifest, ["photo"]), read_truth(manifest, ["negative"])
    frame = np.asarray(cv2.imread(str(photo.file)), np.uint8)
    reading = reader.read(frame)

    failures = find_failures(
        frame, Trial("clean", empty, reading, next(run_trials([empty], ["clean"], reader.read)).score)
    )

    assert {failure.stage for failure in failures} == {"added"}
    assert len(failures) == sum(digit.prediction.digit is not None for digit in reading.digits)


def test_the_plain_reader_reads_plain_pages(manifest: Path, reader: Reader) -> None:
    trials = list(run_trials(read_truth(manifest, ["photo"]), ["clean"], lambda f: read_plainly(f, reader.backend)))

    assert sum(trial.score.right for trial in trials) >= 10


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


def test_tables_hold_a_row_for_every_group(manifest: Path, reader: Reader) -> None:
    trials = list(run_trials(read_truth(manifest, ["photo", "negative"]), ["clean", "inverted"], reader.read))

    text = figures(trials, trials, ["| a | 1 | 1 | 1 |"])

    assert text.count("\n| inverted |") == 1
    assert text.count("\n| photo |") == 1
