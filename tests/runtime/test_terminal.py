"""What is said to people stands there as it is, in messages, tables and progress alike."""

import io

import pytest
from rich.table import Table
from rich.text import Text

from runtime.cli import main
from runtime.terminal import Talk, progress_bar, talk

FOREIGN = "[bold]a[/bold] :cat: [/] \x1b[2J \x07"
SHOWN = r"[bold]a[/bold] :cat: [/] \x1b[2J \x07"


def screen() -> Talk:
    return Talk(file=io.StringIO(), width=120, force_terminal=True, no_color=True)


def seen(console: Talk) -> str:
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_messages_show_names_as_they_are() -> None:
    console = screen()
    console.print(f"{FOREIGN}: 5 digits")
    console.print(FOREIGN, style="red")

    assert seen(console).count(SHOWN) == 2


def test_tables_show_names_as_they_are() -> None:
    console = screen()
    table = Table(FOREIGN, "own", title=FOREIGN)
    table.add_row(FOREIGN, Text("✓", "green"))
    console.print(table)

    assert seen(console).count(SHOWN) == 3


def test_progress_shows_names_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    console = screen()
    monkeypatch.setattr("runtime.terminal.talk", lambda: console)
    with progress_bar() as bar:
        bar.add_task(FOREIGN, total=None)

    assert SHOWN in seen(console)


def test_messages_may_have_lines() -> None:
    console = screen()
    console.print("one\ntwo")

    assert seen(console).splitlines() == ["one", "two"]


def test_talk_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    talk().print("12 [words] of 3.5")

    assert capsys.readouterr() == ("", "12 [words] of 3.5\n")


def test_errors_are_one_line_whatever_a_file_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "no\nsuch\x1b[2J.png"]) == 1

    assert capsys.readouterr().err.startswith(r"digits: no\nsuch\x1b[2J.png: cannot be read")
