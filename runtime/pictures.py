"""Pictures on disk: any common file becomes a frame, or one clear error; frames are written whole."""

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.atomic import write_bytes
from runtime.errors import InputError
from runtime.hush import hushed, overheard
from runtime.orientation import turn_upright
from runtime.picture_header import Header, read_header
from runtime.records import Frame

MOST_PIXELS = 100_000_000  # a frame of 300 MB; phones take up to 50 megapixels unless asked for more
MOST_BYTES = 256 * 2**20  # of a file: more than any picture of that many pixels that a camera writes
WRITABLE = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
EXTRANEOUS = 16  # bytes too many before a marker of a JPEG; decoders that have lost their way leave hundreds
KINDS = "PNG, JPEG, WebP, TIFF, BMP, GIF or PNM"


def load_picture(path: Path) -> Frame:
    """Read a picture, uint8 (H, W, 3) BGR or (H, W) grey, turned as its EXIF orientation says.

    Transparency is laid on white paper, 16 bits are scaled to 8, palettes become colours. Raises InputError, naming
    the file, where it is missing, no picture, damaged, cut short, or larger than this program takes.
    """
    path = Path(path)
    data = _read_bytes(path)
    header = read_header(data)
    if header is None:
        raise InputError(f"{path}: not a picture; expected {KINDS}")
    _check_size(header, path)
    _check_end(header, data, path)
    return _as_frame(_decode(data, header, path), path)


def save_picture(path: Path, frame: Frame, behind: bytes = b"") -> None:
    """Write a frame to `path`, whole or not at all, in the format that its suffix names, and `behind` after it.

    Raises InputError for a suffix that is not in WRITABLE or a place that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITABLE:
        raise InputError(f"{path}: cannot write a {path.suffix or 'nameless'} picture; use {', '.join(WRITABLE)}")
    write_bytes(path, _encode(frame, path) + behind)


def _encode(frame: Frame, path: Path) -> bytes:
    """The frame in the format that the path's suffix names; OpenCV fails in either of two ways."""
    try:
        with hushed():
            done, encoded = cv2.imencode(path.suffix.lower(), frame)
    except cv2.error:
        done = False
    if not done:
        size = "×".join(map(str, frame.shape[1::-1]))
        remedy = "make it smaller" if path.suffix.lower() == ".png" else "use .png"
        raise InputError(f"{path}: a picture of {size} pixels does not fit this format; {remedy}")
    return encoded.tobytes()


def _read_bytes(path: Path) -> bytes:
    """The contents of a file or pipe, as long as they are of reasonable size."""
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name the pictures in it")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: is too large; at most {MOST_BYTES // 2**20} MB are taken")
    if not data:
        raise InputError(f"{path}: is empty; expected a picture")
    return data


def _check_size(header: Header, path: Path) -> None:
    """Refuse pictures without pixels and those that would fill the memory."""
    if header.width < 1 or header.height < 1:
        raise InputError(f"{path}: damaged, its header says {header.width}×{header.height} pixels")
    if header.width * header.height > MOST_PIXELS:
        limit = f"at most {MOST_PIXELS // 1_000_000} megapixels are taken"
        raise InputError(f"{path}: {header.width}×{header.height} pixels is too large; {limit}; shrink it first")


def _check_end(header: Header, data: bytes, path: Path) -> None:
    """Refuse files that were cut short: decoders fill the missing part with grey and say nothing."""
    endings = {"PNG": b"IEND", "JPEG": b"\xff\xd9"}
    ending = endings.get(header.format, b"")
    # The scan comes after any thumbnail, which has an ending of its own.
    scan = data.rfind(b"\xff\xda") if header.format == "JPEG" else 0
    if data.find(ending, max(scan, 0)) < 0:
        raise InputError(f"{path}: cut short, its {header.format} data do not end; copy it again")


def _decode(data: bytes, header: Header, path: Path) -> NDArray[Any]:
    """The pixels as stored, turned as the EXIF orientation says."""
    flags = cv2.IMREAD_UNCHANGED if header.transparent else cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    try:
        with overheard() as said:  # the decoders' own libraries print
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        raise InputError(f"{path}: damaged {header.format} picture ({_first_line(error)})") from error
    if pixels is None:
        raise InputError(f"{path}: damaged {header.format} picture, or of a kind that OpenCV here does not read")
    if damage := next((line for line in said if _is_damage(line)), None):
        raise InputError(f"{path}: damaged {header.format} picture ({damage}); copy it again")
    return turn_upright(np.asarray(pixels), data) if header.transparent else np.asarray(pixels)


def _is_damage(line: str) -> bool:
    """Whether libjpeg says that it made pixels up; a few bytes too many before a marker are a habit of some cameras."""
    found = re.fullmatch(r"Corrupt JPEG data: (?:(\d+) extraneous bytes before marker .*|.*)", line.strip())
    return bool(found and int(found[1] or EXTRANEOUS) >= EXTRANEOUS)


def _as_frame(pixels: NDArray[Any], path: Path) -> Frame:
    """Pixels of any depth and channels as a frame."""
    if pixels.dtype == np.uint16:
        pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)
    if pixels.dtype != np.uint8:
        raise InputError(f"{path}: expected 8 or 16 bits a channel, got {pixels.dtype}; convert it first")
    frame = np.asarray(pixels, np.uint8)
    if frame.ndim == 3 and frame.shape[2] in (2, 4):
        frame = _on_white(frame)
    return np.ascontiguousarray(frame[:, :, 0] if frame.ndim == 3 and frame.shape[2] == 1 else frame)


def _on_white(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour or grey with an alpha channel, laid on white paper; row by row, for the intermediate sums are large."""
    result = np.empty((*frame.shape[:2], frame.shape[2] - 1), np.uint8)
    for row, out in zip(frame, result, strict=True):
        alpha = row[:, -1:].astype(np.uint16)
        out[:] = (row[:, :-1] * alpha + 255 * (255 - alpha) + 127) // 255
    return result


def _first_line(error: Exception) -> str:
    """What OpenCV says, without its file names and line breaks."""
    return (getattr(error, "err", "") or str(error) or type(error).__name__).splitlines()[0]
