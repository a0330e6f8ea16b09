"""Pictures with transparency stand upright as those without do."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.orientation import read_orientation, turn_upright
from runtime.pictures import load_picture

PAPER = np.full((24, 40, 3), 255, np.uint8)
PAPER[2:6, 3:20] = (0, 0, 200)
PAPER[8:22, 3:7] = (0, 90, 0)


def exif(orientation: int, order: str = "<") -> bytes:
    """A TIFF directory with another tag and the orientation."""
    tags = struct.pack(order + "HHIHH", 0x0100, 3, 1, 40, 0) + struct.pack(
        order + "HHIHH", 0x0112, 3, 1, orientation, 0
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 2)
    return head + tags + struct.pack(order + "I", 0)


def png(pixels: np.ndarray, data: bytes) -> bytes:
    """A PNG file with EXIF data."""
    plain = bytes(cv2.imencode(".png", pixels)[1])
    chunk = struct.pack(">I", len(data)) + b"eXIf" + data + struct.pack(">I", zlib.crc32(b"eXIf" + data))
    return plain[:33] + chunk + plain[33:]


def transparent(pixels: np.ndarray) -> np.ndarray:
    return np.dstack([pixels, np.where(pixels.min(axis=2) < 255, 255, 0).astype(np.uint8)])


@pytest.mark.parametrize("order", ["<", ">"], ids=["Intel", "Motorola"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_transparent_pictures_are_turned_as_others_are(tmp_path: Path, orientation: int, order: str) -> None:
    (tmp_path / "plain.png").write_bytes(png(PAPER, exif(orientation, order)))
    (tmp_path / "alpha.png").write_bytes(png(transparent(PAPER), exif(orientation, order)))

    assert np.array_equal(load_picture(tmp_path / "alpha.png"), load_picture(tmp_path / "plain.png"))


def test_webp_is_turned_too() -> None:
    chunk = b"Exif\0\0" + exif(6) + b"\0"
    odd = b"ICCP" + struct.pack("<I", 3) + b"abc\0"
    webp = b"RIFF????WEBP" + odd + b"EXIF" + struct.pack("<I", len(chunk) - 1) + chunk

    assert np.array_equal(turn_upright(PAPER, webp), np.rot90(PAPER, -1))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_orientations_that_are_none_turn_nothing(value: int) -> None:
    assert read_orientation(exif(value)) == 1


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda data: b"II*\0\x08\0\0\0" + data))
def test_damaged_exif_turns_nothing_or_something(data: bytes) -> None:
    assert 1 <= read_orientation(data) <= 8
    assert turn_upright(PAPER, b"\x89PNG\r\n\x1a\n" + data).size == PAPER.size
