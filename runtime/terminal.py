"""Talk for people on stderr: messages, tables and progress; stdout is kept for data."""

# ruff: noqa: ANN401 - rich's own options

import json
import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from runtime.plain import plain

BREAKS = "\n\t"


class Talk(Console):
    """A console that shows every text as it is: no markup, no emoji codes, nothing that steers the terminal.

    Colours come as `style`, or as `Text` in the cells of a table.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """The text as rich lays it out: through here come messages, titles and cells alike."""
        return super().render_str(plain(text, BREAKS), **options)


def talk() -> Talk:
    """A console on stderr."""
    return Talk(stderr=True)


def progress_bar() -> Progress:
    """A progress display on stderr with a bar, a count and the time left; use it as a context manager.

    Where stderr is no terminal (a log file, CI) it shows nothing.
    """
    console = talk()
    columns = (_Description(), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _Description(ProgressColumn):
    """What is being done, as it is."""

    def render(self, task: Task) -> Text:
        """The task's description."""
        return Text(plain(task.description))


def print_json(document: object) -> None:
    """Print one JSON document to stdout, in ASCII: whatever the encoding and the names in it, it is valid JSON."""
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")
