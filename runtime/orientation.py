"""How a camera was held, from EXIF in pictures with transparency, which OpenCV leaves as they are stored."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

ORIENTATION = 0x0112  # the tag, a short
MOST_TAGS = 1000  # of a directory; cameras write some twenty


def turn_upright(pixels: NDArray[Any], data: bytes) -> NDArray[Any]:
    """The pixels (H, W) or (H, W, C) as the EXIF data in the bytes of their PNG or WebP file want them shown."""
    orientation = read_orientation(_find_exif(data))
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def read_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that EXIF data, a TIFF directory, tell; 1, which is upright, where they tell none."""
    order = "<" if exif[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for place in range(start + 2, start + 2 + 12 * min(count, MOST_TAGS), 12):
            tag, value = struct.unpack_from(order + "H6xH", exif, place)
            if tag == ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass  # damaged: the picture itself may be whole
    return 1


def _find_exif(data: bytes) -> bytes:
    """The EXIF data of a PNG or WebP file, without the words that some programs put before them; empty for none."""
    webp = data[:4] == b"RIFF"
    place, layout, key = (12, "<4sI", b"EXIF") if webp else (8, ">I4s", b"eXIf")
    while place + 8 <= len(data):
        first, second = struct.unpack_from(layout, data, place)
        kind, length = (first, second) if webp else (second, first)
        if kind == key:
            return data[place + 8 : place + 8 + length].removeprefix(b"Exif\0\0")
        place += 8 + length + (length % 2 if webp else 4)
    return b""
