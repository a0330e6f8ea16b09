"""Keras' own answers as a run or bundle carries them, and the pictures they belong to, found and checked."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from runtime import manifest, preprocess
from runtime.bundle import Bundle
from runtime.errors import DigitsError, InputError, ModelError
from runtime.labelled import read_samples
from runtime.manifest import Manifest
from runtime.npz import Arrays, read_npz
from runtime.parity import PreprocessingCheck
from runtime.preprocess import normalise
from runtime.records import Probabilities

GOLDEN = ("images", "labels", "probabilities", "ink", "ink_shapes", "glyphs")
REFERENCE = ("probabilities", "labels", "images_sha256", "keras_sha256")
FURTHER = ("validation", "background")
"""What else a run holds: samples by which confidences were chosen, and what is no digit."""

VARIABLE = "DIGITS_DATA"


@dataclass(frozen=True, slots=True, eq=False)
class AnswerSheet:
    """Samples with Keras' answers to them."""

    data: str  # "golden", "holdout", "validation" or "background"
    images: NDArray[np.uint8]  # (N, 28, 28), ink 255 on 0; of a model of another kind as its manifest says
    labels: NDArray[np.uint8]  # (N,), 0–9, and 10 for what is no digit; else below the number of classes
    probabilities: Probabilities  # (N, K), Keras' own
    indices: NDArray[np.int64]  # (N,), places in the whole data set


def open_golden(bundle: Bundle) -> tuple[AnswerSheet, PreprocessingCheck]:
    """The golden samples, and whether their raw ink becomes the glyphs that it must become.

    Raises ModelError where they are missing or damaged.
    """
    path, arrays = _read(bundle, "golden", GOLDEN)
    glyphs = arrays["glyphs"]
    crops = list(_crops(arrays["ink"], arrays["ink_shapes"], path))
    if len(crops) != len(glyphs):
        raise ModelError(f"{path}: expected {len(crops)} glyphs as there are crops of ink, got {len(glyphs)}")
    differing = sum(not np.array_equal(normalise(crop), glyph) for crop, glyph in zip(crops, glyphs, strict=True))
    sheet = _sheet("golden", arrays["images"], arrays, bundle, path)
    return sheet, PreprocessingCheck(preprocess.VERSION, len(crops), differing)


def open_holdout(bundle: Bundle, data: Path | None = None) -> AnswerSheet | str:
    """The hold-out with its pictures, or the reason why they are not at hand.

    They come from `data` (a folder of IDX files or an `.npz`) if it is given, else from the run's own hold-out, from
    what DIGITS_DATA names, or from the user's cache of MNIST. Raises ModelError where Keras' answers are damaged or
    belong to another Keras model than the run's, and InputError where `data` holds other pictures.
    """
    if bundle.manifest.find("npz", "reference") is None and not data:
        return "the manifest lists no reference.npz with Keras' answers on the hold-out"
    path, arrays = _read(bundle, "reference", REFERENCE)
    _check_fresh(bundle, str(arrays["keras_sha256"]), path)
    found = _find_pictures(bundle, str(arrays["images_sha256"]), data)
    if isinstance(found, str):
        return found
    return _sheet("holdout", found, arrays, bundle, path)


def open_further(bundle: Bundle) -> list[AnswerSheet]:
    """The run's own samples beside digits to report on, and what is no digit, where it has Keras' answers to them.

    A bundle has none. Raises ModelError where the answers are damaged or belong to another model or other pictures.
    """
    return [_open_further(bundle, data) for data in FURTHER if bundle.manifest.find("npz", f"{data}_reference")]


def take(sheet: AnswerSheet, samples: int | None) -> AnswerSheet:
    """`samples` of the sheet, evenly spread over it, or all of it."""
    if samples is None or samples >= len(sheet.labels):
        return sheet
    rows = np.linspace(0, len(sheet.labels) - 1, samples).round().astype(np.int64)
    return AnswerSheet(
        sheet.data, sheet.images[rows], sheet.labels[rows], sheet.probabilities[rows], sheet.indices[rows]
    )


def _read(bundle: Bundle, variant: str, names: tuple[str, ...]) -> tuple[Path, Arrays]:
    """The path and the arrays of one of the manifest's .npz files, its hash checked."""
    file = bundle.manifest.find("npz", variant)
    if file is None:
        raise ModelError(f"{bundle.folder}: the manifest lists no {variant}.npz; run digits convert on the run first")
    path = bundle.folder / file.path
    return path, read_npz(manifest.read_file(bundle.folder, file), names, path)


