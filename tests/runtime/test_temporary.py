"""What a killed process leaves is swept away by the next one, and nothing else is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.atomic import atomic_file, atomic_folder, write_text
from runtime.temporary import sweep, temporary_file, temporary_folder

KILLED = """
import os, signal
from pathlib import Path
from runtime.atomic import atomic_folder, write_text
with atomic_folder(Path('run')) as folder:
    write_text(folder / 'manifest.json', 'half')
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""A program that is killed while it writes a folder."""

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def a_new_process() -> Iterator[None]:
    """Every process sweeps a folder once; here each test is one."""
    sweep.cache_clear()
    yield
    sweep.cache_clear()


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE, check=True
    )
    return int(process.stdout)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_kill_leaves_is_swept_at_the_next_write(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert names(tmp_path)[0].startswith(".run.digits-")

    write_text(tmp_path / "other.txt", "")

    assert names(tmp_path) == ["other.txt"]


def test_what_a_process_is_at_work_on_stays(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "run") as folder, atomic_file(tmp_path / "clip.mp4") as file:
        sweep.cache_clear()
        write_text(tmp_path / "other.txt", "")
        assert folder.is_dir()
        assert file.exists()


@pytest.mark.parametrize("opened", [temporary_file, temporary_folder], ids=["file", "folder"])
def test_what_a_process_elsewhere_is_at_work_on_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: int, opened: object
) -> None:
    """In another container the number of a process is that of none here: the lock tells."""
    monkeypatch.setattr(os, "getpid", lambda: gone)
    with opened(tmp_path / "run") as temporary:  # type: ignore[operator]
        sweep.cache_clear()
        sweep(tmp_path)

        assert temporary.exists()


def test_what_only_looks_like_it_stays(tmp_path: Path, gone: int) -> None:
    others = [".run.abcdefgh", f".run.digits-{gone}", f"run.digits-{gone}-abcdefgh", ".digits-x-abcdefgh", ".gitignore"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / f".link.digits-{gone}-abcdefgh").symlink_to(tmp_path)
    (tmp_path / f".run.digits-{os.getpid()}-abcdefgh").touch()

    before = names(tmp_path)
    sweep(tmp_path)

    assert names(tmp_path) == before


def test_a_folder_is_swept_once(tmp_path: Path, gone: int) -> None:
    sweep(tmp_path)
    (tmp_path / f".run.digits-{gone}-abcdefgh").touch()
    sweep(tmp_path)

    assert names(tmp_path) == [f".run.digits-{gone}-abcdefgh"]


@pytest.mark.parametrize("there", [False, True], ids=["caught half way", "after both"])
def test_an_older_folder_that_was_put_aside_comes_back(tmp_path: Path, gone: int, *, there: bool) -> None:
    aside = tmp_path / f".run.old.digits-{gone}-abcdefgh"
    (aside / "old").mkdir(parents=True)
    (aside / "old" / "manifest.json").write_text("old")
    if there:
        write_text(tmp_path / "run" / "manifest.json", "new")
        sweep.cache_clear()

    sweep(tmp_path)

    assert names(tmp_path) == ["run"]
    assert (tmp_path / "run" / "manifest.json").read_text() == ("new" if there else "old")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may delete everything")
def test_what_cannot_be_deleted_is_passed_over(tmp_path: Path, gone: int) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut" / f".run.digits-{gone}-abcdefgh").touch()
    (tmp_path / "shut").chmod(0o500)
    try:
        sweep(tmp_path / "shut")
    finally:
        (tmp_path / "shut").chmod(0o700)

    assert len(names(tmp_path / "shut")) == 1
