"""The search for the smallest or the fastest file within a budget of changed answers."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from runtime import manifest
from runtime.cli import main
from runtime.npz import write_npz


@pytest.fixture
def parts(framework: ModuleType) -> tuple[ModuleType, ModuleType]:  # noqa: ARG001 - Keras must be loaded first
    from convert import candidate, search

    return candidate, search


def test_the_best_within_the_budget_comes_first(parts: tuple[ModuleType, ModuleType]) -> None:
    candidate, search = parts

    def make(path: str, size: int, *trials: tuple[str, int | None, float | None]) -> object:
        ran = tuple(candidate.Trial(engine, flips, 0, time) for engine, flips, time in trials)
        return candidate.Candidate(path, "", size, ran)

    found = [
        make("exact", 400, ("litert", 0, 9.0)),
        make("quick", 200, ("litert", 3, 5.0)),
        make("small", 100, ("litert", 2, 8.0), ("opencv", 3, 70.0)),
        make("tiny but wrong on one", 50, ("onnxruntime", 1, 6.0), ("opencv", 900, 1.0)),
        make("nobody runs it", 10, ("litert", None, None)),
        candidate.Candidate("not made", "", reason="no tool"),
    ]
    ranked = {
        prefer: [entry.path for entry in search.rank(found, search.Wish(3, prefer))] for prefer in ("size", "latency")
    }

    assert ranked["size"][:3] == ["small", "quick", "exact"]
    assert ranked["latency"][:3] == ["quick", "small", "exact"]
    assert set(ranked["size"][3:]) == {"tiny but wrong on one", "nobody runs it", "not made"}
    assert ranked["size"][3] == "tiny but wrong on one"
    assert [entry.path for entry in search.rank(found, search.Wish(0, "size"))][:2] == ["exact", "small"]
    assert json.loads(json.dumps(found[-1].to_document()))["size"] is None


def kept(folder: Path) -> dict[str, int]:
    """When each result was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != "search.json"}


@pytest.mark.usefixtures("framework")
@pytest.mark.slow
def test_a_search_gives_the_run_its_best_file_and_goes_on_where_it_stopped(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["convert", "--budget", "flips=20", "--json", str(run)]
    assert main([*words, "--recipe", "float32.onnx,weights8.onnx"]) == 0
    document = json.loads(capsys.readouterr().out)
    folder = run.with_name("tiny.search")

    assert document == json.loads((folder / "search.json").read_text())
    assert (document["schema"], document["budget"], document["prefer"]) == ("digits.search/1", {"flips": 20}, "size")
    assert document["chosen"] == "weights8.onnx" == document["candidates"][0]["file"]
    assert [file.path for file in manifest.load(run).converted()] == ["weights8.onnx"]
    for entry in document["candidates"]:
        assert entry["size"] == (folder / entry["file"]).stat().st_size
        assert {trial["engine"] for trial in entry["engines"]} == {"onnxruntime", "opencv"}
        assert all(trial["flips"] <= 20 and trial["microseconds"] > 0 for trial in entry["engines"])

    before = kept(folder)
    assert main([*words, "--prefer", "latency", "--recipe", "float32.onnx,weights8.onnx"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert kept(folder) == before  # nothing was measured twice
    assert again["prefer"] == "latency"
    assert sorted(c["file"] for c in again["candidates"]) == ["float32.onnx", "weights8.onnx"]


@pytest.mark.usefixtures("framework")
@pytest.mark.slow
def test_where_nothing_fits_the_nearest_is_named_and_the_run_stays(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_npz(run / "calibration.npz", {"images": np.zeros((4, 28, 28), np.uint8), "labels": np.zeros(4, np.uint8)})
    entry = manifest.describe(run, "calibration.npz", "npz", "calibration")
    manifest.save(manifest.load(run).with_files([entry]), run)
    before = sorted(path.name for path in run.iterdir())

    assert main(["convert", "--budget", "flips=1", "--recipe", "int8.onnx", str(run)]) == 1
    talk = capsys.readouterr().err
    assert "no recipe keeps within 1 flips; the nearest is int8.onnx with " in talk
    assert "tiny.search/search.json" in talk
    assert sorted(path.name for path in run.iterdir()) == before
    assert json.loads((run.with_name("tiny.search") / "search.json").read_text())["chosen"] is None


@pytest.mark.parametrize("text", ["", "{}", '{"key": 1}', "["], ids=["empty", "no key", "another key", "cut off"])
def test_a_damaged_result_is_measured_anew(parts: tuple[ModuleType, ModuleType], tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)

    assert parts[0]._read(tmp_path / "x.json", {"a": 1}) is None
