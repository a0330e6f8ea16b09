"""Digits with known labels from files: MNIST-like IDX folders and `.npz` files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError, ModelError
from runtime.idx import Labelled, read_test_set
from runtime.manifest import Manifest
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
    images, labels = read_test_set(path) if path.is_dir() else read_archive(path, DIGITS)
    if images.ndim != 3:
        raise InputError(f"{path}: expected images uint8 (N, H, W), white on black, got {images.dtype} {images.shape}")
    return _as_glyphs(_some(images, path)), labels


def read_samples(path: Path, described: Manifest) -> Labelled:
    """The labelled images at `path` as a model takes them: for digits as `read_labelled` gives them.

    For a model of another kind they must have its shape, (N, H, W), or (N, H, W, C) in colours, and are taken as they
    are. Raises InputError as `read_labelled` does.
    """
    path = Path(path)
    if described.reads_digits:
        return read_labelled(path)
    shape = described.picture_shape
    if path.is_dir():
        images, labels = read_test_set(path, shape, described.known)
    else:
        images, labels = read_archive(path, described.known)
    if images.shape[1:] != shape:
        raise InputError(f"{path}: {described.name} takes pictures {shape}, got {images.shape[1:]}")
    return _some(images, path), labels


def read_archive(path: Path, classes: int) -> Labelled:
    """The images uint8 (N, H, W) or (N, H, W, 3) and the labels below `classes` of an `.npz` file; InputError."""
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
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or not all(images.shape[1:]):
        expected = "expected images uint8 (N, H, W), white on black, or (N, H, W, 3)"
        raise InputError(f"{path}: {expected}, got {images.dtype} {images.shape}")
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise InputError(f"{path}: expected {len(images)} whole labels, got {labels.dtype} {labels.shape}")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise InputError(f"{path}: expected labels 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
    return images, labels.astype(np.uint8)


def _some(images: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    """The images, if there are any."""
    if not len(images):
        raise InputError(f"{path}: expected at least one labelled image, got none")
    return images


def _as_glyphs(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if images.shape[1:] == (GLYPH_SIDE, GLYPH_SIDE):
        return images
    return np.stack([normalise(image) for image in images])
