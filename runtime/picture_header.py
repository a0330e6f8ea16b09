"""What a picture file says about itself before it is decoded: format, width, height, transparency."""

import struct
from typing import NamedTuple


class Header(NamedTuple):
    """The first lines of a picture file."""

    format: str  # "PNG", "JPEG", …
    width: int  # pixels, as stored (before any EXIF rotation)
    height: int
    transparent: bool  # whether it has an alpha channel or transparent colours


def read_header(data: bytes) -> Header | None:
    """The header of a picture file's bytes; None where they are no picture of a known format, or damaged.

    Knowing the size first keeps a few kilobytes of a decompression bomb from becoming gigabytes of pixels.
    """
    for magic, parse in _FORMATS:
        if data.startswith(magic):
            try:
                return parse(data)
            except (struct.error, IndexError, ValueError):
                return None
    return None


def _png(data: bytes) -> Header:
    """Portable Network Graphics: the IHDR chunk, and tRNS for the transparent colour of the other kinds."""
    width, height, _, colour = struct.unpack(">IIBB", data[16:26])
    palette = data[: data.find(b"IDAT")]
    return Header("PNG", width, height, colour in (4, 6) or b"tRNS" in palette)


def _jpeg(data: bytes) -> Header | None:
    """JPEG: segments until the start of a frame."""
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 0x01:  # padding and markers without a length
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Header("JPEG", width, height, transparent=False)
        at += 2 + length
    return None


def _bmp(data: bytes) -> Header:
    """Windows bitmap: a negative height means rows from top to bottom."""
    width, height = struct.unpack("<ii", data[18:26])
    return Header("BMP", abs(width), abs(height), transparent=False)


def _gif(data: bytes) -> Header:
    """Graphics Interchange Format: the logical screen."""
    width, height = struct.unpack("<HH", data[6:10])
    return Header("GIF", width, height, transparent=False)


def _webp(data: bytes) -> Header | None:
    """WebP in its three kinds: lossy, lossless, extended."""
    kind = data[8:16]
    if kind == b"WEBPVP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return Header("WebP", width & 0x3FFF, height & 0x3FFF, transparent=False)
    if kind == b"WEBPVP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    if kind == b"WEBPVP8X":
        width, height = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        return Header("WebP", width, height, bool(data[20] & 0x10))
    return None


def _tiff(data: bytes) -> Header | None:
    """Tagged Image File Format: tags 256 and 257 of the first directory, in 16 or 32 bits."""
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack(order + "I", data[4:8])
    (count,) = struct.unpack(order + "H", data[start : start + 2])
    sides = {}
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind = struct.unpack(order + "HH", data[at : at + 4])
        if tag in (256, 257):
            (sides[tag],) = struct.unpack(
                order + ("H" if kind == 3 else "I"), data[at + 8 : at + (10 if kind == 3 else 12)]
            )
    return Header("TIFF", sides[256], sides[257], transparent=False) if len(sides) == 2 else None


def _portable(data: bytes) -> Header | None:
    """Portable bitmap, grey map or pixel map: width and height in digits, comments skipped."""
    lines = (line.partition(b"#")[0] for line in data[:4096].splitlines())
    words = b" ".join(lines).split()
    return Header("PNM", int(words[1]), int(words[2]), transparent=False) if len(words) > 2 else None


_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"BM", _bmp),
    (b"GIF8", _gif),
    (b"RIFF", _webp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    *((b"P%d" % kind, _portable) for kind in range(1, 7)),
)
