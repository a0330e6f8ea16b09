"""Pictures on disk: every common kind becomes a frame, and everything else one clear line."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.errors import InputError
from runtime.picture_header import read_header
from runtime.pictures import MOST_PIXELS, load_picture, save_picture

RAMP = np.broadcast_to(np.arange(0, 240, 4, dtype=np.uint8), (40, 60))
COLOUR = np.stack([RAMP, RAMP // 2, 255 - RAMP], axis=2)


def encoded(pixels: NDArray[np.generic], suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, np.ascontiguousarray(pixels))[1])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, *chunks: bytes) -> bytes:
    """A PNG file made by hand."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def palette_png(*, transparent: bool) -> bytes:
    """Two columns: the first red, the second blue or, if asked for, transparent."""
    rows = b"".join(b"\0" + bytes([0, 1]) for _ in range(2))
    chunks = [chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255]))]
    if transparent:
        chunks.append(chunk(b"tRNS", bytes([255, 0])))
    return png(2, 2, 8, 3, *chunks, chunk(b"IDAT", zlib.compress(rows)))


def bomb(width: int, height: int) -> bytes:
    """A few bytes that claim to be a huge picture."""
    return png(width, height, 8, 2, chunk(b"IDAT", zlib.compress(bytes(1000))))


def turned_jpeg(orientation: int) -> bytes:
    """A JPEG whose EXIF says how the camera was held."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    plain = encoded(COLOUR, ".jpg")
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return tmp_path / "picture.dat"


# Kinds that are read


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg", ".ppm"])
def test_colour_pictures_keep_their_size_and_pixels(picture: Path, suffix: str) -> None:
    picture.write_bytes(encoded(COLOUR, suffix))

    frame = load_picture(picture)

    assert frame.shape == (40, 60, 3)
    assert np.abs(frame.astype(int) - COLOUR).mean() < (8 if suffix in (".jpg", ".webp") else 0.01)


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".jpg", ".pgm", ".bmp"])
def test_grey_pictures_are_grey(picture: Path, suffix: str) -> None:
    picture.write_bytes(encoded(RAMP, suffix))

    frame = load_picture(picture)
    grey = frame if frame.ndim == 2 else frame[:, :, 0]

    assert np.abs(grey.astype(int) - RAMP).mean() < 2


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("pixels", [RAMP, COLOUR], ids=["grey", "colour"])
def test_sixteen_bits_are_scaled_to_eight(picture: Path, suffix: str, pixels: NDArray[np.uint8]) -> None:
    picture.write_bytes(encoded(pixels.astype(np.uint16) * 257, suffix))

    assert np.array_equal(load_picture(picture), pixels)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_transparent_parts_are_white_paper(picture: Path, suffix: str) -> None:
    pixels = np.zeros((40, 60, 4), np.uint8)  # black, and wholly transparent but for one half
    pixels[:, :30, 3] = 255
    picture.write_bytes(encoded(pixels, suffix))

    frame = load_picture(picture)

    assert frame.shape == (40, 60, 3)
    assert frame[:, :28].max() < 20
    assert frame[:, 32:].min() == 255


def test_sixteen_bit_transparency(picture: Path) -> None:
    pixels = np.zeros((4, 4, 4), np.uint16)
    pixels[:, :2, 3] = 65535
    picture.write_bytes(encoded(pixels, ".png"))

    assert load_picture(picture)[0, :, 0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize(("transparent", "second"), [(False, [255, 0, 0]), (True, [255, 255, 255])])
def test_palettes_become_colours(picture: Path, transparent: bool, second: list[int]) -> None:
    picture.write_bytes(palette_png(transparent=transparent))

    assert load_picture(picture)[0].tolist() == [[0, 0, 255], second]


@pytest.mark.parametrize(("orientation", "shape"), [(1, (40, 60)), (3, (40, 60)), (6, (60, 40)), (8, (60, 40))])
def test_exif_orientation_is_applied(picture: Path, orientation: int, shape: tuple[int, int]) -> None:
    picture.write_bytes(turned_jpeg(orientation))
    turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]

    frame = load_picture(picture)

    assert frame.shape[:2] == shape
    assert np.abs(frame.astype(int) - np.rot90(COLOUR, turns)).mean() < 8


def test_a_very_wide_picture_is_read(picture: Path) -> None:
    picture.write_bytes(encoded(np.full((30, 20_000), 200, np.uint8), ".png"))

    assert load_picture(picture).shape == (30, 20_000)


# Kinds that are refused

PLAIN_PNG, PLAIN_JPEG = encoded(COLOUR, ".png"), encoded(COLOUR, ".jpg")
NOISE_JPEG = encoded(np.random.default_rng(1).integers(0, 256, (90, 90, 3)).astype(np.uint8), ".jpg")
REFUSED = {
    "empty": (b"", "is empty"),
    "text": (b"Dear reader, this is no picture.", "not a picture"),
    "zeros": (bytes(5000), "not a picture"),
    "magic alone": (b"\x89PNG\r\n\x1a\n", "not a picture"),
    "PNG cut in its header": (PLAIN_PNG[:30], "cut short|damaged"),
    "PNG cut in half": (PLAIN_PNG[: len(PLAIN_PNG) // 2], "cut short"),
    "PNG without pixels": (png(0, 0, 8, 2), "damaged"),
    "PNG with wrong pixels": (png(9, 9, 8, 2, chunk(b"IDAT", b"not zlib")), "damaged"),
    "JPEG cut in its header": (PLAIN_JPEG[:100], "not a picture|cut short"),
    "JPEG cut in half": (NOISE_JPEG[: len(NOISE_JPEG) // 2], "cut short"),
    "JPEG's first bytes": (b"\xff\xd8\xff\xe0", "not a picture"),
    "bomb": (bomb(60_000, 60_000), "60000×60000 pixels is too large"),
    "wide bomb": (bomb(2**31 - 1, 1), "too large"),
    "GIF without pixels": (b"GIF89a" + bytes(50), "damaged"),
    "TIFF of nothing": (b"II*\0\x08\0\0\0\0\0", "not a picture"),
    "floating TIFF": (encoded(np.ones((5, 5), np.float32), ".tiff"), "expected 8 or 16 bits"),
    "HTML": (b"<!DOCTYPE html><title>404</title>", "not a picture"),
    "video": (b"\0\0\0\x18ftypmp42" + bytes(100), "not a picture"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_whole_picture_is_one_clear_line(
    picture: Path, data: bytes, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    picture.write_bytes(data)

    with pytest.raises(InputError, match=reason) as caught:
        load_picture(picture)

    assert str(caught.value).startswith(str(picture))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        load_picture(tmp_path)
    with pytest.raises(InputError, match=r"nowhere\.png: cannot be read"):
        load_picture(tmp_path / "nowhere.png")


def test_a_file_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.pictures.MOST_BYTES", 2**20)
    (tmp_path / "endless.png").symlink_to("/dev/zero")

    with pytest.raises(InputError, match="too large; at most 1 MB"):
        load_picture(tmp_path / "endless.png")


def test_the_decoders_say_nothing_of_their_own(picture: Path, capfd: pytest.CaptureFixture[str]) -> None:
    damaged = bytearray(NOISE_JPEG)
    damaged[len(damaged) // 2 : len(damaged) // 2 + 40] = bytes(40)
    picture.write_bytes(damaged)

    try:
        load_picture(picture)
    except InputError as error:
        assert "damaged" in str(error)  # noqa: PT017 - a decoder may mend it or give up, but not talk

    assert capfd.readouterr() == ("", "")


def test_a_damaged_scan_is_no_picture(picture: Path) -> None:
    """Regression: the decoder's warning was dropped, and half a page of grey was read as no digits."""
    damaged = bytearray(NOISE_JPEG)
    middle = len(damaged) // 2
    damaged[middle : middle + 40] = bytes(255 - value for value in damaged[middle : middle + 40])
    picture.write_bytes(damaged)

    with pytest.raises(InputError, match=r"damaged JPEG picture \(Corrupt JPEG data: .*; copy it again"):
        load_picture(picture)


