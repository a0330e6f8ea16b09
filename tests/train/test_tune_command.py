"""`digits tune`: what it prints and refuses, that a kill costs it nothing, and that several processes work together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runtime.cli import main

# numpy 2.4 objects to how Keras 3 hands out its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY = ["--model", "edge-nano", "--epochs", "1", "--limit", "600", "--over", "architecture", "--parameters", "4000"]
CHIEF_SECONDS = 300  # KerasTuner's chief looks every twenty seconds whether its workers are done


def command(folder: Path, data: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "runtime", "tune", *TINY, "--data", str(data), "--out", str(folder), *more]


def run(folder: Path, data: Path, *more: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | variables
    return subprocess.run(
        command(folder, data, *more), capture_output=True, text=True, check=False, env=environment, timeout=900
    )


@pytest.fixture(scope="module")
def searched(idx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A finished search of three trials, the JSON that it printed, and what it said."""
    folder = tmp_path_factory.mktemp("tuning") / "tiny"
    result = run(folder, idx_folder, "--trials", "3", "--json")
    assert result.returncode == 0, result.stderr
    return folder, json.loads(result.stdout), result.stderr


@pytest.mark.slow
def test_a_search_prints_its_trials_and_leaves_a_winner(
    searched: tuple[Path, dict[str, Any], str], idx_folder: Path
) -> None:
    folder, document, talk = searched

    assert document["schema"] == "digits.tuning/1"
    assert (document["model"], document["over"], document["parameters"]) == ("edge-nano", "architecture", 4000)
    assert (document["learning_samples"], document["validation_samples"]) == (570, 30)
    assert document["data"] == idx_folder.name
    assert [trial["trial"] for trial in document["trials"]] == ["0", "1", "2"]
    assert all(trial["parameters"] <= 4000 and trial["epochs"] == 1 for trial in document["trials"])
    assert document["best"] == min(document["trials"], key=lambda trial: trial["loss"])["trial"]
    written = {path.name for path in folder.iterdir()}
    assert written == {"search.json", "trials", "results.json", "results.png", "winner.json"}
    assert json.loads((folder / "results.json").read_text()) == document
    assert f"digits train --model {folder / 'winner.json'}" in talk.replace("\n", "")
    assert not list(folder.rglob("*.npz")), "the trials' checkpoints are still there"


@pytest.mark.slow
def test_the_same_command_prints_the_same_and_trains_nothing(
    searched: tuple[Path, dict[str, Any], str], idx_folder: Path
) -> None:
    folder, document, _ = searched

    again = run(folder, idx_folder, "--trials", "3", "--json")

    assert json.loads(again.stdout) == document
    assert "trial 0" not in again.stderr
    table = run(folder, idx_folder, "--trials", "3")
    assert [line.split()[0].rstrip("*") for line in table.stdout.splitlines()[1:4]] == [
        trial["trial"] for trial in sorted(document["trials"], key=lambda trial: trial["loss"])
    ]


@pytest.mark.slow
def test_the_winner_trains_under_its_own_name(
    searched: tuple[Path, dict[str, Any], str], idx_folder: Path, tmp_path: Path
) -> None:
    folder, document, _ = searched
    words = ["--preset", "quick", "--epochs", "1", "--limit", "600", "--data", str(idx_folder)]

    assert main(["train", "--model", str(folder / "winner.json"), *words, "--out", str(tmp_path / "run")]) == 0

    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    best = next(trial for trial in document["trials"] if trial["trial"] == document["best"])
    assert manifest["parameters"] == best["parameters"]
    assert manifest["training"]["command"].startswith(f"digits train --model {folder / 'winner.json'} --preset quick")


@pytest.mark.slow
def test_killed_again_and_again_it_finds_what_it_would_have_found(
    searched: tuple[Path, dict[str, Any], str], idx_folder: Path, tmp_path: Path
) -> None:
    _, document, _ = searched
    folder = tmp_path / "killed"
    words = command(folder, idx_folder, "--trials", "3", "--json")
    for sign in ("trials/trial_0/trial.json", "trials/trial_0/checkpoint.npz", "trials/trial_1/trial.json"):
        kill_when_there_is(words, folder / sign)

    finished = run(folder, idx_folder, "--trials", "3", "--json")

    found = json.loads(finished.stdout)
    assert [without_time(trial) for trial in found["trials"]] == [without_time(t) for t in document["trials"]]
    assert found["best"] == document["best"]


