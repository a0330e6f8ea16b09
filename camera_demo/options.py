"""The flags of `digits camera`."""

import argparse
import math
import re
from argparse import Namespace
from pathlib import Path

from camera_demo.checksum import CHECKSUMS
from camera_demo.link import without_password
from camera_demo.plausible import Rules
from camera_demo.recorder import check_name
from camera_demo.serve.address import Address, address
from camera_demo.sources import is_live
from camera_demo.watchdog import Limits
from camera_demo.window import KEYS
from camera_demo.wish import Wish
from runtime.arguments import Parser, frame_size, positive
from runtime.errors import UsageError
from runtime.plain import shorten

DESCRIPTION = f"""Read handwritten digits from a camera, a clip, pictures or a stream. In the window: {KEYS}.
Clips play in real time there; headless they run as fast as they can. Ctrl-C ends in good order."""
FASTEST, SLOWEST = 240.0, 0.01  # frames per second
LONGEST = 86400.0  # seconds; a day
MOST_DIGITS = 100  # of a counter
SHOWN = 60  # characters of what was given that a message repeats


def parser() -> Parser:
    """The parser for the command line."""
    made = Parser("camera", DESCRIPTION)
    _add_source(made)
    _add_outputs(made)
    _add_view(made)
    _add_limits(made)
    _add_rules(made)
    made.add_model_options()
    return made


def imply(arguments: Namespace) -> Namespace:
    """The flags with what follows from others: the page takes the window's place, and clips play as a camera would."""
    if arguments.serve is not None:
        arguments.headless, arguments.real_time = True, not arguments.fast
    return arguments


def wish_of(arguments: Namespace) -> Wish:
    """What is asked of the source."""
    return Wish(arguments.size, arguments.fps, arguments.pixel_format)


def limits_of(arguments: Namespace) -> Limits:
    """How long things may take."""
    return Limits(arguments.no_frame_after, arguments.frozen_after, arguments.stale_after)


def rules_of(arguments: Namespace) -> Rules:
    """What is expected of readings; UsageError where the flags contradict each other."""
    about_counters = (arguments.fastest, arguments.previous, arguments.doubt)
    if not arguments.counter and any(value is not None for value in about_counters):
        raise UsageError("--fastest, --previous and --doubt-for are about a counter; add --counter")
    if arguments.length is not None and arguments.pattern is not None:
        raise UsageError("--length and --pattern: name one of them; a pattern says the length too")
    names = ("length", "pattern", "checksum", "counter", "fastest", "previous", "doubt")
    given = {name: getattr(arguments, name) for name in names}
    return Rules(**{name: value for name, value in given.items() if value is not None})


def check_flags(arguments: Namespace) -> None:
    """Raise UsageError for flags that contradict each other or would do nothing; to be asked before anything opens."""
    rules_of(arguments)
    if arguments.events is None and (arguments.every_frame or arguments.heartbeat is not None):
        raise UsageError("--every-frame and --heartbeat are about events; add --events FILE (or - for stdout)")
    if is_live(arguments.source) and (arguments.fast or arguments.real_time):
        raise UsageError(f"--fast and --real-time are about clips; {without_password(arguments.source)} is live")
    if arguments.record is not None:
        check_name(arguments.record)
    targets = {"--record": arguments.record, "--events": arguments.events, "--source": arguments.source}
    files = {flag: Path(path).absolute() for flag, path in targets.items() if path not in (None, "", "-")}
    for flag, other in (("--events", "--record"), ("--events", "--source"), ("--record", "--source")):
        if flag in files and other in files and _is_same(files[flag], files[other]):
            raise UsageError(f"{flag} and {other} name the same file, {files[flag]}; name another one")


def _is_same(first: Path, second: Path) -> bool:
    """Whether two paths lead to the same file, which may not be there yet."""
    return first.resolve() == second.resolve() or (first.exists() and second.exists() and first.samefile(second))


def _add_source(made: Parser) -> None:
    add = made.add_argument
    add(
        "--source",
        default="0",
        metavar="SOURCE",
        help="camera number, /dev/videoN or /dev/v4l/by-id/NAME, picamera or picamera:N, video file, picture, folder, "
        "pattern such as scans/%%04d.png or 'scans/*.png', an http:// or rtsp:// address, or synthetic "
        "(default: camera 0)",
    )
    add("--size", type=frame_size, metavar="WIDTHxHEIGHT", help="ask the camera for this size")
    add("--fps", type=frame_rate, metavar="N", help="ask the camera for this rate; play clips and pictures at it")
    add("--pixel-format", type=four_letters, metavar="CODE", help="ask a /dev/video camera for this, such as MJPG")
    speed = made.add_mutually_exclusive_group()
    speed.add_argument("--fast", action="store_true", help="read every frame of a clip, as fast as can be")
    speed.add_argument("--real-time", action="store_true", help="play a clip as a camera would, also headless")