@pytest.mark.parametrize("extra", [0, 3])
def test_a_few_bytes_too_many_are_a_habit_of_cameras(picture: Path, extra: int) -> None:
    picture.write_bytes(PLAIN_JPEG[:-2] + b"x" * extra + PLAIN_JPEG[-2:])

    assert np.abs(load_picture(picture).astype(int) - COLOUR).mean() < 8


@given(
    st.sampled_from([".png", ".jpg", ".bmp", ".tiff", ".webp", ".ppm"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    st.floats(0.2, 1),
)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bytes_give_a_frame_or_an_error(
    picture: Path, suffix: str, damage: list[tuple[float, int]], kept: float
) -> None:
    data = bytearray(encoded(COLOUR, suffix))
    for place, value in damage:
        data[int(place * (len(data) - 1))] = value
    picture.write_bytes(data[: int(kept * len(data))])

    try:
        frame = load_picture(picture)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert frame.dtype == np.uint8
        assert 0 < frame.shape[0] * frame.shape[1] <= MOST_PIXELS


# Headers


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp", ".ppm", ".pgm"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (513, 2)], ids=str)
def test_headers_tell_the_size_before_decoding(suffix: str, shape: tuple[int, int]) -> None:
    pixels = np.zeros(shape if suffix == ".pgm" else (*shape, 3), np.uint8)

    header = read_header(encoded(pixels, suffix))

    assert header is not None
    assert (header.height, header.width) == shape
    assert not header.transparent


@given(
    st.binary(max_size=80), st.sampled_from([b"", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"RIFF", b"P5", b"BM", b"GIF8"])
)
def test_headers_of_any_bytes_are_found_or_not(data: bytes, magic: bytes) -> None:
    header = read_header(magic + data)

    assert header is None or header.format in ("PNG", "JPEG", "BMP", "GIF", "WebP", "TIFF", "PNM")


# Writing


@pytest.mark.parametrize("name", ["a.png", "b.JPG", "deep/er/c.webp", "d.tif"])
def test_saved_pictures_are_read_again(tmp_path: Path, name: str) -> None:
    save_picture(tmp_path / name, COLOUR)

    assert np.abs(load_picture(tmp_path / name).astype(int) - COLOUR).mean() < 8


@pytest.mark.parametrize("name", ["a.txt", "a", "a.mp4"])
def test_unknown_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot write"):
        save_picture(tmp_path / name, COLOUR)

    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_the_format_leaves_the_old_file(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg", COLOUR)
    before = (tmp_path / "a.jpg").read_bytes()

    with pytest.raises(InputError, match="does not fit"):
        save_picture(tmp_path / "a.jpg", np.zeros((1, 70_000), np.uint8))

    assert (tmp_path / "a.jpg").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
