"""MNIST's own file format, IDX, plain or gzip, checked before anything believes it (yann.lecun.com/exdb/mnist)."""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError
from runtime.records import DIGITS, GLYPH_SIDE

Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images uint8 (N, 28, 28), ink 255 on 0, and their labels uint8 (N,) 0–9; others for models of another kind."""

FIELD = (GLYPH_SIDE, GLYPH_SIDE)  # MNIST's

TRAINING_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST_FILES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 8  # IDX's code for the element type uint8
SIZE_LIMIT = 2**28  # bytes of contents; MNIST's largest file has 47 million


def read_images(path: Path, size: tuple[int, ...] | None = FIELD) -> NDArray[np.uint8]:
    """The images (N, 28, 28) of an IDX file; InputError where it is missing, damaged or of another kind.

    `size` is the height and width that they must have (None: any).
    """
    images = _read_array(Path(path), dimensions=3)
    if size is not None and images.shape[1:] != size:
        raise InputError(f"{path}: expected images of {_shape(size)} pixels, got {_shape(images.shape[1:])}")
    return images


def read_labels(path: Path, classes: int = DIGITS) -> NDArray[np.uint8]:
    """The labels (N,) of an IDX file, below `classes`; InputError where it is missing, damaged or of another kind."""
    labels = _read_array(Path(path), dimensions=1)
    if labels.size and labels.max() >= classes:
        raise InputError(f"{path}: expected labels 0 to {classes - 1}, got {labels.max()}")
    return labels


def read_training_set(folder: Path, size: tuple[int, ...] | None = FIELD, classes: int = DIGITS) -> Labelled:
    """The training part of the IDX files in `folder`; InputError where a file is missing or the two do not fit."""
    return _read_pair(Path(folder), TRAINING_FILES, size, classes)


def read_test_set(folder: Path, size: tuple[int, ...] | None = FIELD, classes: int = DIGITS) -> Labelled:
    """The test part of the IDX files in `folder`; InputError where a file is missing or the two do not fit."""
    return _read_pair(Path(folder), TEST_FILES, size, classes)


def find_file(folder: Path, name: str) -> Path:
    """Where the IDX file `name` stands in `folder`, gzip or plain, also as `train-images.idx3-ubyte`."""
    spellings = (name, name.replace("-idx", ".idx"))
    candidates = [folder / f"{spelling}{suffix}" for suffix in (".gz", "") for spelling in spellings]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise InputError(f"{folder}: expected {name}.gz or {name} in this folder, found neither")


def _read_pair(folder: Path, names: tuple[str, str], size: tuple[int, ...] | None, classes: int) -> Labelled:
    images_path, labels_path = (find_file(folder, name) for name in names)
    images, labels = read_images(images_path, size), read_labels(labels_path, classes)
    if len(images) != len(labels):
        raise InputError(f"{labels_path}: expected {len(images)} labels as {images_path.name} has, got {len(labels)}")
    return images, labels


def _read_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The contents of one file as an array of `dimensions` axes."""
    try:
        with _open(path) as stream:
            shape = _read_header(stream, path, dimensions)
            count = math.prod(shape)
            body = stream.read(count + 1)  # one more, so that a longer file is noticed without reading all of it
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: a damaged or truncated gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(body) != count:
        came = f"only {len(body)}" if len(body) < count else "more"
        raise InputError(f"{path}: expected {count} bytes for its {_shape(shape)} values, got {came}; fetch it again")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _open(path: Path) -> BinaryIO:
    """The file's contents, unpacked where it begins as gzip does, whatever it is called."""
    with path.open("rb") as file:
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _read_header(stream: BinaryIO, path: Path, dimensions: int) -> tuple[int, ...]:
    """The shape that the header announces: two zero bytes, the type, the number of axes, then their lengths."""
    size = 4 + 4 * dimensions
    header = stream.read(size)
    expected = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if header[:4] != expected:
        kind = "images" if dimensions == 3 else "labels"
        raise InputError(f"{path}: expected IDX {kind} (magic {expected.hex()}), got {header[:4].hex() or 'no bytes'}")
    if len(header) < size:
        raise InputError(f"{path}: expected a header of {size} bytes, got {len(header)}; fetch it again")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if math.prod(shape) > SIZE_LIMIT:
        raise InputError(f"{path}: expected at most {SIZE_LIMIT} bytes of contents, its header says {_shape(shape)}")
    return shape


def _shape(lengths: tuple[int, ...]) -> str:
    return "×".join(map(str, lengths))
