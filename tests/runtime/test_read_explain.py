"""`digits read --explain` through its public door: sheets, reasons in the JSON, and places it may not write to."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from runtime import manifest
from runtime.cli import main
from runtime.pictures import load_picture
from train.handwriting.page import PageSettings, draw_page

PAGE = draw_page(PageSettings((480, 320), text=("3527", "604"), height=55, turn=0, perspective=0), 1)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), PAGE.picture)
    return path


def read(models: Path, *words: object) -> int:
    return main(["read", "--bundle", str(models), *map(str, words)])


def read_json(models: Path, capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert read(models, "--json", *words) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_one_picture_is_explained_into_a_file(models: Path, written: Path, tmp_path: Path) -> None:
    assert read(models, written, "--explain", tmp_path / "new" / "sheet.png") == 0

    sheet = load_picture(tmp_path / "new" / "sheet.png")
    assert sheet.shape[1] > 1400
    assert sheet.shape[0] > 1000


def test_several_pictures_are_explained_into_a_folder(models: Path, written: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((60, 80), 200, np.uint8))

    assert read(models, written, blank, "--explain", tmp_path / "out", "--annotate", tmp_path / "drawn") == 0

    for folder in ("out", "drawn"):
        assert {path.name for path in (tmp_path / folder).iterdir()} == {"page.png", "blank.png"}
    assert load_picture(tmp_path / "drawn" / "page.png").shape == PAGE.picture.shape


def test_text_is_the_same_with_and_without(
    models: Path, written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read(models, written)
    without = capsys.readouterr().out
    read(models, written, "--explain", tmp_path / "sheet.png")

    assert capsys.readouterr().out == without


def test_reasons_are_told_only_where_one_asks(
    models: Path, written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (plain,) = read_json(models, capsys, written)["images"]
    (told,) = read_json(models, capsys, "--explain", tmp_path / "sheet.png", written)["images"]

    assert "dropped" not in plain
    assert all("reason" not in digit for line in plain["lines"] for digit in line["digits"])
    for before, after in zip(plain["lines"], told["lines"], strict=True):
        assert before["text"] == after["text"]
        assert [{**digit, "reason": after["digits"][i]["reason"]} for i, digit in enumerate(before["digits"])] == after[
            "digits"
        ]


def test_every_null_has_a_reason_and_every_digit_none(
    bundle_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = draw_page(PageSettings((640, 480), text=("3527", "60481"), height=70, spacing=0.45, turn=1), 3)
    written = tmp_path / "untidy.png"
    cv2.imwrite(str(written), page.picture)
    demanding = dataclasses.replace(manifest.load(bundle_folder), thresholds={"confidence": 0.995})
    manifest.save(demanding, bundle_folder)

    (image,) = read_json(bundle_folder, capsys, written, "--explain", tmp_path / "sheet.png")["images"]

    found = [digit for line in image["lines"] for digit in line["digits"]]
    assert {digit["digit"] is None for digit in found} == {True, False}
    for digit in found:
        assert (digit["digit"] is None) == isinstance(digit["reason"], str)


def test_dropped_pieces_have_a_place_a_stage_and_a_reason(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = PAGE.picture.copy()
    cv2.line(frame, (40, 300), (90, 300), (40, 40, 40), 3)
    path = tmp_path / "dash.png"
    cv2.imwrite(str(path), frame)

    (image,) = read_json(models, capsys, "--explain", tmp_path / "sheet.png", path)["images"]

    assert any(40 - 3 <= piece["box"][0] <= 44 and piece["stage"] == "shape" for piece in image["dropped"])
    for piece in image["dropped"]:
        assert set(piece) == {"box", "stage", "reason"}
        assert len(piece["box"]) == 4
        assert piece["reason"]


def test_a_picture_that_cannot_be_read_is_not_explained(
    models: Path, written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")

    assert read(models, "--json", bad, written, "--explain", tmp_path / "out") == 1

    first, second = json.loads(capsys.readouterr().out)["images"]
    assert first["error"]
    assert first["lines"] == []
    assert second["error"] is None
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["page.png"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["page.png", "--explain", "page.png"], "would overwrite"),
        (["page.png", "--explain", "sheet.txt"], "expected a folder"),
        (["page.png", "page.png", "--explain", __file__], "need a folder"),
        (["page.png", "--explain", "a.png", "--annotate", "a.png"], "where --annotate writes"),
        (["page.png", "page.png", "--explain", "out", "--annotate", "out"], "where --annotate writes"),
        (["page.png", "--explain"], "--explain"),
    ],
    ids=["itself", "suffix", "file for two", "same file", "same folder", "nothing"],
)
def test_places_that_cannot_be_are_refused(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    monkeypatch.chdir(written.parent)
    before = written.read_bytes()

    assert main(["read", *words]) == 2

    assert reason in capsys.readouterr().err
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == ["page.png"]
