"""An engine that takes its process down is found out in another one, and costs its own rows only."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import backends
from runtime.cli import main
from runtime.verifying.probe import Trial, find_crashes

ONNX = [("float32.onnx", "onnxruntime"), ("float32.onnx", "opencv")]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a package `onnxruntime` of so much code before the real one, for new processes only."""

    def give(code: str) -> None:
        (tmp_path / "onnxruntime").mkdir()
        (tmp_path / "onnxruntime" / "__init__.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return give


@pytest.fixture
def among_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder is somebody's who has a package `runtime` too."""
    (tmp_path / "theirs" / "runtime").mkdir(parents=True)
    (tmp_path / "theirs" / "runtime" / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path / "theirs")


def test_engines_that_answer_or_refuse_are_no_crash(bundle_folder: Path) -> None:
    (bundle_folder / "int8.onnx").write_bytes(b"damaged")

    assert find_crashes(bundle_folder, [*ONNX, ("int8.onnx", "opencv"), ("absent.onnx", "opencv")]) == Trial()
    assert find_crashes(bundle_folder, []) == Trial()


def test_a_folder_that_cannot_be_opened_is_met_elsewhere(tmp_path: Path) -> None:
    assert find_crashes(tmp_path, ONNX) == Trial()


@pytest.mark.skipif("onnxruntime" not in backends.installed(), reason="onnxruntime is not installed")
@pytest.mark.usefixtures("among_strangers")
def test_a_crash_fails_its_rows_and_the_others_are_filled(
    bundle_folder: Path, install: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    install("import os, signal\nprint('loading 7', end='', flush=True)\nos.kill(os.getpid(), signal.SIGILL)")
    code = main(["verify", "--json", "--backends", "onnxruntime,opencv", str(bundle_folder)])
    shown = capsys.readouterr()
    rows = {(row["file"], row["backend"]): row for row in json.loads(shown.out)["table"]}

    assert code == 1
    assert rows["float32.onnx", "opencv"]["status"] == rows["int8.onnx", "opencv"]["status"] == "ok"
    for name in ("float32.onnx", "int8.onnx"):
        row = rows[name, "onnxruntime"]
        assert (row["status"], row["accuracy"], row["microseconds"]) == ("failed", None, None)
        assert "onnxruntime ends the process that opens or asks the file (SIGILL)" in row["reason"]
    assert "float32.onnx on onnxruntime: onnxruntime ends the process" in shown.err


def test_where_no_process_can_be_started_that_is_said_and_verification_goes_on(
    bundle_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("runtime.verifying.probe.subprocess.run", refuse)
    code = main(["verify", "--json", "--backends", "opencv", str(bundle_folder)])
    shown = capsys.readouterr()
    note = json.loads(shown.out)["notes"][0]

    assert code == 0
    assert note.startswith(
        "engines were not tried in a process of their own first, as none could be started ([Errno 11]"
    )
    assert note in shown.err


@pytest.mark.slow
def test_an_engine_that_hangs_is_ended(bundle_folder: Path, install: Callable[[str], None]) -> None:
    install("import time\ntime.sleep(600)")

    found = find_crashes(bundle_folder, ONNX, seconds=10).crashes

    assert list(found) == [ONNX[0]]
    assert found[ONNX[0]].startswith("onnxruntime gave no answer within 10 seconds; leave it out with --backends")
