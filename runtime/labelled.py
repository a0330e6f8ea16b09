"""Digits with known labels from files: MNIST-like IDX folders and `.npz` files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError, ModelError
from runtime.idx import Labelled, read_test_set
from runtime.npz import SIZE_LIMIT, read_npz
from runtime.preprocess import normalise
from runtime.records import DIGITS, GLYPH_SIDE


def read_labelled(path: Path) -> Labelled:
    """The images uint8 (N, 28, 28), ink 255 on 0, and labels uint8 (N,) at `path`.

    `path` is a folder of IDX files, of which the test part is taken, or an `.npz` file with `images` uint8 (N, H, W),
    white on black, and `labels` (N,). Images of 28×28 are taken as they are; others pass through `normalise`. Raises
    InputError where there is nothing of the kind or it is damaged.
    """
    path = Path(path)
    if path.is_dir():
        images, labels = read_test_set(path)
    else:
        images, labels = _read_npz(path)
    if not len(images):
        raise InputError(f"{path}: expected at least one labelled image, got none")
    return _as_glyphs(images), labels


def _read_npz(path: Path) -> Labelled:
    """The arrays of an `.npz` file, checked."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)  # a device has no end
        if len(data) > SIZE_LIMIT:
            raise InputError(f"{path}: is too large; at most {SIZE_LIMIT} bytes are taken")
        arrays = read_npz(data, ("images", "labels"), path)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); expected a folder of IDX files or an .npz file"
        raise InputError(message) from error
    except ModelError as error:
        raise InputError(str(error)) from error
    images, labels = arrays["images"], arrays["labels"]
    if images.dtype != np.uint8 or images.ndim != 3 or not all(images.shape[1:]):
        raise InputError(f"{path}: expected images uint8 (N, H, W), white on black, got {images.dtype} {images.shape}")
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise InputError(f"{path}: expected {len(images)} whole labels, got {labels.dtype} {labels.shape}")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < DIGITS:
        raise InputError(f"{path}: expected labels 0 to {DIGITS - 1}, got {labels.min()} to {labels.max()}")
    return images, labels.astype(np.uint8)


def _as_glyphs(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if images.shape[1:] == (GLYPH_SIDE, GLYPH_SIDE):
        return images
    return np.stack([normalise(image) for image in images])
