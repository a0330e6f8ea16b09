"""What a search is asked for, where it may go on, and which part a process takes in it."""

import json
from pathlib import Path

import pytest

from runtime.errors import InputError, UsageError
from runtime.replaceable import check_replaceable
from runtime.temporary import temporary_file
from train.tune.order import FILE_NAME, search_files, settle
from train.tune.role import NAME, PLACE, PORT, Role, read_role

SETTINGS = {"model": "edge-nano", "epochs": 6, "limit": None, "sides": (3, 5)}


def test_the_same_order_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "search"

    settle(folder, SETTINGS)
    settle(folder, SETTINGS)

    assert json.loads((folder / FILE_NAME).read_text())["epochs"] == 6


def test_another_order_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    settle(tmp_path, SETTINGS)
    before = (tmp_path / FILE_NAME).read_bytes()

    with pytest.raises(UsageError, match="was begun with epochs 6, and this command says 9"):
        settle(tmp_path, SETTINGS | {"epochs": 9})
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_search_may_be_begun_anew_but_nothing_else_goes_with_it(tmp_path: Path) -> None:
    folder, web = tmp_path / "search", tmp_path / "web"
    settle(folder, SETTINGS | {"algorithm": "random", "space": {}})
    (folder / "trials" / "trial_1").mkdir(parents=True)
    (folder / "trials" / "trial_1" / "trial.json").touch()
    (folder / "winner.json").touch()
    web.mkdir()
    (web / FILE_NAME).write_text('{"query": "digits"}')

    check_replaceable(folder, search_files, "search")
    (folder / FILE_NAME).write_text("{")  # what is damaged may be begun anew, too
    check_replaceable(folder, search_files, "search")
    (folder / "notes.txt").touch()
    with pytest.raises(UsageError, match=r"holds notes\.txt, which is no part of a search"):
        check_replaceable(folder, search_files, "search")
    with pytest.raises(UsageError, match="exists and is no search"):
        check_replaceable(web, search_files, "search")


@pytest.mark.parametrize("contents", ["", "[1, 2]", "{", "null"], ids=["empty", "a list", "half", "null"])
def test_a_damaged_order_is_one_line(tmp_path: Path, contents: str) -> None:
    (tmp_path / FILE_NAME).write_text(contents)

    with pytest.raises(InputError, match="begin the search anew with --overwrite"):
        settle(tmp_path, SETTINGS)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear reader")

    with pytest.raises(UsageError, match="exists and holds no search"):
        settle(tmp_path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_worker_may_be_writing_the_settings(tmp_path: Path) -> None:
    """Regression: of a chief and its workers, the last took the first one's half-written file for a stranger's."""
    with temporary_file(tmp_path / FILE_NAME):
        settle(tmp_path, SETTINGS)

    assert json.loads((tmp_path / FILE_NAME).read_text("utf-8"))["epochs"] == 6


@pytest.mark.parametrize(
    ("variables", "role"),
    [
        ({}, Role.ALONE),
        ({NAME: "worker0"}, Role.ALONE),
        ({NAME: "chief", PLACE: "127.0.0.1", PORT: "8000"}, Role.CHIEF),
        ({NAME: "worker-1", PLACE: "10.0.0.7", PORT: "65535"}, Role.WORKER),
    ],
    ids=["nothing", "a name alone", "chief", "worker"],
)
def test_roles(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], role: Role) -> None:
    give(monkeypatch, variables)

    assert read_role() is role


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({PLACE: "127.0.0.1", PORT: "8000"}, f"{NAME} is not"),
        ({PLACE: "127.0.0.1", NAME: "chief"}, f"{PORT} is not"),
        ({PLACE: "127.0.0.1", NAME: "chief", PORT: "http"}, "expected a port from 1 to 65535, got 'http'"),
        ({PLACE: "127.0.0.1", NAME: "chief", PORT: "70000"}, "got '70000'"),
        ({PLACE: "127.0.0.1", NAME: "../chief", PORT: "8000"}, "expected letters, digits, - and _, got '../chief'"),
    ],
    ids=["no name", "no port", "no number", "no port's number", "a path"],
)
def test_half_a_role_is_refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str) -> None:
    give(monkeypatch, variables)

    with pytest.raises(UsageError) as refused:
        read_role()
    assert words in str(refused.value)


def give(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name in (NAME, PLACE, PORT):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
