"""The table of recipes is written from finished searches and from nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import InputError

PAGE = "# Recipes\n\n<!-- searches -->\nold\n<!-- /searches -->\nafter\n"


def trial(engine: str, flips: int | None, microseconds: float | None = None) -> dict[str, Any]:
    reason = None if flips is not None else "refused"
    errors = None if flips is None else flips + 30
    return {"engine": engine, "flips": flips, "errors": errors, "microseconds": microseconds, "reason": reason}


def candidate(file: str, size: int | None, *trials: dict[str, Any]) -> dict[str, Any]:
    return {"file": file, "help": "", "size": size, "reason": None if size else "no tool", "engines": list(trials)}


SEARCH = {
    "schema": "digits.search/1",
    "run": "edge",
    "samples": 10_000,
    "budget": {"flips": 3},
    "prefer": "size",
    "chosen": "int8.onnx",
    "candidates": [
        candidate("float32.onnx", 42_000, trial("onnxruntime", 0, 9.4), trial("opencv", 0, 99.0)),
        candidate("int8.onnx", 18_000, trial("onnxruntime", 2, 12.0), trial("opencv", 3, 8.6)),
        candidate("weights8.tflite", None),
        candidate("odd.onnx", 50_000, trial("opencv", None)),
    ],
}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import quantisation

    monkeypatch.setattr(quantisation, "DOCS", tmp_path)
    (tmp_path / "quantisation.md").write_text(PAGE)
    return tmp_path / "quantisation.md"


def test_each_search_becomes_a_table_smallest_first(page: Path) -> None:
    from quantisation import main

    (page.parent / "edge.search").mkdir()
    (page.parent / "edge.search" / "search.json").write_text(json.dumps(SEARCH))
    main([str(page.parent / "edge")])
    text = page.read_text()

    assert "`digits convert --budget flips=3 --prefer size edge` chose `int8.onnx`." in text
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        "| `int8.onnx` | 18,000 | 2–3 | 32–33 | 9 | opencv |",
        "| `float32.onnx` | 42,000 | 0 | 30 | 9 | onnxruntime |",
        "| `odd.onnx` | 50,000 | – | – | – | nothing |",
    ]
    assert "old" not in text
    assert text.endswith("<!-- /searches -->\nafter\n")
    page.write_text(PAGE)
    main([])
    assert page.read_text() == text


@pytest.mark.parametrize("report", [None, "{", '{"schema": "digits.search/0"}'], ids=["none", "cut off", "another"])
def test_a_run_without_a_search_is_named(page: Path, report: str | None) -> None:
    from quantisation import main

    if report is not None:
        (page.parent / "edge.search").mkdir()
        (page.parent / "edge.search" / "search.json").write_text(report)

    with pytest.raises(InputError, match=r"edge\.search/search\.json: (no finished search|expected schema)"):
        main([str(page.parent / "edge")])
