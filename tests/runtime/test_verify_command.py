"""`digits verify` gives data on stdout, talk on stderr, reports in the run, and exit codes that scripts rely on."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from runtime import backends, manifest
from runtime.bundle import DEFAULT
from runtime.cli import main
from runtime.parity import Comparison, compare_answers

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
    code = main(["verify", "--no-probe", "--json", "--samples", "50", "--backends", "opencv", str(run_folder)])
    document = json.loads(capsys.readouterr().out)

    assert code == 0
    assert (document["schema"], document["samples"], document["passed"]) == ("digits.parity/1", 50, True)
    assert document == json.loads((run_folder / "parity.json").read_text())


def test_bundle_stays_as_it_was_packed(bundle_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(bundle_folder.iterdir())
    code = main(["verify", "--no-probe", str(bundle_folder)])
    shown = capsys.readouterr()

    assert code == 0
    assert shown.out == ""
    assert sorted(bundle_folder.iterdir()) == before
    assert "golden samples only" in shown.err


def test_reports_go_where_they_are_wanted(bundle_folder: Path, models: Path, tmp_path: Path) -> None:
    arguments = ["--data", str(models / "holdout.npz"), "--out", str(tmp_path / "out"), "--samples", "all"]
    code = main(["verify", "--no-probe", *arguments, str(bundle_folder)])

    assert code == 0
    assert json.loads((tmp_path / "out" / "parity.json").read_text())["samples"] == 300


def test_reports_that_cannot_be_written_cost_nothing_else(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = run_folder / "manifest.json"
    code = main(["verify", "--no-probe", "--json", "--backends", "opencv", "--out", str(target), str(run_folder)])
    shown = capsys.readouterr()

    assert code == 1
    assert f"digits: {target / 'parity.json'}: cannot be written" in shown.err
    assert "float32.onnx" in shown.err
    assert json.loads(shown.out)["passed"]


def test_everything_runs_and_then_it_fails(broken_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify", "--no-probe", "--json", str(broken_run)])
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


def test_every_pair_of_engine_and_file_is_a_row(bundle_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "--no-probe", str(bundle_folder)]) == 0
    document = json.loads(capsys.readouterr().out)
    engines = [name for name in backends.ENGINES if name in backends.usual() or name not in backends.installed()]
    paths = [file.path for file in manifest.load(bundle_folder).converted()]
    statuses = {(row["file"], row["backend"]): row["status"] for row in document["table"]}

    assert sorted(statuses) == sorted((path, engine) for path in paths for engine in engines)
    for (path, engine), status in statuses.items():
        able = backends.runs_format(engine, path.rpartition(".")[2]) and engine != "tflite-runtime"
        assert (status == "ok") == (able and engine in backends.installed()) or engine == "tflite-runtime"
    compared = {(check["file"], check["backend"]) for check in document["checks"] if check["accuracy"] is not None}
    assert compared == {pair for pair, status in statuses.items() if status == "ok"}


def test_an_engine_asked_for_has_a_row_for_each_file(bundle_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "--no-probe", "--backends", "opencv", str(bundle_folder)]) == 0
    table = json.loads(capsys.readouterr().out)["table"]

    assert {row["backend"] for row in table} == {"opencv"}
    assert {row["status"] for row in table} == {"ok", "unsupported"}


class TestDocumentsForBuildServers:
    """JUnit XML and Markdown tell what the exit code tells, and are whole or not there."""

    def test_both_are_written_beside_the_json(
        self, broken_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        junit, summary = tmp_path / "new" / "verify.xml", tmp_path / "summary.md"
        words = ["--no-probe", "--json", "--junit", str(junit), "--markdown", str(summary), str(broken_run)]
        code = main(["verify", *words])
        table = json.loads(capsys.readouterr().out)["table"]
        suite = ElementTree.parse(junit).getroot()[0]  # noqa: S314 - our own

        assert code == 1
        assert len(suite.findall("testcase")) == len(table) + 1
        failed = [case.get("name") for case in suite.iter("testcase") if case.find("error") is not None]
        assert failed == [f"{row['file']} on {row['backend']}" for row in table if row["status"] == "failed"]
        assert summary.read_text("utf-8").startswith("## ✗ no parity: tiny\n")
        assert {path.name for path in tmp_path.iterdir()} == {"bundle", "new", "summary.md"}

    def test_a_place_that_cannot_be_written_is_an_error(
        self, bundle_folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        target = bundle_folder / "manifest.json" / "verify.xml"
        code = main(["verify", "--no-probe", "--backends", "opencv", "--junit", str(target), str(bundle_folder)])

        assert code == 1
        assert f"digits: {target}: cannot be written" in capsys.readouterr().err

    def test_an_interruption_leaves_nothing_behind(
        self, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C in the middle of the third comparison."""
        seen: list[object] = []

        def interrupted(*both: Any) -> Comparison:  # noqa: ANN401
            seen.append(both)
            if len(seen) == 3:
                raise KeyboardInterrupt
            return compare_answers(*both)

        monkeypatch.setattr("runtime.verifying.asking.compare_answers", interrupted)
        before = sorted(run_folder.iterdir())
        words = ["--junit", str(tmp_path / "a.xml"), "--markdown", str(tmp_path / "b.md"), str(run_folder)]

        assert main(["verify", "--no-probe", *words]) == 130
        assert sorted(run_folder.iterdir()) == before
        assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


class TestGates:
    """What is asked beyond parity fails the run with a message, after everything has run."""

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ("--floor accuracy=.99", "float32.onnx on opencv: holdout: accuracy 0.983333, at least 0.99 asked"),
            ("--floor samples=301", "float32.onnx on opencv: holdout: samples 300, at least 301 asked"),
            ("--max-flips 1", "int8.onnx on opencv: holdout: flips 2, at most 1 asked"),
            ("--max-size 9000 --max-size float32.onnx=10000", "float32.onnx on opencv: 15931 bytes, at most 10000"),
        ],
    )
    def test_a_gate_that_is_not_passed(
        self, run_folder: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
    ) -> None:
        code = main(["verify", "--no-probe", "--json", "--backends", "opencv", *words.split(), str(run_folder)])
        shown = capsys.readouterr()
        document = json.loads(shown.out)

        assert code == 1
        assert message in shown.err
        assert "no parity" not in shown.err
        assert "gates not passed" in shown.err
        assert not document["passed"]
        assert document["gates"]
        assert all(check["passed"] for check in document["checks"])

    def test_gates_that_are_passed(self, run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = "--floor accuracy=.97 --floor agreement=.99 --max-flips 2 --max-size int8.onnx=8363"
        code = main(["verify", "--no-probe", "--backends", "opencv", *words.split(), str(run_folder)])

        assert code == 0
        assert capsys.readouterr().err.rstrip().endswith("parity")

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ("--max-size int4.onnx=1", "--max-size int4.onnx: there is no such file; one of float32.tflite"),
            ("--floor accuracy=2", "expected a share from 0 to 1"),
            ("--localise int8.onnx --max-flips 1", "--localise follows one file"),
            ("--localise int8.onnx --junit x.xml", "--localise follows one file"),
        ],
    )
    def test_gates_that_make_no_sense(
        self, run_folder: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
    ) -> None:
        assert main(["verify", *words.split(), str(run_folder)]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_for_terminals_alone(bundle_folder: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")

    assert main(["verify", "--no-probe", "--backends", "opencv", str(bundle_folder)]) == 0
    assert ("━" in screen.getvalue()) == terminal
