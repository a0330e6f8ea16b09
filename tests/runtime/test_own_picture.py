"""The program knows its own drawings again, and every program can open them."""

from pathlib import Path

import numpy as np
import pytest

from runtime.own_picture import may_replace, save_own
from runtime.pictures import WRITABLE, load_picture, save_picture

FRAME = np.tile(np.arange(0, 240, 8, dtype=np.uint8), (20, 1))


@pytest.mark.parametrize("suffix", WRITABLE)
def test_own_pictures_are_known_again_and_open_as_others_do(tmp_path: Path, suffix: str) -> None:
    own, other = tmp_path / f"own{suffix}", tmp_path / f"other{suffix}"
    save_own(own, FRAME)
    save_picture(other, FRAME)

    assert may_replace(own)
    assert not may_replace(other)
    assert np.array_equal(load_picture(own), load_picture(other))


def test_what_is_not_there_and_what_is_empty_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()

    assert may_replace(tmp_path / "empty.png")
    assert may_replace(tmp_path / "new" / "drawn.png")


def test_what_is_no_drawing_may_not_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "short.png").write_bytes(b"mine")
    (tmp_path / "folder.png").mkdir()

    assert not may_replace(tmp_path / "short.png")
    assert not may_replace(tmp_path / "folder.png")
