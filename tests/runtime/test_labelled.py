"""Labelled digits come from IDX folders and .npz files, or there is one clear error."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import InputError
from runtime.labelled import read_labelled
from runtime.preprocess import normalise


def write_idx(folder: Path, images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> None:
    """MNIST's test part, packed as on the web."""
    for array, name in ((images, "images-idx3-ubyte"), (labels, "labels-idx1-ubyte")):
        header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (folder / f"t10k-{name}.gz").write_bytes(gzip.compress(header + array.tobytes()))


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


@pytest.fixture
def digits(models: Path) -> tuple[Any, Any]:
    with np.load(models / "holdout.npz") as holdout:
        return holdout["images"], holdout["labels"]


def test_folder_of_idx_files_gives_its_test_part(tmp_path: Path, digits: tuple[Any, Any]) -> None:
    write_idx(tmp_path, *digits)
    images, labels = read_labelled(tmp_path)

    np.testing.assert_array_equal(images, digits[0])
    np.testing.assert_array_equal(labels, digits[1])


def test_images_of_mnist_size_are_taken_as_they_are(tmp_path: Path) -> None:
    """Also where `normalise` would centre them anew."""
    corner = np.zeros((1, 28, 28), np.uint8)
    corner[0, :3, :3] = 200
    images, labels = read_labelled(save(tmp_path / "a.npz", images=corner, labels=np.array([4])))

    np.testing.assert_array_equal(images, corner)
    assert labels.dtype == np.uint8


def test_images_of_another_size_are_normalised(tmp_path: Path, digits: tuple[Any, Any]) -> None:
    large = np.kron(digits[0][:5], np.ones((1, 2, 3), np.uint8))
    images, _ = read_labelled(save(tmp_path / "a.npz", images=large, labels=digits[1][:5]))

    np.testing.assert_array_equal(images, [normalise(image) for image in large])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": np.zeros((1, 28, 28), np.uint8)}, "expected the arrays labels, got images"),
        ({"images": np.zeros((1, 28, 28)), "labels": [1]}, r"expected images uint8 \(N, H, W\).*, got float64"),
        ({"images": np.zeros((1, 784), np.uint8), "labels": [1]}, r"got uint8 \(1, 784\)"),
        ({"images": np.zeros((1, 0, 28), np.uint8), "labels": [1]}, r"got uint8 \(1, 0, 28\)"),
        ({"images": np.zeros((2, 28, 28), np.uint8), "labels": [1]}, r"expected 2 whole labels, got int64 \(1,\)"),
        ({"images": np.zeros((1, 28, 28), np.uint8), "labels": [0.5]}, "expected 1 whole labels, got float64"),
        ({"images": np.zeros((1, 28, 28), np.uint8), "labels": [10]}, "expected labels 0 to 9, got 10 to 10"),
        ({"images": np.zeros((1, 28, 28), np.uint8), "labels": [-1]}, "expected labels 0 to 9, got -1"),
        ({"images": np.zeros((0, 28, 28), np.uint8), "labels": np.zeros(0, int)}, "at least one labelled image"),
    ],
    ids=["no labels", "float", "flat", "no rows", "too few", "half", "ten", "negative", "nothing"],
)
def test_arrays_of_another_kind_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labelled(save(tmp_path / "a.npz", **arrays))


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04 and no more"], ids=["empty", "text", "truncated"])
def test_damaged_file_is_one_clear_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(data)

    with pytest.raises(InputError, match=r"a\.npz: not a readable \.npz file"):
        read_labelled(tmp_path / "a.npz")


def test_missing_file_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: cannot be read .*expected a folder of IDX files or an \.npz file"):
        read_labelled(tmp_path / "nowhere")


def test_folder_without_idx_files_names_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected t10k-images-idx3-ubyte"):
        read_labelled(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_file_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.labelled.SIZE_LIMIT", 10**5)
    with pytest.raises(InputError, match=r"^/dev/zero: is too large; at most \d+ bytes are taken$"):
        read_labelled(Path("/dev/zero"))
