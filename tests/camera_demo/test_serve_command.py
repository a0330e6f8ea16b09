"""`digits camera --serve` from the command line: begins, refuses what is unsafe in one line, ends in good order."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from camera_demo.options import imply, parser
from camera_demo.serve import door
from camera_demo.serve.address import Address
from camera_demo.serve.secret import VARIABLE
from camera_demo.serve.view import short_name
from runtime.cli import main

TINY = Path(__file__).parents[1] / "models"
TOKEN = "correct-horse-battery"  # noqa: S105 - nobody's
PATIENCE = 120.0  # seconds


def test_the_page_takes_the_place_of_the_window() -> None:
    arguments = imply(parser().parse_args(["--serve"]))

    assert (arguments.serve, arguments.headless, arguments.real_time) == (Address(), True, True)
    assert not imply(parser().parse_args(["--serve", "0", "--fast"])).real_time
    assert not imply(parser().parse_args([])).headless


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--serve 0.0.0.0:0", 2, "others than this machine could watch, so a token is needed; name a file"),
        ("--serve [::]:0", 2, "so a token is needed"),
        ("--serve nonsense:port", 2, "expected HOST:PORT"),
        ("--serve 0 --serve-token-file /nowhere/token", 1, "--serve-token-file /nowhere/token: cannot be read"),
        ("--serve no-such-host.invalid:80", 1, "--serve no-such-host.invalid:80: cannot listen there"),
        ("--serve 0 --source /nowhere.mp4", 3, "/nowhere.mp4: there is no such file"),
        ("--serve 0 --serve-watchers 0", 2, "at least 1"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    words: str, code: int, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("uvicorn", reason="the page needs digits[serve]")
    monkeypatch.delenv(VARIABLE, raising=False)

    assert main(["camera", "--bundle", str(TINY), *words.split()]) == code

    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert len(captured.err.splitlines()) == 1


def test_a_token_that_everybody_can_read_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("uvicorn", reason="the page needs digits[serve]")
    token = tmp_path / "token"
    token.write_text(TOKEN)
    said = []
    for mode in (0o600, 0o644):
        token.chmod(mode)
        main(["camera", "--serve", "0.0.0.0:0", "--serve-token-file", str(token), "--source", "/nowhere.mp4"])
        said.append(capsys.readouterr().err)

    assert "chmod 600" not in said[0]
    assert "everybody on this machine can read it; chmod 600 keeps it secret" in said[1]
    assert not any(TOKEN in text for text in said)


def test_a_package_that_is_absent_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PACKAGES", ("a_package_that_is_absent",))

    assert main(["camera", "--bundle", str(TINY), "--serve", "0"]) == 3
    assert "'a_package_that_is_absent'; install it with: pip install '.[serve]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "name"), [("/home/me/clips/page.mp4", "page.mp4"), ("rtsp://camera/1", "rtsp://camera/1"), ("0", "0")]
)
def test_the_page_does_not_tell_where_files_lie(source: str, name: str) -> None:
    assert short_name(source) == name


def get(url: str, token: str | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def wait_for_reading(url: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while True:
        document: dict[str, Any] = json.loads(get(f"{url}api/reading", TOKEN)[1])
        if document["text"]:
            return document
        assert time.monotonic() < end, document
        time.sleep(0.05)


@pytest.mark.slow
def test_a_whole_run_from_start_to_signal(tmp_path: Path) -> None:
    """On every address, with a token from the environment; a connection that asks nothing does not hold it up."""
    pytest.importorskip("uvicorn", reason="the page needs digits[serve]")
    words = ["--serve", "0.0.0.0:0", "--source", "synthetic", "--size", "320x240", "--stale-after", "60"]
    command = [sys.executable, "-m", "camera_demo", "--bundle", str(TINY), *words, "--events", "events.jsonl"]
    environment = {**os.environ, VARIABLE: TOKEN}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("synthetic: tiny ")
        line = process.stderr.readline()
        found = re.fullmatch(r"web view: http://(\S+):(\d+)/ \(it asks for the token\)\n", line)
        assert found, line
        url = f"http://127.0.0.1:{found[2]}/"
        assert (get(f"{url}api/reading")[0], get(url)[0]) == (401, 200)
        assert get(f"{url}healthz")[0] == 200 or wait_for_reading(url)
        document = wait_for_reading(url)
        with socket.create_connection(("127.0.0.1", int(found[2])), PATIENCE):
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=PATIENCE)[1]

    assert process.returncode == 0
    assert "Traceback" not in rest
    assert "frames in" in rest.splitlines()[-1]
    assert document["bundle"]["name"] == "tiny"
    events = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert set(document) == set(json.loads(events[0]))
    assert TOKEN not in line + rest
