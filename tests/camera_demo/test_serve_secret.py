"""The token and the sessions: read from where nobody looks, compared in constant time, forged by nobody."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_demo.serve.secret import SESSION_SECONDS, VARIABLE, Secret, read_secret
from runtime.errors import InputError, UsageError

TOKEN = "correct-horse-battery"  # noqa: S105 - nobody's
SECRET = Secret(TOKEN.encode())
NOW = 1_800_000_000.0


def test_only_the_token_is_the_token() -> None:
    assert SECRET.is_token(TOKEN)
    assert not any(SECRET.is_token(text) for text in ("", TOKEN[:-1], TOKEN + " ", TOKEN.upper(), "ü" * 20, "\ud800"))
    assert TOKEN not in repr(SECRET)


@pytest.mark.parametrize(("later", "valid"), [(0, True), (SESSION_SECONDS - 2, True), (SESSION_SECONDS + 1, False)])
def test_a_session_ends(later: float, valid: bool) -> None:
    assert SECRET.is_session(SECRET.session(NOW), NOW + later) is valid


def test_a_session_survives_a_restart_and_not_another_token() -> None:
    assert Secret(TOKEN.encode()).is_session(SECRET.session(NOW), NOW)
    assert not Secret(b"another-token-of-ours").is_session(SECRET.session(NOW), NOW)


@given(st.text())
def test_nothing_else_is_a_session(text: str) -> None:
    end, _, signature = SECRET.session(NOW).partition(".")

    assert not SECRET.is_session(text, NOW)
    assert not SECRET.is_session(f"{text}.{signature}", NOW) or text == end
    assert not SECRET.is_session(f"{end}.{text}", NOW) or text == signature


def test_the_file_comes_before_the_variable_and_the_variable_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f" {TOKEN}\n", encoding="utf-8")
    environment = {VARIABLE: "from-the-environment", "HOME": "/"}

    secret = read_secret(tmp_path / "token", environment)

    assert secret == SECRET
    assert environment == {"HOME": "/"}
    assert read_secret(None, {VARIABLE: TOKEN}) == SECRET
    assert read_secret(None, {}) is None


@pytest.mark.parametrize("text", ["", "short", "x" * 15, "x" * 2000, "täglich-ein-neues-Wort", "two\nlines-of-a-token"])
def test_a_token_that_can_be_guessed_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match="at least 16 printable characters; make one with") as raised:
        read_secret(tmp_path / "token", {})
    assert not text or text not in str(raised.value)
    with pytest.raises(UsageError, match=VARIABLE):
        read_secret(None, {VARIABLE: text})


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--serve-token-file .*: cannot be read"):
        read_secret(tmp_path / "nowhere", {})
