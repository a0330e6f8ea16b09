"""The `digits` command: its table, its help, and the exit codes that scripts rely on."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import __version__
from runtime.cli import COMMANDS, main

ROOT = Path(__file__).parents[1]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    text = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"  {name} " in text
        assert command.help in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"digits {__version__}\n"


@pytest.mark.parametrize("words", [[], ["raed"], ["--nonsense"]], ids=["nothing", "typing error", "unknown flag"])
def test_misuse_is_exit_code_2(words: list[str]) -> None:
    assert main(words) == 2


@pytest.mark.parametrize("name", ["verify", "read", "evaluate", "bench", "camera", "demo"])
def test_light_commands_have_help_and_refuse_unknown_flags(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"digits {name}" in capsys.readouterr().out

    assert main([name, "--no-such-flag"]) == 2
    assert f"digits {name} --help" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_module_exists(name: str) -> None:
    assert importlib.util.find_spec(COMMANDS[name].module) is not None


@pytest.mark.parametrize(
    ("words", "package", "extra"),
    [
        ("train --list", "tensorflow", "[train]"),
        ("train --model dense-128", "pooch", "[train]"),
        ("train --model dense-128", "matplotlib", "[train]"),
        ("show synthetic --out sheet.png", "matplotlib", "[train]"),
        ("convert tests/models", "tensorflow", "[convert]"),
        ("read x.png", "numpy", ""),
    ],
)
def test_missing_package_names_the_command_that_installs_it(words: str, package: str, extra: str) -> None:
    if extra and importlib.util.find_spec("tensorflow") is None:
        pytest.skip("another package would be missed first")
    code = (
        f"import sys; sys.modules[{package!r}] = None\nfrom runtime.cli import main; sys.exit(main({words.split()!r}))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert result.returncode == 3
    assert f"pip install '.{extra}'" in result.stderr
    assert f"needs the package '{package}" in result.stderr
    assert "Traceback" not in result.stderr


def test_interrupt_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("runtime.read_command.main", interrupted)

    assert main(["read"]) == 130
    assert capsys.readouterr().err == "digits: interrupted\n"


def run_digits(words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """`digits` in a shell, buffered as it is for people; DIGITS stands for the command."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | variables
    command = words.replace("DIGITS", f"'{sys.executable}' -m runtime")
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )


@pytest.mark.parametrize("words", ["--help", "read --help", "evaluate --json tests/models/holdout.npz"])
def test_a_reader_that_left_is_no_error(words: str) -> None:
    result = run_digits(f"DIGITS {words} | true; echo ${{PIPESTATUS[0]}}")

    assert (result.stdout, result.stderr) == ("0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_behind_the_output_is_one_line() -> None:
    result = run_digits("DIGITS evaluate --json tests/models/holdout.npz > /dev/full")

    assert result.returncode == 1
    assert result.stderr.startswith("digits: standard output: No space left on device; ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"], ids=["output", "errors", "both"])
def test_a_service_without_streams_still_works(closed: str) -> None:
    result = run_digits(f"DIGITS evaluate --json tests/models/holdout.npz {closed}")

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict"])
def test_names_in_any_encoding_are_printed(encoding: str) -> None:
    result = run_digits(r"DIGITS read --json $'no such \xff\xc3\xa9'", PYTHONIOENCODING=encoding)

    assert (result.returncode, result.stderr) == (1, "")
    assert json.loads(result.stdout)["images"][0]["path"] == "no such \udcffé"


def test_too_little_memory_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def exhausted(_words: object) -> int:
        raise MemoryError

    monkeypatch.setattr("runtime.read_command.main", exhausted)

    assert main(["read"]) == 1
    assert capsys.readouterr().err.startswith("digits: not enough memory; ")
