"""Command lines: one parser class and the argument types that several commands share."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from runtime.errors import UsageError
from runtime.plain import shorten

MOST_THREADS = 256  # engines crash where the system refuses them a thread
MOST = 10**12  # of anything that is counted; more would not fit into any memory
LONGEST = 300  # characters of a message


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line that ends with the help to ask for."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"digits {command}", description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the whole usage."""
        raise UsageError(f"{shorten(message, LONGEST)} (see {self.prog} --help)")

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]  # noqa: ANN401
        """As argparse does, but nothing is empty: as a path it would mean this folder, as a name anything."""
        words = list(args or ())
        for place, word in enumerate(words):
            flag, assigned, value = word.partition("=")
            if not word or (word.startswith("--") and assigned and not value):
                before = flag or (words[place - 1] if place else "")
                self.error(f"{before if before.startswith('-') else 'argument'}: expected something, got ''")
        return super().parse_known_args(words, namespace)

    def add_model_options(self, engine: str = "the first installed", file: str = "the engine's best") -> None:
        """Add the flags that choose a model and what runs it: `--bundle`, `--backend`, `--file` and `--threads`.

        `engine` and `file` say which are taken where none is asked for.
        """
        add = self.add_argument
        bundle = "name of a model that comes with digits, or bundle or run folder (default: see digits models)"
        add("--bundle", type=Path, metavar="NAME|DIR", help=bundle)
        add("--backend", metavar="ENGINE", help=f"inference engine (default: {engine})")
        add("--file", metavar="NAME", help=f"model file of the bundle, such as int8.tflite (default: {file})")
        add("--threads", type=thread_count, default=1, metavar="N", help="threads of the engine (default: 1)")


def positive(text: str) -> int:
    """A whole number from 1 to MOST."""
    return _whole(text, MOST, "of at least 1")


def up_to(most: int) -> Callable[[str], int]:
    """An argument type: a whole number from 1 to `most`."""

    def whole_number(text: str) -> int:
        return _whole(text, most, f"from 1 to {most:,}")

    return whole_number


def _whole(text: str, most: int, words: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) else 0
    if not 1 <= number <= most:
        raise argparse.ArgumentTypeError(f"expected a whole number {words}, got {text!r}")
    return number


def seed_number(text: str) -> int:
    """A seed, a whole number from 0 to 2³² - 1."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to {2**32 - 1}, got {text!r}")
    return int(text)


def thread_count(text: str) -> int:
    """A number of an engine's threads, 1 to MOST_THREADS."""
    number = positive(text)
    if number > MOST_THREADS:
        raise argparse.ArgumentTypeError(f"expected at most {MOST_THREADS} threads, got {text}")
    return number


def frame_size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT in pixels, each 16 to 20000."""
    width, _, height = text.partition("x")
    known = text.isascii() and width.isdigit() and height.isdigit() and len(text) <= len("20000x20000")
    if known and 16 <= int(width) <= 20000 and 16 <= int(height) <= 20000:
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 1280x720, got {text!r}")
