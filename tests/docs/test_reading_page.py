"""`docs/reading.md` is what the command writes from `docs/reading.json`: nobody changed the one without the other."""

import json
from pathlib import Path
from typing import Any

import pytest

from convert.reading.ablation import VARIANTS
from convert.reading.page import render_page
from runtime.pictures import load_picture

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(json.loads((DOCS / "reading.json").read_text(encoding="utf-8")))


def test_the_page_is_that_of_its_figures(document: dict[str, Any]) -> None:
    assert (DOCS / "reading.md").read_text(encoding="utf-8") == render_page(document)


def test_the_figures_are_complete(document: dict[str, Any]) -> None:
    assert document["schema"] == "digits.score/1"
    assert [row["name"] for row in document["variants"]] == [variant.name for variant in VARIANTS]
    assert len(document["goals"]) == 12
    assert len(document["disturbances"]) == 12


def test_no_file_of_anybody_is_named(document: dict[str, Any]) -> None:
    assert not any(suffix in json.dumps(document) for suffix in (".jpg", ".jpeg", ".png"))


@pytest.mark.parametrize("name", ["reading-scores.png", "reading-losses.png", "reading-explain.jpg"])
def test_the_pictures_of_the_pages_are_there(name: str) -> None:
    assert load_picture(DOCS / "figures" / name).shape[1] > 500
