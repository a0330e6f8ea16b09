"""The pictures that come with a model: read, divided the same way every time, no picture in two parts."""

import struct
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convert.adopt.material import CALIBRATION, FEWEST, GOLDEN, Material, read_material
from runtime.errors import InputError


def numbered(count: int, *shape: int) -> NDArray[np.uint8]:
    """Pictures that differ, black but for two pixels that count them."""
    images = np.zeros((count, *shape), np.uint8)
    images[:, 4, 4] = (np.arange(count) % 256).reshape(-1, *[1] * (len(shape) - 2))
    images[:, 4, 5] = (np.arange(count) // 256).reshape(-1, *[1] * (len(shape) - 2))
    return images


def save(path: Path, images: NDArray[Any], labels: NDArray[Any] | None = None) -> Path:
    np.savez(path, images=images, labels=np.arange(len(images)) % 10 if labels is None else labels)
    return path


def write_idx(folder: Path, part: str, images: NDArray[np.uint8]) -> None:
    labels = (np.arange(len(images)) % 10).astype(np.uint8)
    for array, name in ((images, "images-idx3-ubyte"), (labels, "labels-idx1-ubyte")):
        header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (folder / f"{part}-{name}").write_bytes(header + array.tobytes())


def parts(material: Material) -> list[NDArray[np.uint8]]:
    return [part[0] for part in (material.calibration, material.validation, material.golden, material.holdout)]


def numbers(images: NDArray[np.uint8]) -> list[int]:
    flat = images.reshape(*images.shape[:3], -1)[..., 0].astype(int)
    return [int(number) for number in flat[:, 4, 4] + 256 * flat[:, 4, 5]]


@settings(max_examples=20, deadline=None)
@given(count=st.integers(FEWEST, 3000))
def test_every_picture_is_in_one_part_alone(tmp_path_factory: pytest.TempPathFactory, count: int) -> None:
    path = save(tmp_path_factory.mktemp("data") / "data.npz", numbered(count, 12, 10))
    material = read_material(path)
    found = [numbers(part) for part in parts(material)]

    assert sorted(chain(*found)) == list(range(count))
    assert all(part == sorted(part) and part for part in found)
    assert len(found[0]) <= min(CALIBRATION, count // 5)
    assert len(found[2]) <= GOLDEN
    assert len(found[3]) >= count * 2 // 5
    assert [len(part) for part in parts(read_material(path))] == [len(part) for part in found]


def test_labels_stay_with_their_pictures(tmp_path: Path) -> None:
    material = read_material(save(tmp_path / "data.npz", numbered(400, 28, 28)))

    for images, labels in (material.calibration, material.validation, material.golden, material.holdout):
        assert [number % 10 for number in numbers(images)] == labels.tolist()
    assert material.highest_label == 9
    assert len(material.shown[1]) == len(material.calibration[1]) + len(material.validation[1])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((20, 30), (20, 30, 1)), ((32, 32, 3), (32, 32, 3)), ((28, 28, 1), (28, 28, 1))],
    ids=["grey", "coloured", "grey with its channel"],
)
def test_shapes_have_channels(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, int, int]) -> None:
    material = read_material(save(tmp_path / "data.npz", numbered(FEWEST, *shape)))

    assert material.shape == expected
    assert parts(material)[0].shape[1:] == (expected if expected[2] == 3 else expected[:2])


def test_the_training_part_of_idx_files_is_calibrated_with_alone(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", numbered(700, 16, 16))
    write_idx(tmp_path, "t10k", 255 - numbered(200, 16, 16))
    material = read_material(tmp_path)

    assert len(material.calibration[1]) == CALIBRATION
    assert all((part[:, 0, 0] == 255).all() for part in parts(material)[1:])
    assert sum(len(part) for part in parts(material)[1:]) == 200
    assert material.ground == "dark"  # as the calibration pictures are


def test_a_test_part_alone_is_enough(tmp_path: Path) -> None:
    write_idx(tmp_path, "t10k", numbered(200, 16, 16))

    assert sum(len(part) for part in parts(read_material(tmp_path))) == 200


@pytest.mark.parametrize(("rim", "ground"), [(0, "dark"), (250, "light")])
def test_the_ground_is_told_by_the_rims(tmp_path: Path, rim: int, ground: str) -> None:
    images = np.full((FEWEST, 20, 20), rim, np.uint8)
    images[:, 5:15, 5:15] = 255 - rim

    assert read_material(save(tmp_path / "data.npz", images)).ground == ground


def test_other_contents_have_another_hash(tmp_path: Path) -> None:
    images = numbered(FEWEST, 16, 16)
    labels = np.arange(FEWEST) % 7
    hashes = {
        read_material(save(tmp_path / "data.npz", content, truth)).sha256
        for content, truth in ((images, labels), (images, labels[::-1]), (255 - images, labels), (images, labels))
    }

    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (numbered(FEWEST - 1, 28, 28), "99 labelled pictures; at least 100 are needed"),
        (numbered(FEWEST, 7, 28), r"8 to 128 pixels a side.* got \(7, 28\)"),
        (numbered(FEWEST, 28, 129), r"8 to 128 pixels a side.* got \(28, 129\)"),
        (numbered(FEWEST, 28, 28, 4), r"grey or red, green and blue, got \(28, 28, 4\)"),
        (numbered(FEWEST, 28, 28).astype(np.float32), "expected images uint8"),
    ],
    ids=["too few", "too small", "too large", "four channels", "floats"],
)
def test_other_pictures_are_refused(tmp_path: Path, images: NDArray[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_material(save(tmp_path / "data.npz", images))


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected t10k-images-idx3-ubyte"):
        read_material(tmp_path)
