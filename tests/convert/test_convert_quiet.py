"""Chatter is swallowed, our own talk is not, and everything is as before afterwards."""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from convert.quiet import prepare_environment, quiet

SCRIPT = """
import logging, os, sys, warnings
from convert.quiet import quiet
logging.basicConfig()
print("before")
with quiet():
    print("chatter")
    os.system("echo chatter from C++; echo chatter from C++ >&2")
    os.write(1, b"chatter\\n")
    os.write(2, b"chatter\\n")
    logging.error("chatter")
    warnings.warn("chatter")
    print("talk", file=sys.stderr)
print("after")
logging.error("logged")
os.write(2, b"raw\\n")
"""


def test_only_our_own_talk_comes_through() -> None:
    root = Path(__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, cwd=root, check=True)

    assert result.stdout.split() == ["before", "after"]
    assert result.stderr.split() == ["talk", "ERROR:root:logged", "raw"]


def test_an_error_inside_leaves_everything_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    stdout, stderr, disabled = sys.stdout, sys.stderr, logging.root.manager.disable
    with pytest.raises(KeyboardInterrupt), quiet():
        raise KeyboardInterrupt
    os.write(1, b"data")
    os.write(2, b"talk")

    assert (sys.stdout, sys.stderr, logging.root.manager.disable) == (stdout, stderr, disabled)
    assert capfd.readouterr() == ("data", "talk")


def test_no_file_descriptor_is_lost() -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = count()
    for _ in range(5):
        with quiet():
            pass

    assert count() == before


def test_warnings_are_heard_again_afterwards() -> None:
    with quiet():
        warnings.warn("chatter", stacklevel=1)

    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_keras_gets_tensorflow_whatever_the_user_prefers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    prepare_environment()

    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"  # who asks for the chatter gets it
