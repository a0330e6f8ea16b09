"""Arrays in .npz files: written whole and byte for byte the same every time, read without pickles."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.atomic import write_bytes
from runtime.errors import ModelError

Arrays = dict[str, NDArray[Any]]

EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest time, so that equal arrays give equal files


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

    Raises ModelError where the bytes are no such archive, an array is missing or one needs pickle.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            missing = sorted(set(names) - set(archive.files))
            if missing:
                raise ModelError(f"{source}: expected the arrays {', '.join(missing)}, got {', '.join(archive.files)}")
            return {name: archive[name] for name in names}
    except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{source}: not a readable .npz file ({error}); copy or make it anew") from error


def _encode(array: NDArray[Any]) -> bytes:
    """One array in NumPy's own .npy format."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
    return buffer.getvalue()
