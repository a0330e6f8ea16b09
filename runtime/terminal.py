"""Talk for people on stderr: messages, tables and progress; stdout is kept for data."""

import json
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def talk() -> Console:
    """A console on stderr."""
    return Console(stderr=True, highlight=False)


def progress_bar() -> Progress:
    """A progress display on stderr with a bar, a count and the time left; use it as a context manager.

    Where stderr is no terminal (a log file, CI) it shows nothing.
    """
    console = talk()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def print_json(document: object) -> None:
    """Print one JSON document to stdout, in ASCII: whatever the encoding and the names in it, it is valid JSON."""
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")
