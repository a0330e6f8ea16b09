"""The flags of `digits camera` become limits, rules and wishes, and nonsense is refused."""

import pytest

from camera_demo.options import limits_of, parser, rules_of, wish_of
from camera_demo.plausible import Rules
from camera_demo.watchdog import Limits
from camera_demo.wish import Wish
from runtime.errors import UsageError


def test_without_flags_all_is_as_usual() -> None:
    arguments = parser().parse_args([])

    assert (limits_of(arguments), rules_of(arguments), wish_of(arguments)) == (Limits(), Rules(), Wish())
    assert (arguments.source, arguments.give_up_after) == ("0", None)


def test_flags_become_records() -> None:
    words = "--no-frame-after 1 --frozen-after 2.5 --stale-after 0.5 --size 320x240 --fps 15 --pixel-format MJPG"
    rules = "--pattern 20\\d\\d --checksum luhn --counter --fastest 0.5 --previous 7"
    arguments = parser().parse_args([*words.split(), *rules.split()])

    made = rules_of(arguments)
    assert limits_of(arguments) == Limits(1.0, 2.5, 0.5)
    assert wish_of(arguments) == Wish((320, 240), 15.0, "MJPG")
    assert made.pattern is not None
    assert made.pattern.fullmatch("2021")
    assert (made.checksum, made.counter, made.fastest, made.previous) == ("luhn", True, 0.5, 7)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--fastest 3", "add --counter"),
        ("--previous 3", "add --counter"),
        ("--length 3 --pattern a", "name one of them"),
        ("--pattern (", "a regular expression"),
        ("--checksum crc", "crc"),
        ("--pixel-format MJPEG", "four letters"),
        ("--no-frame-after 0", "seconds, more than 0"),
        ("--frozen-after nan", "seconds, more than 0"),
        ("--stale-after 1e9", "at most 86400"),
        ("--give-up-after soon", "seconds"),
        ("--fastest -1 --counter", "units a second"),
        ("--previous -1 --counter", "whole number"),
        ("--fast --real-time", "not allowed with"),
        ("--length 0", "at least 1"),
    ],
)
def test_nonsense_is_refused(words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rules_of(parser().parse_args(words.split()))
