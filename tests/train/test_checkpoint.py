"""Checkpoints: exact, whole, and only for the training that wrote them."""

from pathlib import Path

import numpy as np
import pytest

from runtime.errors import InputError, UsageError
from train.checkpoint import Checkpoint, checkpoint_path, fits, load_checkpoint, save_checkpoint

SETTINGS = {"model": "edge", "learning_rate": 0.1 + 0.2, "epochs": 5, "seed": 1}
HISTORY = ({"epoch": 1, "loss": 1 / 3, "accuracy": 0.5},)


def make(count: int = 12) -> Checkpoint:
    rng = np.random.default_rng(0)
    arrays = tuple(rng.standard_normal((index + 1, 3), np.float32) for index in range(count))
    integers = (np.array(7, np.int64), np.array([1, 2], np.uint32))
    return Checkpoint(SETTINGS, HISTORY, arrays + integers, arrays[:2])


def test_everything_comes_back_bit_for_bit_in_order(tmp_path: Path) -> None:
    path, written = tmp_path / "run.checkpoint.npz", make()
    save_checkpoint(path, written)

    read = load_checkpoint(path, SETTINGS)

    assert (read.settings, read.history, read.epochs) == (SETTINGS, HISTORY, 1)
    for before, after in ((written.state, read.state), (written.best, read.best)):
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 2}, "begun with seed 1, and this command says 2"),
        ({"augmentation": 0.5}, "begun with augmentation None, and this command says 0.5"),
    ],
    ids=["changed", "new"],
)
def test_other_settings_are_refused(tmp_path: Path, change: dict[str, float], words: str) -> None:
    path = tmp_path / "x.checkpoint.npz"
    save_checkpoint(path, make())

    with pytest.raises(UsageError, match=words):
        load_checkpoint(path, SETTINGS | change)
    assert not fits(path, SETTINGS | change)
    assert fits(path, SETTINGS)


@pytest.mark.parametrize("keep", [0, 10, 500, -1], ids=["empty", "ten bytes", "half", "all but one"])
def test_damaged_file_is_one_line(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "x.checkpoint.npz"
    save_checkpoint(path, make())
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(InputError, match="not a readable checkpoint") as raised:
        load_checkpoint(path, SETTINGS)
    assert "\n" not in str(raised.value)
    assert not fits(path, SETTINGS)


def test_it_stands_beside_the_run_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = checkpoint_path(tmp_path / "runs" / "edge")
    save_checkpoint(path, make())
    save_checkpoint(path, make())

    assert path == tmp_path / "runs" / "edge.checkpoint.npz"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
