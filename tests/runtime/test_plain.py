"""No text of others steers a terminal, and long ones are cut in their middle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.plain import counted, plain, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("page.jpg", "page.jpg"),
        ("Über uns – 数字 😀\u00a0½", "Über uns – 数字 😀\u00a0½"),
        ("\x1b[2Ja", r"\x1b[2Ja"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2028", r"\u2028"),
        ("\udcff", r"\udcff"),
        ("[bold]", "[bold]"),
    ],
    ids=["usual", "other letters", "escape", "breaks", "turned around", "line separator", "no UTF-8", "markup"],
)
def test_what_a_terminal_would_obey_is_spelt_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_nothing_of_any_text_steers(text: str) -> None:
    shown = plain(text)

    assert plain(shown) == shown
    assert not any(character < " " or character == "\x7f" for character in shown)
    assert text.isprintable() is False or shown == text


def test_what_is_allowed_stays() -> None:
    assert plain("a\n\tb\x1b", "\n\t") == "a\n\tb\\x1b"


def test_long_texts_lose_their_middle() -> None:
    assert shorten("123456789", 9) == "123456789"
    assert shorten("1234567890", 8) == "1234 … 7890"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 digits"), (1, "1 digit"), (2, "2 digits"), (1200, "1,200 digits")], ids=str
)
def test_one_is_singular(number: int, said: str) -> None:
    assert counted(number, "digit") == said
