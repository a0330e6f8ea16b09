"""The page and the cards say what the records say."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from runtime import manifest
from runtime.bundle import DEFAULT, shipped_bundles
from runtime.pictures import load_picture

ROOT = Path(__file__).parents[2]


def cells(page: str, title: str) -> list[str]:
    """The cells of the row with this title."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    return next(row[1:] for row in rows if row[0] == title)


@pytest.fixture
def page(measurements: Path) -> str:
    """The page about made-up records, "edge-small" being the default."""
    from model_records import load_records
    from models_page import write_page

    return write_page(load_records(measurements), "edge-small")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("MNIST errors, `int8.tflite`", ["42.3 ± 2.5", "36.0 ± 1.0", "30.0 ± 1.0"]),
        ("parameters", ["9,931"] * 3),
        ("seeds", ["3"] * 3),
        ("seed that ships", ["3"] * 3),
        ("its errors, `int8.tflite`, 95 % interval", ["40 (30 – 54)", "37 (27 – 51)", "31 (22 – 44)"]),
        ("errors, photographs", ["4.0 ± 0.0 (99.00 %)"] * 3),
        ("generated published as digits", ["2.0 %"] * 3),
        ("time of a digit, normalising it is 1", ["1.90 ± 0.00"] * 3),
    ],
)
def test_the_family_stands_smallest_first(page: str, title: str, expected: list[str]) -> None:
    assert cells(page, "") == ["`edge-nano`", "`edge-small`", "`edge-base`"]
    assert cells(page, title) == expected


def test_neighbours_are_compared_digit_by_digit(page: str) -> None:
    """The first 40, 37 and 31 digits are wrong: each model gets some right that its smaller neighbour does not."""
    assert cells(page, "`edge-nano`") == ["`edge-small`", "0", "3", "0.250"]
    assert "| `edge-small` | `edge-base` | 0 | 6 | 0.031 |" in page


def test_published_models_stand_beside_ours_by_size(page: str) -> None:
    field = page.partition("## Beside the others")[2].partition("\n## ")[0]
    counts = [int(found.replace(",", "")) for found in re.findall(r"^\|[^|]*\| ([\d,]+) \|", field, re.MULTILINE)]

    assert counts == sorted(counts)
    assert "`dense-512` (of the zoo)" in field
    assert "Efficient-CapsNet" in field


def test_the_best_method_is_marked_by_validation(page: str) -> None:
    assert page.count("**background**") == 2
    assert cells(page, "letters") == ["40.0 %", "8.0 %", "7.0 %", "1.0 %", "3.0 %"]


def test_a_page_without_the_family_is_about_the_zoo(measurements: Path) -> None:
    from model_records import load_records
    from models_page import write_page

    page = write_page([record for record in load_records(measurements) if record.model == "dense-512"], "edge-small")

    assert "## The family" not in page
    assert "`dense-512` (of the zoo)" in page


def test_every_picture_of_the_page_is_drawn(measurements: Path, page: str, tmp_path: Path) -> None:
    from model_plots import draw_figures
    from model_records import load_records

    draw_figures(load_records(measurements), "edge-small", tmp_path)

    named = set(re.findall(r"\(figures/([^)]+)\)", page))
    assert named == {path.name for path in tmp_path.glob("*.png")}
    for name in named:
        assert np.unique(load_picture(tmp_path / name)).size > 10


def test_a_card_says_what_manifest_and_record_say(measurements: Path, bundle_folder: Path) -> None:
    from model_card import write_card
    from model_records import by_model, choose, load_records

    records = by_model(load_records(measurements))["edge-nano"]
    card = write_card(bundle_folder, records, choose(records))
    described = manifest.load(bundle_folder)

    for heading in (
        "Model",
        "Intended use",
        "Data",
        "Protocol",
        "Figures",
        "Rejection and calibration",
        "Limits",
        "Files",
    ):
        assert f"## {heading}" in card
    assert cells(card, "parameters, batch normalisation folded") == [f"{described.parameters:,}"]
    assert "seeds trained: 1, 2, 3; over all of them `int8.tflite` makes 42.3 ± 2.5 errors" in card
    assert cells(card, "photographs") == ["400", "4", "99.00 %", "1 as 7 ×3, 4 as 9 ×1"]
    for file in described.files:
        assert cells(card, file.path)[0] == f"{file.size:,}"


def test_published_figures_are_plausible_and_sourced() -> None:
    from published import PUBLISHED

    sizes = [other.parameters for other in PUBLISHED if other.parameters]
    assert sizes == sorted(sizes)
    for other in PUBLISHED:
        assert 0 < other.errors < 1000
        assert other.source
        accuracy = re.search(r"(\d\d(?:\.\d+)?) %", other.remark)
        if accuracy and other.remark.startswith(("9", "“more")):
            assert round((100 - float(accuracy[1])) * 100) == other.errors


def test_committed_pages_are_those_of_the_committed_records() -> None:
    from model_card import write_card
    from model_records import FOLDER, by_model, choose, load_records
    from models_page import write_page

    records = load_records()
    if not records:
        pytest.skip("no measurement is committed")
    assert (ROOT / "docs/models.md").read_text("utf-8") == write_page(records, DEFAULT)
    for path in FOLDER.glob("*.json"):
        assert path.stat().st_size < 30_000
        assert json.loads(path.read_text("utf-8"))["schema"] == "digits.measurement/1"
    for model, found in by_model(records).items():
        if model in shipped_bundles():
            card = (ROOT / "docs/models" / f"{model}.md").read_text("utf-8")
            assert card == write_card(ROOT / "runtime/bundles" / model, found, choose(found))
