"""`digits verify` gives data on stdout, talk on stderr, reports in the run, and exit codes that scripts rely on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import backends
from runtime.bundle import DEFAULT
from runtime.cli import main

Replace = Callable[[Path, str, bytes], None]


@pytest.fixture(autouse=True)
def no_mnist_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def broken_run(run_folder: Path, models: Path, replace_file: Replace) -> Path:
    replace_file(run_folder, "float32.onnx", (models / "strangers" / "logits.onnx").read_bytes())
    return run_folder


def test_run_gets_its_reports_and_their_path_is_printed(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify", str(run_folder)])
    shown = capsys.readouterr()

    assert code == 0
    assert shown.out == f"{run_folder / 'report.html'}\n"
    assert json.loads((run_folder / "parity.json").read_text())["passed"]
    assert all(engine in shown.err for engine in backends.usual())
    assert shown.err.rstrip().endswith("parity")


def test_json_is_one_document(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify", "--json", "--samples", "50", "--backends", "opencv", str(run_folder)])
    document = json.loads(capsys.readouterr().out)

    assert code == 0
    assert (document["schema"], document["samples"], document["passed"]) == ("digits.parity/1", 50, True)
    assert document == json.loads((run_folder / "parity.json").read_text())


def test_bundle_stays_as_it_was_packed(bundle_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(bundle_folder.iterdir())
    code = main(["verify", str(bundle_folder)])
    shown = capsys.readouterr()

    assert code == 0
    assert shown.out == ""
    assert sorted(bundle_folder.iterdir()) == before
    assert "golden samples only" in shown.err


def test_reports_go_where_they_are_wanted(bundle_folder: Path, models: Path, tmp_path: Path) -> None:
    arguments = ["--data", str(models / "holdout.npz"), "--out", str(tmp_path / "out"), "--samples", "all"]
    code = main(["verify", *arguments, str(bundle_folder)])

    assert code == 0
    assert json.loads((tmp_path / "out" / "parity.json").read_text())["samples"] == 300


def test_reports_that_cannot_be_written_cost_nothing_else(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = run_folder / "manifest.json"
    code = main(["verify", "--json", "--backends", "opencv", "--out", str(target), str(run_folder)])
    shown = capsys.readouterr()

    assert code == 1
    assert f"digits: {target / 'parity.json'}: cannot be written" in shown.err
    assert "float32.onnx" in shown.err
    assert json.loads(shown.out)["passed"]


def test_everything_runs_and_then_it_fails(broken_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify", "--json", str(broken_run)])
    shown = capsys.readouterr()
    checks = json.loads(shown.out)["checks"]

    assert code == 1
    assert {check["file"] for check in checks if not check["passed"]} == {"float32.onnx"}
    assert any(check["passed"] and check["accuracy"] for check in checks) or backends.installed() == ("opencv",)
    assert "float32.onnx on opencv: float32.onnx: its answers are no probabilities" in shown.err
    assert "no parity" in shown.err
    assert "out of its limits" in (broken_run / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 1, "no manifest.json here; expected a run folder or a bundle"),
        (["--backends", "torch", "{run}"], 2, "there is no engine 'torch'"),
        (
            ["--backends", " ,", "{run}"],
            2,
            "expected some of litert, tflite-runtime, onnxruntime, opencv, reference, got ' ,'",
        ),
        (["--samples", "0", "{run}"], 2, "expected a whole number of at least 1, got '0'"),
        (["--samples", "some", "{run}"], 2, "expected a whole number of at least 1, got 'some'"),
        (["--data", "nowhere.npz", "{run}"], 1, "nowhere.npz: cannot be read"),
    ],
    ids=["no folder", "engine", "no engine", "no samples", "not a number", "no data"],
)
def test_mistakes_are_one_line(
    run_folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    given = main(["verify", *(word.format(run=run_folder) for word in arguments)])
    shown = capsys.readouterr()

    assert given == code
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_missing_engine_has_exit_code_3(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = next(engine for engine in backends.ENGINES if engine not in backends.installed())
    code = main(["verify", "--backends", missing, str(run_folder)])

    assert code == 3
    assert f"the engine {missing} is not installed; install it with: pip install" in capsys.readouterr().err


def test_without_a_folder_the_shipped_bundle_is_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "--samples", "50"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["bundle"]["name"] == DEFAULT
    assert all(check["passed"] for check in document["checks"])
