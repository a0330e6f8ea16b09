"""Command lines: one parser class and the argument types that several commands share."""

import argparse
from typing import NoReturn

from runtime.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line that ends with the help to ask for."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"digits {command}", description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the whole usage."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def positive(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return number


def frame_size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT in pixels, each 16 to 20000."""
    width, _, height = text.partition("x")
    if width.isdigit() and height.isdigit() and 16 <= int(width) <= 20000 and 16 <= int(height) <= 20000:
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT such as 1280x720, got {text!r}")