def _add_outputs(made: Parser) -> None:
    add = made.add_argument
    add("--headless", action="store_true", help="open no window")
    record = "record what the window shows (.mkv and .avi play also where the program was killed, .mp4 does not)"
    add("--record", type=Path, metavar="OUT.mkv", help=record)
    add("--events", metavar="FILE|-", help="write a line of JSON for each change; a file that exists is continued")
    add("--every-frame", action="store_true", help="write an event for each frame that was read")
    heartbeat = "write an event after so long without one, though nothing has changed"
    add("--heartbeat", type=seconds, metavar="SECONDS", help=heartbeat)
    add("--frames", type=positive, metavar="N", help="end after N frames")
    add(
        "--save-folder",
        type=Path,
        default=Path("frames"),
        metavar="DIR",
        help="where s saves to, and the page records to (default: frames)",
    )


def _add_view(made: Parser) -> None:
    usual = Address()
    add = made.add_argument_group("a page for browsers instead of a window").add_argument
    add(
        "--serve",
        type=address,
        nargs="?",
        const=usual,
        metavar="HOST:PORT",
        help=f"serve the page there, for this machine alone unless HOST says more (default: {usual.host}:{usual.port})",
    )
    add(
        "--serve-token-file", type=Path, metavar="FILE", help="visitors need the token in it; or set DIGITS_SERVE_TOKEN"
    )
    add("--serve-name", action="append", default=[], metavar="NAME", help="another name that browsers call us by")
    add("--serve-watchers", type=positive, default=100, metavar="N", help="so many may watch at once (default: 100)")


def _add_limits(made: Parser) -> None:
    usual = Limits()
    for flag, value, what in (
        ("--no-frame-after", usual.no_frame, "say that no frame comes after"),
        ("--frozen-after", usual.frozen, "take a picture that never changes for frozen after"),
        ("--stale-after", usual.stale, "publish nothing from frames of a camera that are older than"),
    ):
        made.add_argument(
            flag, type=seconds, default=value, metavar="SECONDS", help=f"{what} so long (default: {value:g})"
        )
    made.add_argument(
        "--give-up-after",
        type=seconds,
        metavar="SECONDS",
        help="end when a camera stays away for so long (default: never)",
    )


def _add_rules(made: Parser) -> None:
    add = made.add_argument_group("what is expected of readings; others are refused with a reason").add_argument
    add("--length", type=positive, metavar="N", help="every line has so many digits")
    add("--pattern", type=regular_expression, metavar="REGEX", help="every line matches, blanks left out")
    add("--checksum", choices=sorted(CHECKSUMS), help="every line ends with its check digits")
    add("--counter", action="store_true", help="the one line is a number that never falls")
    add("--fastest", type=units_a_second, metavar="N", help="the counter rises by at most N a second")
    add("--previous", type=whole_number, metavar="N", help="where the counter stood before")
    doubt = f"believe a counter after all that says for so long what it cannot (default: {Rules().doubt:g})"
    add("--doubt-for", type=seconds, metavar="SECONDS", dest="doubt", help=doubt)


def frame_rate(text: str) -> float:
    """Frames per second, .01 to 240."""
    value = _number(text, FASTEST, "frames per second")
    if value < SLOWEST:
        raise argparse.ArgumentTypeError(f"expected at least {SLOWEST:g} frames per second, got {text!r}")
    return value


def seconds(text: str) -> float:
    """A time of more than 0 seconds and at most a day."""
    return _number(text, LONGEST, "seconds")


def units_a_second(text: str) -> float:
    """The rate of a counter, more than 0."""
    return _number(text, 1e9, "units a second")


def four_letters(text: str) -> str:
    """A pixel format as V4L2 calls it."""
    if re.fullmatch(r"[0-9A-Za-z ]{4}", text):
        return text
    raise argparse.ArgumentTypeError(f"expected four letters such as MJPG or YUYV, got {text!r}")


def regular_expression(text: str) -> re.Pattern[str]:
    """A pattern in Python's syntax."""
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        why = f"expected a regular expression, got {shorten(repr(text), SHOWN)} ({error})"
        raise argparse.ArgumentTypeError(why) from error


def whole_number(text: str) -> int:
    """A number of at least 0, of as many digits as a counter may have."""
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)
    expected = f"expected a whole number of at most {MOST_DIGITS} digits"
    raise argparse.ArgumentTypeError(f"{expected}, got {shorten(repr(text), SHOWN)}")


def _number(text: str, largest: float, what: str) -> float:
    """A number of more than 0 and at most `largest`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if 0 < value <= largest:
        return value
    raise argparse.ArgumentTypeError(f"expected {what}, more than 0 and at most {largest:g}, got {text!r}")
