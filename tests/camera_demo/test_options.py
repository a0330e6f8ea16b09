"""The flags of `digits camera` become limits, rules and wishes, and nonsense is refused."""

from pathlib import Path

import pytest

from camera_demo.options import check_flags, limits_of, parser, rules_of, wish_of
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
    rules = "--pattern 20\\d\\d --checksum luhn --counter --fastest 0.5 --previous 7 --doubt-for 9"
    arguments = parser().parse_args([*words.split(), *rules.split()])

    made = rules_of(arguments)
    assert limits_of(arguments) == Limits(1.0, 2.5, 0.5)
    assert wish_of(arguments) == Wish((320, 240), 15.0, "MJPG")
    assert made.pattern is not None
    assert made.pattern.fullmatch("2021")
    assert (made.checksum, made.counter, made.fastest, made.previous, made.doubt) == ("luhn", True, 0.5, 7, 9.0)


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
        ("--pattern a{99999999999999999999}", "a regular expression, got 'a{9+}' "),
        ("--pattern " + 3000 * "(", "a regular expression, got '[(]+ … [(]+' "),
        ("--fps 1e-300", r"at least 0\.01 frames per second"),
        ("--counter --previous " + 5000 * "9", r"at most 100 digits, got '9+ … 9+'"),
        ("--doubt-for 9", "add --counter"),
        ("--every-frame", "about events; add --events"),
        ("--heartbeat 5", "about events; add --events"),
        ("--source 0 --fast", "about clips; 0 is live"),
        ("--source http://me:secret@host/ --real-time", "about clips; http://host/ is live"),
        ("--source synthetic --fast --serve 0", "about clips"),
        ("--record out.mov", r"--record out\.mov: expected"),
        ("--record a.avi --events a.avi", "--events and --record name the same file"),
        ("--record ./b/../a.avi --source a.avi", "--record and --source name the same file"),
        ("--source a.avi --events a.avi", "--events and --source name the same file"),
    ],
)
def test_nonsense_is_refused(words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_flags(parser().parse_args(words.split()))


@pytest.mark.parametrize(
    "words",
    ["--events - --record a.avi", "--source a.avi --fast", "--source a.avi --record b.avi --events c --every-frame"],
)
def test_what_goes_together_is_taken(words: str) -> None:
    check_flags(parser().parse_args(words.split()))


def test_two_names_of_one_file_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "clip.avi").write_bytes(b"clip")
    (tmp_path / "other.avi").hardlink_to(tmp_path / "clip.avi")
    words = ["--source", str(tmp_path / "clip.avi"), "--record", str(tmp_path / "other.avi")]

    with pytest.raises(UsageError, match="--record and --source name the same file"):
        check_flags(parser().parse_args(words))
