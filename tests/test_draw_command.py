"""`digits draw`: files, their truth, and one clear line for every mistake."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from runtime.cli import main as digits
from runtime.pictures import load_picture
from train.draw_command import main
from train.handwriting.dataset import draw_digits
from train.handwriting.page import draw_page
from train.handwriting.presets import PRESETS


def test_a_sheet_of_digits(tmp_path: Path) -> None:
    assert main(["digits", "--count", "30", "--columns", "10", "--seed", "2", str(tmp_path / "sheet.png")]) == 0
    sheet = cv2.imread(str(tmp_path / "sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert sheet.shape == (3 * 70, 10 * 56)


def test_a_data_set(tmp_path: Path) -> None:
    assert main(["digits", "--count", "30", "--seed", "2", str(tmp_path / "set.npz")]) == 0
    with np.load(tmp_path / "set.npz") as data:
        images, labels = draw_digits(30, 2)
        assert np.array_equal(data["images"], images)
        assert np.array_equal(data["labels"], labels)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_page_with_its_truth(tmp_path: Path, preset: str) -> None:
    out = tmp_path / "page.png"
    assert main(["page", "--preset", preset, "--seed", "3", "--size", "640x360", str(out)]) == 0
    truth = json.loads(out.with_suffix(".json").read_text())
    picture = cv2.imread(str(out))
    assert picture is not None
    assert truth["schema"] == "digits.page/1"
    assert (truth["preset"], truth["seed"]) == (preset, 3)
    assert picture.shape == (truth["height"], truth["width"], 3) == (360, 640, 3)
    for line in truth["lines"]:
        assert line["text"] == "".join(str(digit["digit"]) for digit in line["digits"])
        assert all(len(digit["box"]) == 4 for digit in line["digits"])


def test_a_page_is_the_one_that_the_library_draws(tmp_path: Path) -> None:
    assert main(["page", "--seed", "5", str(tmp_path / "page.png")]) == 0
    assert np.array_equal(load_picture(tmp_path / "page.png"), draw_page(PRESETS["plain"], 5).picture)


@pytest.mark.parametrize("name", ["page.PNG", "page.webp", "page.Jpeg", "page.tif"])
def test_pages_are_written_in_every_format_that_pictures_are_read_in(tmp_path: Path, name: str) -> None:
    assert main(["page", "--size", "320x240", str(tmp_path / name)]) == 0
    picture = cv2.imread(str(tmp_path / name))
    assert picture is not None
    assert picture.shape == (240, 320, 3)


@pytest.mark.parametrize("name", ["set.NPZ", "sheet.PNG"])
def test_names_may_be_in_capitals(tmp_path: Path, name: str) -> None:
    assert main(["digits", "--count", "3", str(tmp_path / name)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_more_lines_than_fit_are_not_drawn_first(tmp_path: Path) -> None:
    """Regression: all lines were written before those that fit were chosen, and that never ended."""
    assert main(["page", "--size", "200x150", "--lines", "999999999", str(tmp_path / "page.png")]) == 0
    assert 5 <= len(json.loads((tmp_path / "page.json").read_text())["lines"]) <= 18


def test_a_given_text(tmp_path: Path) -> None:
    assert main(["page", "--text", "2026,11", str(tmp_path / "page.jpg")]) == 0
    truth = json.loads((tmp_path / "page.json").read_text())
    assert [line["text"] for line in truth["lines"]] == ["2026", "11"]


def test_a_folder_of_pages(tmp_path: Path) -> None:
    words = ["page", "--count", "3", "--seed", "8", "--size", "320x240", str(tmp_path / "pages")]
    assert main(words) == 0
    assert main(words) == 0, "our own pages may be drawn again"
    names = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert names == [f"page-{seed:04}{suffix}" for seed in (8, 9, 10) for suffix in (".jpg", ".json")]


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_clip_with_its_truth(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"clip{suffix}"
    words = ["clip", "--seconds", "0.4", "--rate", "25", "--pages", "2", "--size", "320x240", "--preset", "board"]
    assert main([*words, str(out)]) == 0
    truth = json.loads(out.with_suffix(".json").read_text())
    assert (truth["schema"], truth["rate"], truth["width"], truth["height"]) == ("digits.clip/1", 25, 320, 240)
    assert len(truth["frames"]) == 10
    assert len({frame["text"] for frame in truth["frames"]}) == 2
    video = cv2.VideoCapture(str(out))
    shapes = []
    while (answer := video.read())[0]:
        shapes.append(answer[1].shape)
    assert shapes == [(240, 320, 3)] * 10


def test_talk_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert digits(["draw", "digits", "--count", "5", str(tmp_path / "sheet.png")]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "5 digits" in err


def test_talk_names_the_file_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / ("long " * 30) / "[bold]digits.png"

    assert digits(["draw", "digits", "--count", "1", str(out)]) == 0
    assert capsys.readouterr().err == f"{out}: 1 digit\n"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "required"),
        (["letters", "x.png"], "letters"),
        (["page"], "OUT"),
        (["page", "x.gif"], ".png"),
        (["digits", "x"], ".npz"),
        (["clip", "x.mkv"], ".mp4"),
        (["digits", "--count", "0", "x.png"], "from 1 to"),
        (["digits", "--seed", "-1", "x.png"], "whole number from 0"),
        (["page", "--seed", "one", "x.png"], "whole number from 0"),
        (["page", "--preset", "papyrus", "x.png"], "papyrus"),
        (["page", "--size", "10x10", "x.png"], "WIDTHxHEIGHT"),
        (["page", "--text", "12a", "x.png"], "digits"),
        (["page", "--height", "700", "x.png"], "360"),
        (["page", "--height", "nan", "x.png"], "height"),
        (["page", "--height", "tall", "x.png"], "tall"),
        (["page", "--count", "2", "x.png"], "folder"),
        (["clip", "--seconds", "0", "x.mp4"], "seconds"),
        (["clip", "--seconds", "inf", "x.mp4"], "seconds"),
        (["clip", "--size", "321x240", "x.mp4"], "even"),
        (["clip", "--size", "9000x240", "x.mp4"], "8190"),
        (["page", "--size", "20000x20000", "x.png"], "at most 40,000,000"),
        (["clip", "--seconds", ".1", "--pages", "9", "x.mp4"], "9 pages"),
        (["clip", "--rate", "9" * 20, "x.mp4"], "from 1 to 1,000"),
        (["digits", "--columns", "9" * 20, "x.png"], "from 1 to 1,000"),
        (["digits", "--columns", "100000", "x.png"], "from 1 to 1,000"),
        (["digits", "--count", "9" * 20, "x.npz"], "from 1 to 10,000,000"),
        (["digits", "--count", "1000", "--columns", "1", "x.png"], "at most 900 rows"),
        (["page", "--count", "9" * 20, "x"], "from 1 to 1,000,000"),
        (["page", "--text", "1" * 3000, "x.png"], "at most 90 lines of 160 digits"),
        (["page", "--text", ",".join("1" * 100), "x.png"], "at most 90 lines of 160 digits"),
        (["page", "--text", "", "x.png"], "--text: expected something"),
        (["page", "", "x.png"], "argument: expected something"),
    ],
    ids=str,
)
def test_mistakes_are_one_line_and_exit_code_2(
    words: list[str], part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert digits(["draw", *words]) == 2
    err = capsys.readouterr().err
    assert part in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page-thesis.txt").write_text("mine")
    assert digits(["draw", "page", "--count", "2", str(tmp_path)]) == 2
    assert "holds page-thesis.txt, which is no part of a folder of drawn pages" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["page-thesis.txt"]


@pytest.mark.parametrize("kind", ["digits", "page", "clip"])
def test_a_place_that_cannot_be_written(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    name = "x.mp4" if kind == "clip" else "x.png"
    assert digits(["draw", kind, str(tmp_path / "file" / name)]) == 1
    assert "cannot be written" in capsys.readouterr().err
