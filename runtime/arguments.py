"""Command lines: one parser class and the argument types that several commands share."""

import argparse
from pathlib import Path
from typing import NoReturn

from runtime.errors import UsageError

MOST_THREADS = 256  # engines crash where the system refuses them a thread


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line that ends with the help to ask for."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"digits {command}", description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the whole usage."""
        raise UsageError(f"{message} (see {self.prog} --help)")

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
    """A whole number of at least 1."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
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
    if width.isdigit() and height.isdigit() and 16 <= int(width) <= 20000 and 16 <= int(height) <= 20000:
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 1280x720, got {text!r}")
