"""Writes are whole or not there."""

import json
import os
from pathlib import Path

import pytest

from runtime.atomic import atomic_file, atomic_folder, check_writable, write_bytes, write_json, write_text
from runtime.errors import InputError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_whole_and_alone(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new" / "data.bin", b"abc")

    assert (tmp_path / "new" / "data.bin").read_bytes() == b"abc"
    assert names(tmp_path / "new") == ["data.bin"]


def test_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")

    with pytest.raises(ZeroDivisionError), atomic_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError

    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_temporary_file_keeps_the_suffix(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "clip.mp4") as temporary:
        assert temporary.suffix == ".mp4"
        assert temporary.parent == tmp_path


def test_file_gets_the_permissions_of_an_ordinary_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    write_bytes(tmp_path / "atomic", b"")

    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_json_is_utf8_indented_and_refuses_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "é"})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"name": "é"}

    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", float("nan"))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"name": "é"}


def test_names_that_are_no_utf8_survive_in_json(tmp_path: Path) -> None:
    name = os.fsdecode(b"r\xffn")
    write_json(tmp_path / "a.json", {"name": name})

    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"name": name}


def test_unwritable_place_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "inside", b"")
    with pytest.raises(InputError, match="cannot be written"), atomic_folder(tmp_path / "file" / "inside"):
        pass


def test_place_can_be_checked_before_long_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_writable(tmp_path / "new" / "run")

    assert names(tmp_path / "new") == []
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(tmp_path / "file" / "inside")


def test_folder_replaces_an_older_one_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").touch()

    with atomic_folder(tmp_path / "run") as temporary:
        (temporary / "new").touch()
        assert names(tmp_path / "run") == ["old"]

    assert names(tmp_path / "run") == ["new"]
    assert names(tmp_path) == ["run"]


def test_failed_folder_keeps_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").touch()

    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "run") as temporary:
        (temporary / "new").touch()
        raise ZeroDivisionError

    assert names(tmp_path / "run") == ["old"]
    assert names(tmp_path) == ["run"]


def test_umask_is_left_as_it_was(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"")
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")], ids=["Ctrl-C", "full"])
def test_an_exchange_broken_half_way_keeps_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write_text(tmp_path / "run" / "manifest.json", "old")
    replace = os.replace

    def break_second(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "run" and Path(source).name != "old":
            raise error
        replace(source, target)

    with pytest.raises(type(error)), atomic_folder(tmp_path / "run") as folder:
        (folder / "manifest.json").write_text("new")
        monkeypatch.setattr(os, "replace", break_second)

    assert (tmp_path / "run" / "manifest.json").read_text() == "old"
    assert names(tmp_path) == ["run"]
