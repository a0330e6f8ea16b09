"""Arrays in .npz files: the same bytes every time, and no damage goes unnoticed."""

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from runtime.errors import ModelError
from runtime.npz import read_npz, write_npz

ARRAYS = {
    "images": np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28),
    "labels": np.array([3, 1], np.uint8),
    "probabilities": np.linspace(0, 1, 20, dtype=np.float32).reshape(2, 10),
    "images_sha256": np.array("ab" * 32),
    "empty": np.zeros((0, 2), np.int32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_npz(tmp_path / "a.npz", ARRAYS)
    return tmp_path / "a.npz"


def test_arrays_come_back_as_they_were(path: Path) -> None:
    found = read_npz(path.read_bytes(), ARRAYS, path)

    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert (found[name] == array).all()


def test_numpy_reads_the_file(path: Path) -> None:
    with np.load(path) as archive:
        assert (archive["labels"] == ARRAYS["labels"]).all()


def test_equal_arrays_give_equal_bytes_at_any_time(path: Path, tmp_path: Path) -> None:
    time.sleep(2.1)  # a zip archive counts time in steps of two seconds
    write_npz(tmp_path / "b.npz", {**ARRAYS, "images": np.asfortranarray(ARRAYS["images"])})

    assert (tmp_path / "b.npz").read_bytes() == path.read_bytes()


@given(st_np.arrays(st.sampled_from([np.uint8, np.int32, np.float32]), st_np.array_shapes(max_dims=3, min_side=0)))
@settings(max_examples=25, deadline=None)
def test_any_plain_array_survives(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("npz") / "x.npz"
    write_npz(path, {"x": array})

    assert np.array_equal(read_npz(path.read_bytes(), ["x"], path)["x"], array, equal_nan=True)


def test_a_missing_array_is_named(path: Path) -> None:
    with pytest.raises(ModelError, match="expected the arrays glyphs, got images, labels"):
        read_npz(path.read_bytes(), ["images", "glyphs"], path)


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, images=np.array([{}], object))
    return buffer.getvalue()


def packed(array: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive in which `array` stands for the images."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("images.npy", array)
    return buffer.getvalue()


def headed(*shape: int) -> bytes:
    """An array that announces `shape` and holds three bytes."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue() + b"abc"


def encrypted() -> bytes:
    """An archive whose flags ask for a password."""
    data = bytearray(packed(headed(3)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


DAMAGE = {
    "empty": lambda data: b"",  # noqa: ARG005
    "text": lambda data: b"not an archive" * 9,  # noqa: ARG005
    "half": lambda data: data[: len(data) // 2],
    "bare array": lambda data: data[data.index(b"\x93NUMPY") :] if b"\x93NUMPY" in data else b"\x93NUMPY",
    "overwritten": lambda data: data[:60] + b"\x07" * 40 + data[100:],
    "pickle": lambda data: pickled(),  # noqa: ARG005
    "no array": lambda data: packed(b"junk"),  # noqa: ARG005
    "larger than memory": lambda data: packed(headed(2**40, 28, 28)),  # noqa: ARG005
    "larger than numbers": lambda data: packed(headed(2**70)),  # noqa: ARG005
    "negative": lambda data: packed(headed(-1)),  # noqa: ARG005
    "encrypted": lambda data: encrypted(),  # noqa: ARG005
    "unknown method": lambda data: packed(headed(3)).replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x63\0"),  # noqa: ARG005
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_one_line(path: Path, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ModelError, match=r"^golden.npz: not a readable .npz file .*copy or make it anew$"):
        read_npz(damage(path.read_bytes()), ["images"], "golden.npz")


def test_no_advice_to_trust_the_file_is_passed_on(path: Path) -> None:
    """NumPy's own message for a file of another kind tells how to run the code in it."""
    with pytest.raises(ModelError) as refused:
        read_npz(b"root:x:0:0", ["images"], path)

    assert "pickle" not in str(refused.value)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(headed(10**6) + bytes(10**6), zipfile.ZIP_DEFLATED)
    monkeypatch.setattr("runtime.npz.SIZE_LIMIT", 10**5)
    assert len(data) < 10**5

    with pytest.raises(ModelError, match=r"^bomb.npz: unpacks to 10001\d\d bytes; at most 100000 are taken$"):
        read_npz(data, ["images"], "bomb.npz")


def test_pickles_are_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_npz(tmp_path / "x.npz", {"x": np.array([{}], object)})

    assert list(tmp_path.iterdir()) == []
