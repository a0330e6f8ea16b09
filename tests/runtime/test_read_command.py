"""`digits read` through its public door: text, JSON by the contract, annotated pictures, and bad pictures."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from runtime import backends, manifest
from runtime.cli import main
from runtime.pictures import load_picture
from train.handwriting.page import PageSettings, draw_page

PAGE = draw_page(PageSettings((640, 480), text=("3527", "60481"), height=70, spacing=0.45, turn=1), 2)


class Door:
    """The command with a bundle, and what it said."""

    def __init__(self, models: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.models, self.capture = models, capture
        self.out = self.err = ""

    def read(self, *words: object) -> int:
        code = main(["read", "--bundle", str(self.models), *map(str, words)])
        self.out, self.err = self.capture.readouterr()
        assert "Traceback" not in self.err
        return code

    def read_json(self, *words: object) -> tuple[int, dict[str, Any]]:
        code = self.read("--json", *words)
        document: dict[str, Any] = json.loads(self.out)
        return code, document


@pytest.fixture
def door(models: Path, capfd: pytest.CaptureFixture[str]) -> Door:
    return Door(models, capfd)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), PAGE.picture)
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), np.full((60, 80), 200, np.uint8))
    return path


def test_one_picture_prints_its_lines(door: Door, written: Path) -> None:
    assert door.read(written) == 0

    lines = door.out.splitlines()
    assert len(lines) == 2
    assert all(line.isdigit() for line in lines)
    assert door.err == ""


def test_several_pictures_are_named(door: Door, written: Path, blank: Path) -> None:
    assert door.read(written, blank) == 0

    assert all(line.startswith(f"{written}: ") for line in door.out.splitlines())
    assert door.err == f"digits: {blank}: no digits found\n"


def test_json_follows_the_contract(door: Door, models: Path, written: Path, blank: Path) -> None:
    code, document = door.read_json(written, blank)

    assert code == 0
    assert document["schema"] == "digits.reading/1"
    assert document["bundle"] == {"name": manifest.load(models).name, "sha256": manifest.fingerprint(models)}
    assert document["backend"] == backends.installed()[0]
    first, second = document["images"]
    assert (first["path"], first["width"], first["height"], first["error"]) == (str(written), 640, 480, None)
    assert (second["lines"], second["error"]) == ([], None)
    assert set(first["milliseconds"]) == {"segment", "classify", "total"}
    assert first["milliseconds"]["total"] > 0
    assert [len(line["digits"]) for line in first["lines"]] == [4, 5]
    for line in first["lines"]:
        assert line["text"] == "".join(str(d["digit"]) for d in line["digits"] if d["digit"] is not None)
        assert 0 <= line["confidence"] <= 1
        for digit in line["digits"]:
            assert digit["digit"] is None or digit["digit"] in range(10)
            assert 0 <= digit["confidence"] <= 1
            left, top, width, height = digit["box"]
            assert left >= 0 < width
            assert top >= 0 < height
            assert left + width <= 640
            assert top + height <= 480


def test_text_and_json_say_the_same(door: Door, written: Path) -> None:
    door.read(written)
    text = door.out.split()
    _, document = door.read_json(written)

    assert [line["text"] for line in document["images"][0]["lines"] if line["text"]] == text


def test_unsure_digits_are_null(door: Door, bundle_folder: Path, written: Path) -> None:
    listed = manifest.load(bundle_folder)
    manifest.save(dataclasses.replace(listed, thresholds={"confidence": 1.0}), bundle_folder)

    code, reading = door.read_json("--bundle", bundle_folder, written)

    assert code == 0
    lines = [line["digits"] for line in reading["images"][0]["lines"]]
    unsure = [digit["digit"] for line in lines for digit in line if digit["confidence"] < 1]
    assert unsure
    assert set(unsure) == {None}
    published = ["".join(str(d["digit"]) for d in line if d["digit"] is not None) for line in lines]
    assert [line["text"] for line in reading["images"][0]["lines"]] == published


def test_a_number_without_its_unsure_digits_is_never_printed_as_whole(
    door: Door, bundle_folder: Path, written: Path
) -> None:
    listed = manifest.load(bundle_folder)
    manifest.save(dataclasses.replace(listed, thresholds={"confidence": 1.0}), bundle_folder)

    _, document = door.read_json("--bundle", bundle_folder, written)
    door.read("--bundle", bundle_folder, written)

    lines = document["images"][0]["lines"]
    assert [line["unread"] for line in lines] == [[d["digit"] for d in line["digits"]].count(None) for line in lines]
    doubtful = [line for line in lines if line["unread"]]
    assert doubtful
    for line, said in zip(doubtful, door.err.splitlines(), strict=True):
        assert f"{line['unread']} more could be digits" in said
        assert line["text"] in said


# Pictures that cannot be read

BAD = {
    "empty": b"",
    "text": b"no picture at all",
    "cut png": cv2.imencode(".png", PAGE.picture)[1].tobytes()[:5000],
    "cut jpeg": cv2.imencode(".jpg", PAGE.picture)[1].tobytes()[:5000],
    "damaged png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4 + b"IEND",
    "random": np.random.default_rng(0).bytes(4000),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_bad_picture_is_one_line_and_exit_code_1(door: Door, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(data)

    assert door.read(path) == 1

    assert door.out == ""
    assert door.err.startswith(f"digits: {path}: ")
    assert door.err.count("\n") == 1


@pytest.mark.parametrize("name", ["missing.png", "."], ids=["missing", "folder"])
def test_what_is_no_file_is_one_line_and_exit_code_1(door: Door, tmp_path: Path, name: str) -> None:
    assert door.read(tmp_path / name) == 1

    assert door.err.count("\n") == 1


def test_the_other_pictures_are_still_read(door: Door, tmp_path: Path, written: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")

    code, document = door.read_json(bad, written)

    assert code == 1
    first, second = document["images"]
    assert (first["lines"], first["width"]) == ([], 0)
    assert "is empty" in first["error"]
    assert second["error"] is None
    assert len(second["lines"]) == 2


SHAPES = {"one pixel": (1, 1), "one row": (1, 900), "20,000 wide": (30, 20_000), "20,000 high": (20_000, 12)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("depth", [np.uint8, np.uint16], ids=["8 bits", "16 bits"])
def test_odd_pictures_are_read(door: Door, tmp_path: Path, shape: tuple[int, int], depth: type) -> None:
    path = tmp_path / "odd.png"
    cv2.imwrite(str(path), np.full(shape, np.iinfo(depth).max // 2, depth))

    code, document = door.read_json(path)

    assert code == 0
    assert (document["images"][0]["height"], document["images"][0]["width"]) == shape


@pytest.mark.parametrize("kind", ["grey", "alpha", "16 bits", "inverted"])
def test_a_page_is_read_in_every_kind_of_pixels(door: Door, tmp_path: Path, kind: str) -> None:
    page = PAGE.picture
    pixels = {
        "grey": cv2.cvtColor(page, cv2.COLOR_BGR2GRAY),
        "alpha": np.dstack([np.zeros_like(page), np.where(page[:, :, :1] < 120, 255, 0).astype(np.uint8)]),
        "16 bits": page.astype(np.uint16) * 257,
        "inverted": 255 - page,
    }[kind]
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), pixels)

    code, document = door.read_json(path)

    assert code == 0
    assert [len(line["digits"]) for line in document["images"][0]["lines"]] == [4, 5]


# Annotated copies


def test_one_picture_is_annotated_into_a_file(door: Door, tmp_path: Path, written: Path) -> None:
    assert door.read(written, "--annotate", tmp_path / "out" / "drawn.jpg") == 0

    drawn = load_picture(tmp_path / "out" / "drawn.jpg")
    assert drawn.shape == PAGE.picture.shape
    assert np.abs(drawn.astype(int) - PAGE.picture).max() > 100


def test_several_pictures_are_annotated_into_a_folder(door: Door, tmp_path: Path, written: Path, blank: Path) -> None:
    twin = tmp_path / "twin" / written.name
    twin.parent.mkdir()
    twin.write_bytes(written.read_bytes())
    odd = tmp_path / "odd.ppm"
    cv2.imwrite(str(odd), PAGE.picture)

    assert door.read(written, twin, blank, odd, "--annotate", tmp_path / "out") == 0

    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"page.png", "page-2.png", "blank.png", "odd.png"}


def test_a_picture_that_cannot_be_read_is_not_annotated(door: Door, tmp_path: Path, written: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")

    assert door.read(written, bad, "--annotate", tmp_path / "out") == 1

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["page.png"]


@pytest.mark.parametrize("out", ["page.png", "."], ids=["file", "folder"])
def test_the_picture_itself_is_never_overwritten(door: Door, written: Path, tmp_path: Path, out: str) -> None:
    before = written.read_bytes()

    assert door.read(written, "--annotate", tmp_path / out) == 2

    assert "would overwrite" in door.err
    assert written.read_bytes() == before


@pytest.mark.parametrize("flag", ["--annotate", "--explain"])
def test_only_an_earlier_drawing_is_replaced(door: Door, written: Path, blank: Path, tmp_path: Path, flag: str) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    kept = theirs / "page.png"
    kept.write_bytes(written.read_bytes())

    assert door.read(blank, flag, kept) == 2
    assert door.read(blank, written, flag, theirs) == 2
    assert f"{kept} exists and was not drawn by digits" in door.err
    assert [path.name for path in theirs.iterdir()] == ["page.png"]
    assert kept.read_bytes() == written.read_bytes()
    for _ in range(2):
        assert door.read(blank, flag, ours / "drawn.png") == 0


# Usage


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "PICTURE"),
        (["page.png", "--threads", "0"], "at least 1"),
        (["page.png", "--backend", "abacus"], "abacus"),
        (["page.png", "--file", "float64.tflite"], "float64.tflite"),
        (["page.png", "--annotate", "drawn.txt"], r"drawn.txt"),
        (["page.png", "other.png", "--annotate", __file__], "folder"),
    ],
    ids=["no picture", "threads", "backend", "file", "suffix", "folder"],
)
def test_mistakes_are_exit_code_2(door: Door, words: list[str], reason: str) -> None:
    assert door.read(*words) == 2

    assert reason in door.err
    assert door.err.count("\n") == 1


def test_a_folder_without_a_bundle_is_exit_code_1(door: Door, tmp_path: Path, written: Path) -> None:
    assert door.read("--bundle", tmp_path, written) == 1

    assert "manifest.json" in door.err


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["read", "--help"])

    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(flag in text for flag in ("--json", "--annotate", "--bundle", "--backend", "--file", "--threads"))
