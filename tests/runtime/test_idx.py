"""IDX files: what is read, and the one line that each kind of damage gives."""

import gzip
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime import idx
from runtime.errors import InputError
from runtime.idx import read_images, read_labels, read_test_set, read_training_set

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10


def encode(array: NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", ["x.gz", "x"], ids=["named gz", "named plain"])
def test_contents_decide_how_a_file_is_read(tmp_path: Path, pack: Callable[[bytes], bytes], name: str) -> None:
    images = read_images(write(tmp_path / name, pack(encode(IMAGES))))
    labels = read_labels(write(tmp_path / name, pack(encode(LABELS))))

    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert images.dtype == labels.dtype == np.uint8


def test_gzip_of_several_members_is_read_whole(tmp_path: Path) -> None:
    data = encode(IMAGES)
    path = write(tmp_path / "x", gzip.compress(data[:500]) + gzip.compress(data[500:]))

    np.testing.assert_array_equal(read_images(path), IMAGES)


def test_no_images_are_images(tmp_path: Path) -> None:
    assert read_images(write(tmp_path / "x", encode(IMAGES[:0]))).shape == (0, 28, 28)
    assert read_labels(write(tmp_path / "x", encode(LABELS[:0]))).shape == (0,)


GOOD = encode(IMAGES)
DAMAGE = {
    "empty": (b"", "expected IDX images (magic 00000803), got no bytes"),
    "text": (b"<html>not found</html>", "expected IDX images (magic 00000803), got 3c68746d"),
    "labels instead": (encode(LABELS), "expected IDX images (magic 00000803), got 00000801"),
    "short header": (GOOD[:10], "expected a header of 16 bytes, got 10"),
    "truncated": (GOOD[:-5], f"expected {IMAGES.size} bytes for its 12×28×28 values, got only {IMAGES.size - 5}"),
    "too long": (GOOD + b"x", f"expected {IMAGES.size} bytes for its 12×28×28 values, got more"),
    "other size": (encode(IMAGES[:, :14, :14]), "expected images of 28×28 pixels, got 14×14"),
    "huge claim": (GOOD[:4] + struct.pack(">3I", 2**31, 28, 28) + b"x", "its header says 2147483648×28×28"),
    "truncated gzip": (gzip.compress(GOOD)[:-200], "a damaged or truncated gzip file"),
    "gzip of nothing": (b"\x1f\x8b", "a damaged or truncated gzip file"),
    "wrong checksum": (gzip.compress(GOOD)[:-8] + bytes(8), "a damaged or truncated gzip file"),
    "not deflate": (gzip.compress(GOOD)[:10] + bytes(range(200)), "a damaged or truncated gzip file"),
}


@pytest.mark.parametrize(("data", "message"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_one_line_that_names_the_file(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path / "train-images", data)

    with pytest.raises(InputError) as raised:
        read_images(path)

    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(GOOD + bytes(300 * 2**20), compresslevel=1)
    path = write(tmp_path / "bomb.gz", bomb)
    taken: list[int] = []
    original = gzip.GzipFile.read

    def counting(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        data = original(self, size)
        taken.append(len(data))
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counting)

    with pytest.raises(InputError, match="got more"):
        read_images(path)
    assert sum(taken) <= len(GOOD) + 1


def test_label_out_of_range(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected labels 0 to 9, got 10"):
        read_labels(write(tmp_path / "x", encode(np.array([3, 10], np.uint8))))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_images(tmp_path / "nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read_images(tmp_path)
    with pytest.raises(InputError, match=r"expected train-images-idx3-ubyte\.gz or train-images-idx3-ubyte"):
        read_training_set(tmp_path)


@pytest.mark.parametrize(
    ("images_name", "labels_name"),
    [
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
    ],
    ids=["gzip", "plain", "with a dot"],
)
def test_test_set_in_every_spelling(tmp_path: Path, images_name: str, labels_name: str) -> None:
    pack = gzip.compress if images_name.endswith(".gz") else bytes
    write(tmp_path / images_name, pack(GOOD))
    write(tmp_path / labels_name, pack(encode(LABELS)))

    images, labels = read_test_set(tmp_path)

    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)


def test_images_and_labels_must_fit_each_other(tmp_path: Path) -> None:
    write(tmp_path / idx.TRAINING_FILES[0], GOOD)
    write(tmp_path / idx.TRAINING_FILES[1], encode(LABELS[:7]))

    with pytest.raises(InputError, match=r"expected 12 labels as train-images-idx3-ubyte has, got 7"):
        read_training_set(tmp_path)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes, packed: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(gzip.compress(data) if packed else data)

    for read in (read_images, read_labels):
        with suppress(InputError):
            read(path)