@pytest.mark.slow
def test_a_chief_and_two_workers_share_the_trials(idx_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "together"
    port = free_port()
    place = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    words = command(folder, idx_folder, "--trials", "4", "--algorithm", "random", "--json")
    processes = {
        name: subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | place | {"KERASTUNER_TUNER_ID": name},
        )
        for name in ("chief", "worker-1", "worker-2")
    }
    said = {name: process.communicate(timeout=CHIEF_SECONDS * 3) for name, process in processes.items()}

    assert {name: process.returncode for name, process in processes.items()} == dict.fromkeys(processes, 0), said
    document = json.loads(said["chief"][0])
    assert [trial["trial"] for trial in document["trials"]] == ["0", "1", "2", "3"]
    assert said["worker-1"][0] == said["worker-2"][0] == ""
    ran = [said[name][1].count("parameters, epochs:") for name in ("worker-1", "worker-2")]
    assert sum(ran) == 4
    assert min(ran) >= 1
    assert "trial 0" not in said["chief"][1]
    again = subprocess.run(
        words, capture_output=True, text=True, check=True, env=os.environ | place | {"KERASTUNER_TUNER_ID": "chief"}
    )
    assert json.loads(again.stdout) == document


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "dense-512"], "a search begins with a model of the edge family"),
        (["--preset", "hasty"], "edge-nano has no preset 'hasty'"),
        (["--parameters", "500"], "500 parameters are too few to search in; give --parameters"),
        (["--trials", "0"], "--trials: expected a whole number of at least 1"),
        (["--algorithm", "guess"], "--algorithm: invalid choice: 'guess'"),
        (["--over", "everything"], "--over: invalid choice"),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_what_cannot_be_searched_is_refused_in_one_line(
    words: list[str], message: str, idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["tune", "--model", "edge-nano", "--data", str(idx_folder), "--out", str(tmp_path / "x"), *words]

    assert main(arguments) == 2

    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_other_folders_are_never_cleared(idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("dear reader")

    assert main(["tune", *TINY, "--data", str(idx_folder), "--out", str(tmp_path), "--overwrite"]) == 2

    assert "exists and is no search" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


def test_a_worker_clears_nothing(
    idx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "search.json").write_text("{}")
    for name, value in (("TUNER_ID", "worker0"), ("ORACLE_IP", "127.0.0.1"), ("ORACLE_PORT", "9")):
        monkeypatch.setenv(f"KERASTUNER_{name}", value)

    assert main(["tune", *TINY, "--data", str(idx_folder), "--out", str(tmp_path), "--overwrite"]) == 2

    assert "--overwrite is for the chief alone" in capsys.readouterr().err
    assert (tmp_path / "search.json").exists()


def test_a_chief_that_cannot_listen_says_so(
    idx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name, value in (("TUNER_ID", "chief"), ("ORACLE_IP", "127.0.0.1"), ("ORACLE_PORT", port)):
            monkeypatch.setenv(f"KERASTUNER_{name}", value)

        assert main(["tune", *TINY, "--data", str(idx_folder), "--out", str(tmp_path / "x")]) == 2

    assert f"127.0.0.1:{port}: cannot be listened at" in capsys.readouterr().err


def test_help_says_how_to_go_on_and_how_to_share(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tune", "--help"])

    text = capsys.readouterr().out
    assert "KERASTUNER_TUNER_ID" in text
    assert "goes on with an unfinished search" in " ".join(text.split())


def test_help_needs_no_tensorflow() -> None:
    code = (
        "import sys; sys.modules.update({name: None for name in ('keras', 'tensorflow', 'keras_tuner', 'sklearn')})\n"
        "from runtime.cli import main; main(['tune', '--help'])"
    )
    assert "--trials" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("package", ["keras_tuner", "sklearn"])
def test_a_missing_package_names_what_installs_it(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None\nfrom runtime.cli import main; sys.exit(main(['tune']))"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.returncode == 3
    assert f"digits tune needs the package '{package}" in result.stderr
    assert "pip install '.[train]'" in result.stderr


def kill_when_there_is(words: list[str], path: Path) -> None:
    """Start a search and kill it, as hard as can be, as soon as `path` is there."""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while process.poll() is None and not path.exists():
            time.sleep(0.01)
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)


def without_time(trial: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in trial.items() if name != "seconds"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