def _open_further(bundle: Bundle, data: str) -> AnswerSheet:
    path, answers = _read(bundle, f"{data}_reference", REFERENCE)
    _check_fresh(bundle, str(answers["keras_sha256"]), path)
    source, arrays = _read(bundle, data, ("images",))
    if _hash(arrays["images"]) != str(answers["images_sha256"]):
        raise ModelError(f"{source}: Keras' answers belong to other pictures; run digits convert again")
    return _sheet(data, arrays["images"], answers, bundle, path)


def _sheet(data: str, images: NDArray[np.uint8], arrays: Arrays, bundle: Bundle, path: Path) -> AnswerSheet:
    """The record of `images` and of the labels and answers in `arrays`, once everything fits together."""
    labels, probabilities = arrays["labels"], arrays["probabilities"]
    shape = bundle.manifest.picture_shape
    if images.dtype != np.uint8 or images.shape[1:] != shape or not len(images):
        wanted = ", ".join(map(str, shape))
        raise ModelError(f"{path}: expected images uint8 (N, {wanted}), got {images.dtype} {images.shape}")
    if probabilities.dtype != np.float32 or not np.isfinite(probabilities).all():
        raise ModelError(f"{path}: expected finite float32 answers, got {probabilities.dtype}; convert it anew")
    expected = (len(images), len(bundle.manifest.classes))
    if labels.shape != expected[:1] or probabilities.shape != expected:
        came = f"labels {labels.shape} and answers {probabilities.shape}"
        raise ModelError(f"{path}: expected labels {expected[:1]} and answers {expected}, got {came}; convert it anew")
    highest = bundle.manifest.known - (data not in FURTHER)
    if labels.dtype != np.uint8 or labels.max() > highest:
        raise ModelError(f"{path}: expected labels uint8 from 0 to {highest}, got {labels.dtype}; convert it anew")
    return AnswerSheet(data, images, labels, probabilities, np.arange(len(labels)))


def _crops(ink: NDArray[np.uint8], shapes: NDArray[np.int32], path: Path) -> Iterator[NDArray[np.uint8]]:
    """The raw-ink crops, which are stored one behind the other."""
    fits = shapes.ndim == 2 and shapes.shape[1] == 2 and shapes.dtype.kind in "iu" and not (shapes < 1).any()
    flat = ink.ndim == 1 and ink.dtype == np.uint8
    if not fits or not flat or int(shapes.astype(np.int64).prod(axis=1).sum()) != ink.size:
        raise ModelError(f"{path}: the shapes of the raw ink do not fit its {ink.size} bytes; convert it anew")
    start = 0
    for height, width in shapes.tolist():
        yield ink[start : start + height * width].reshape(height, width)
        start += height * width


def _check_fresh(bundle: Bundle, keras_sha256: str, path: Path) -> None:
    """Refuse answers of another Keras model than the run's; a bundle carries no Keras model to compare with."""
    keras = bundle.manifest.find("keras", "float32")
    if keras and keras.sha256 != keras_sha256:
        raise ModelError(
            f"{path}: stale: it holds the answers of the Keras model {keras_sha256}, the manifest lists {keras.sha256};"
            " run digits convert again"
        )


def _find_pictures(bundle: Bundle, sha256: str, data: Path | None) -> NDArray[np.uint8] | str:
    """The pictures of this hash, or why there are none."""
    if data:
        images = read_samples(data, bundle.manifest)[0]
        if _hash(images) != sha256:
            raise InputError(f"{data}: not the hold-out: expected images of sha256 {sha256}, got {_hash(images)}")
        return images
    own = bundle.manifest.find("npz", "holdout")
    if own:
        path, arrays = _read(bundle, "holdout", ("images",))
        if _hash(arrays["images"]) != sha256:
            raise ModelError(f"{path}: Keras' answers belong to other pictures ({sha256}); run digits convert again")
        return arrays["images"]
    return _search(sha256, bundle.manifest)


def _search(sha256: str, described: Manifest) -> NDArray[np.uint8] | str:
    """The pictures of this hash in the places where MNIST is kept on this machine."""
    place = Path(os.environ.get(VARIABLE) or platformdirs.user_cache_path("digits") / "mnist")
    advice = f"name its folder with --data or {VARIABLE}"
    try:
        if not place.exists():
            return f"the pictures of the hold-out are not at hand ({place} does not exist); {advice}"
        images = read_samples(place, described)[0]
    except (DigitsError, OSError) as error:  # OSError: a folder that is closed to us
        return f"the pictures of the hold-out are not at hand ({error}); {advice}"
    if _hash(images) != sha256:
        return f"{place} holds other pictures than the hold-out; {advice}"
    return images


def _hash(images: NDArray[np.uint8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest()
