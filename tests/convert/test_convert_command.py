"""`digits convert` and `digits bundle` as a person at a terminal meets them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convert import bundle_command, command
from convert.variants import all_recipes
from runtime import manifest
from runtime.cli import main

ROOT = Path(__file__).parents[2]


def digits(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `digits` in a process of its own, as TensorFlow's chatter at start-up belongs to what is tested."""
    code = "import sys; from runtime.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-W", "default", "-c", code, *map(str, words)]
    environment = {**os.environ, "COLUMNS": "120", **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


@pytest.mark.slow
def test_convert_prints_a_table_and_no_chatter(run: Path) -> None:
    result = digits("convert", run, "--variants", "float32.tflite,int8.onnx", KERAS_BACKEND="jax")
    lines = result.stderr.splitlines()

    assert (result.returncode, result.stdout) == (0, "")
    assert [line.split()[1] for line in lines if line.startswith("│")] == ["float32.tflite", "int8.onnx"]
    assert lines[-1] == f"every file answers as Keras does; the report is {run}/report.html"
    assert len(lines) == 7  # the table's two rows, three rules and its head, and the last line
    assert [file.path for file in manifest.load(run).converted()] == ["float32.tflite", "int8.onnx"]


@pytest.mark.slow
def test_convert_prints_one_json_document(run: Path) -> None:
    result = digits("convert", run, "--variants", "float32.onnx", "--static-batch", "--json")
    document = json.loads(result.stdout)
    file = document["files"][0]

    assert (result.returncode, result.stderr) == (0, "")
    assert (document["schema"], document["run"]) == ("digits.conversion/1", str(run))
    assert file["path"] == "float32.onnx"
    assert file["size"] == (run / "float32.onnx").stat().st_size
    assert file["flips"] == {"onnxruntime": 0, "opencv": 0}
    assert file["operators"]["Conv"] == 2
    assert file["calibration"]["temperature"] == 1  # the run held nothing back
    assert 0.5 <= file["calibration"]["confidence"] <= file["calibration"]["sure"] < 1


@pytest.mark.slow
def test_a_broken_run_is_one_line(run: Path) -> None:
    (run / "model.keras").write_bytes(b"broken")
    result = digits("convert", run)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"digits: {run}/model.keras: the manifest says ")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_ctrl_c_leaves_the_run_as_it_was(run: Path) -> None:
    before = sorted(run.iterdir())
    code = "import sys; from runtime.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen([sys.executable, "-c", code, "convert", str(run)], cwd=ROOT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 300
    while not list(run.parent.glob(".tiny.*")) and time.monotonic() < deadline:  # until the workplace is there
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=60)

    assert process.returncode == 130
    assert talk.decode().splitlines()[-1] == "digits: interrupted"
    assert b"Traceback" not in talk
    assert sorted(run.iterdir()) == before
    assert list(run.parent.iterdir()) == [run]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: RUN"),
        (["run", "--variants", "int4.tflite"], "got int4.tflite"),
        (["run", "--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["run", "--recipe", "int4.tflite"], "got int4.tflite"),
        (["run", "--recipes", "all"], "invalid choice: 'all'"),
        (["run", "--budget", "3"], "expected flips=N, N being a whole number, got '3'"),
        (["run", "--budget", "flips=-1"], "expected flips=N"),
        (["run", "--prefer", "beauty"], "invalid choice: 'beauty'"),
        (["run", "--check", "--budget", "flips=1"], "--check and --budget are two different things"),
        (["run", "--static-batch", "--budget", "flips=1"], "leave --static-batch out"),
    ],
    ids=[
        *("no run", "unknown variant", "unknown option", "unknown recipe", "recipes of another kind"),
        *("a bare budget", "a negative budget", "another preference", "two things at once", "a search for one image"),
    ],
)
def test_wrong_usage_is_one_line(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["convert", *words]) == 2

    talk = capsys.readouterr().err
    assert message in talk
    assert talk.count("\n") == 1


def test_recipes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--recipes", "list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "digits.recipes/1"
    assert document["recipes"] == [recipe.to_document() for recipe in all_recipes()]

    assert main(["convert", "--recipes", "list"]) == 0
    assert "int8-percentile.onnx" in capsys.readouterr().err


@pytest.mark.parametrize(("module", "word"), [(command, "int8.onnx"), (bundle_command, "--files")])
def test_help_needs_no_tensorflow(capsys: pytest.CaptureFixture[str], module: object, word: str) -> None:
    with pytest.raises(SystemExit, match="0"):
        module.main(["--help"])  # type: ignore[attr-defined]

    assert word in capsys.readouterr().out
    code = "import sys, convert.command, convert.bundle_command; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_missing_package_names_what_installs_it(run: Path) -> None:
    code = "import sys; sys.modules['tf2onnx'] = None; from runtime.cli import main; sys.exit(main(sys.argv[1:]))"
    result = subprocess.run(
        [sys.executable, "-c", code, "convert", str(run)], capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert result.returncode == 3
    assert (
        result.stderr
        == "digits: digits convert needs the package 'tf2onnx'; install it with: pip install '.[convert]'\n"
    )
