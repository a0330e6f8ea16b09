"""Arrays in .npz files: written whole and byte for byte the same every time, read without pickles."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.atomic import write_bytes
from runtime.errors import ModelError

Arrays = dict[str, NDArray[Any]]

EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest time, so that equal arrays give equal files
SIZE_LIMIT = 2**29  # bytes of the arrays that are read, unpacked; MNIST's training images have 47 million


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` compressed to `path`, whole or not at all; the same arrays give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever the machine
            archive.writestr(entry, _encode(array))
    write_bytes(path, packed.getvalue())


def read_npz(data: bytes, names: Iterable[str], source: object) -> Arrays:
    """The arrays `names` from the bytes of an .npz file; `source` names it in errors.

    Raises ModelError where the bytes are no such archive, unpack to more than SIZE_LIMIT, an array is missing or one
    needs pickle.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _unpack(archive, list(names), source)
    except ModelError:
        raise
    except Exception as error:  # a damaged archive makes zipfile, zlib and NumPy raise anything, MemoryError included
        raise ModelError(f"{source}: not a readable .npz file ({error}); copy or make it anew") from error


def _unpack(archive: zipfile.ZipFile, names: Sequence[str], source: object) -> Arrays:
    """The arrays `names` of an archive; ModelError where one is missing or they are too large for this program."""
    sizes = {entry.filename.removesuffix(".npy"): entry.file_size for entry in archive.infolist()}
    missing = sorted(set(names) - set(sizes))
    if missing:
        raise ModelError(f"{source}: expected the arrays {', '.join(missing)}, got {', '.join(sizes) or 'none'}")
    unpacked = sum(sizes[name] for name in names)
    if unpacked > SIZE_LIMIT:
        raise ModelError(f"{source}: unpacks to {unpacked} bytes; at most {SIZE_LIMIT} are taken")
    return {name: _decode(archive.read(f"{name}.npy")) for name in names}


def _decode(data: bytes) -> NDArray[Any]:
    """One array from NumPy's own .npy format."""
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return array


def _encode(array: NDArray[Any]) -> bytes:
    """One array in NumPy's own .npy format."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
    return buffer.getvalue()
