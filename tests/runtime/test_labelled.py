"""Labelled digits come from IDX folders and .npz files, or there is one clear error."""

import gzip
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.errors import InputError
from runtime.labelled import read_labelled, read_samples
from runtime.manifest import Manifest
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


COLOURED = Manifest("other", "2026-01-01T00:00:00Z", 0, classes=tuple("abc"), input_shape=(20, 30, 3))
GREY = Manifest("other", "2026-01-01T00:00:00Z", 0, classes=tuple("abc"), input_shape=(20, 30, 1))


@pytest.mark.parametrize(("described", "shape"), [(COLOURED, (20, 30, 3)), (GREY, (20, 30))], ids=["coloured", "grey"])
def test_models_of_another_kind_get_their_pictures_as_they_are(
    tmp_path: Path, described: Manifest, shape: tuple[int, ...]
) -> None:
    given = np.random.default_rng(1).integers(0, 256, (6, *described.input_shape), dtype=np.uint8)
    images, labels = read_samples(save(tmp_path / "a.npz", images=given, labels=np.arange(6) % 3), described)

    np.testing.assert_array_equal(images, given.reshape(6, *shape))
    assert labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_their_idx_files_have_their_size_and_classes(tmp_path: Path, digits: tuple[Any, Any]) -> None:
    write_idx(tmp_path, digits[0][:, 4:24], digits[1] % 3)
    described = replace(GREY, input_shape=(20, 28, 1))

    np.testing.assert_array_equal(read_samples(tmp_path, described)[0], digits[0][:, 4:24])
    with pytest.raises(InputError, match="expected images of 20×30 pixels, got 20×28"):
        read_samples(tmp_path, GREY)
    with pytest.raises(InputError, match="expected labels 0 to 1, got 2"):
        read_samples(tmp_path, replace(described, classes=tuple("ab")))


def test_models_for_digits_get_glyphs(tmp_path: Path, digits: tuple[Any, Any]) -> None:
    large = np.kron(digits[0][:2], np.ones((1, 2, 2), np.uint8))
    path = save(tmp_path / "a.npz", images=large, labels=digits[1][:2])
    described = Manifest("edge", "2026-01-01T00:00:00Z", 0)

    np.testing.assert_array_equal(read_samples(path, described)[0], read_labelled(path)[0])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 28, 28), np.uint8), [0, 1], r"other takes pictures \(20, 30, 3\), got \(28, 28\)"),
        (np.zeros((2, 20, 30, 3), np.uint8), [0, 3], "expected labels 0 to 2, got 0 to 3"),
        (np.zeros((0, 20, 30, 3), np.uint8), np.zeros(0, int), "at least one labelled image"),
    ],
    ids=["other size", "other classes", "none"],
)
def test_what_a_model_of_another_kind_cannot_take_is_refused(
    tmp_path: Path, images: np.ndarray[Any, Any], labels: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_samples(save(tmp_path / "a.npz", images=images, labels=labels), COLOURED)


def test_coloured_pictures_are_no_glyphs(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", images=np.zeros((1, 28, 28, 3), np.uint8), labels=[0])

    with pytest.raises(InputError, match=r"white on black, got uint8 \(1, 28, 28, 3\)"):
        read_labelled(path)


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
