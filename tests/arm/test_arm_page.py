"""The page about the stand-ins: rows of several bundles become one, and the page is that of its figures."""

import copy
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from arm.comparison import Row, compare
from arm.page import keep_others, mark, merge, render_page, table, write_page
from arm.stand_ins import STAND_INS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def document(documents: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    machine = documents()["answers"]["machine"] | {"engines": {"litert": "2.3.0"}}
    rows = [asdict(row) for row in compare(documents(), documents(), {})]
    system = {"name": "trixie 64 bit", "board": "Raspberry Pi 5", **machine, "passed": True, "rows": rows}
    asked = {"bundles": 2, "verified": "a", "golden": 1, "background": 1, "few": 1, "pages": 2, "frames": 3}
    return {"schema": "digits.arm/1", "asked": asked, "stand_ins": [system]}


def row(subject: str, difference: float, note: str = "", *, passed: bool = True) -> dict[str, Any]:
    return asdict(Row("answers", subject, "litert", 10, int(not passed), difference, passed, note))


def test_bundles_are_merged_by_file_and_engine() -> None:
    merged = merge([row("a/int8.tflite", 0.1), row("b/int8.tflite", 0.3, passed=False), row("b/float32.onnx", 0.2)])

    assert [(r["subject"], r["samples"], r["differing"], r["difference"], r["passed"]) for r in merged] == [
        ("int8.tflite", 20, 1, 0.3, False),
        ("float32.onnx", 10, 0, 0.2, True),
    ]


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        (("bit for bit", "bit for bit"), "bit for bit"),
        (("bit for bit", ""), ""),
        (("bit for bit", "crashed"), "crashed"),
        (("crashed", "hung"), "crashed; hung"),
    ],
    ids=["all exact", "one exact", "one failed", "both failed"],
)
def test_merged_rows_claim_no_more_than_each(notes: tuple[str, str], said: str) -> None:
    merged = merge([row("a/int8.tflite", 0, notes[0]), row("b/int8.tflite", 0, notes[1])])

    assert merged[0]["note"] == said


@pytest.mark.parametrize(
    ("passed", "samples", "sign"), [(True, 5, "✓"), (False, 5, "✗"), (False, 0, "✗"), (True, 0, "–")]
)
def test_a_verdict_needs_something_compared(passed: bool, samples: int, sign: str) -> None:
    assert mark({"passed": passed, "samples": samples}) == sign


def test_what_engines_say_does_not_break_the_table() -> None:
    assert table(("a", "b"), [("x || y", 1)]).splitlines()[-1] == "| x \\|\\| y | 1 |"


def test_the_page_holds_every_figure(document: dict[str, Any]) -> None:
    page = render_page(document)

    assert "{{" not in page
    assert "| trixie 64 bit | Raspberry Pi 5 | x86_64 | 3.11.2 | 2.4.6 | 5.0.0 | litert 2.3.0 | ✓ |" in page
    assert "| ✓ | answers | int8.tflite | litert | 4 | 0 | 0 | bit for bit |" in page
    assert "| ✓ | pages | pages | litert | 2 | 0 | – | 0 read wholly right |" in page


def test_the_page_and_its_figures_are_written_together(tmp_path: Path, document: dict[str, Any]) -> None:
    write_page(tmp_path / "arm.md", document)

    assert json.loads((tmp_path / "arm.json").read_bytes()) == document
    assert (tmp_path / "arm.md").read_text(encoding="utf-8") == render_page(document)


def test_the_committed_page_is_that_of_its_figures() -> None:
    document = json.loads((DOCS / "arm.json").read_bytes())

    assert (DOCS / "arm.md").read_text(encoding="utf-8") == render_page(document)
    names = [system["name"] for system in document["stand_ins"]]
    assert names
    assert names == [stand_in.name for stand_in in STAND_INS if stand_in.name in names]


@pytest.mark.parametrize(("golden", "kept"), [(1, True), (2, False)], ids=["asked the same", "asked more"])
def test_other_systems_stay_where_they_were_asked_the_same(
    tmp_path: Path, document: dict[str, Any], golden: int, kept: bool
) -> None:
    write_page(tmp_path / "arm.md", document)
    newer = copy.deepcopy(document)
    newer["stand_ins"][0] |= {"name": "bookworm 32 bit"}
    newer["asked"]["golden"] = golden
    both = keep_others(tmp_path / "arm.md", newer, ["bookworm 32 bit", "trixie 64 bit"])

    assert [system["name"] for system in both["stand_ins"]] == ["bookworm 32 bit", "trixie 64 bit"][: 1 + kept]


def test_a_system_that_is_asked_again_is_told_anew(tmp_path: Path, document: dict[str, Any]) -> None:
    write_page(tmp_path / "arm.md", document)
    newer = copy.deepcopy(document)
    newer["stand_ins"][0]["passed"] = False

    assert keep_others(tmp_path / "arm.md", newer, ["trixie 64 bit"]) == newer
    assert keep_others(tmp_path / "absent.md", newer, ["trixie 64 bit"]) == newer
