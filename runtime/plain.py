"""Words on a terminal: text of others that must not steer it, text that is too long, and how many there are."""

import unicodedata

STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")  # categories: control, format, halves of characters, other line breaks


def plain(text: str, allowed: str = "") -> str:
    r"""The text with all that a terminal would obey instead of showing, but `allowed`, as `\x1b` or the like."""
    if text.isprintable():
        return text
    return "".join(_spell(character) if character not in allowed else character for character in text)


def shorten(text: str, most: int) -> str:
    """The text, without its middle where it has more than `most` characters."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} … {text[-half:]}"


def counted(number: int, noun: str) -> str:
    """How many there are of something, such as "1 digit" and "1,200 digits"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _spell(character: str) -> str:
    steering = unicodedata.category(character) in STEERING
    return character.encode("unicode_escape").decode() if steering else character
