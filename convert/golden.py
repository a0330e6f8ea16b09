"""Keras' own answers, kept in the run so that every device can compare without TensorFlow."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.bundle import Bundle
from runtime.errors import ModelError
from runtime.localise.stages import record_frame
from runtime.manifest import Manifest, ModelFile, read_file
from runtime.npz import Arrays, read_npz
from runtime.reader import Reader
from runtime.records import DIGITS, Images, Probabilities

Answer = Callable[[NDArray[np.uint8]], Probabilities]

DRAWN = ("images", "labels", "ink", "ink_shapes", "glyphs")
LABELLED = ("images", "labels")


def read_arrays(run: Path, manifest: Manifest, variant: str, names: tuple[str, ...]) -> Arrays:
    """The arrays `names` of the run's file `variant`.npz, its hash checked.

    Raises ModelError where the manifest lists no such file, it is damaged, or images and labels are not uint8
    (N, 28, 28), or of the manifest's own shape, and (N,) with N at least 1.
    """
    file = manifest.find("npz", variant)
    if file is None:
        raise ModelError(f"{run}: the manifest lists no {variant}.npz; name a run folder that digits train has written")
    path = run / file.path
    arrays = read_npz(read_file(run, file), names, path)
    if "images" in names:
        _check_images(arrays["images"], manifest.picture_shape, path)
    if "labels" in names and arrays["labels"].shape != arrays["images"].shape[:1]:
        raise ModelError(f"{path}: {len(arrays['images'])} images, but labels of shape {arrays['labels'].shape}")
    return arrays


def make_golden(drawn: Arrays, answer: Answer) -> Arrays:
    """The golden samples: what the generator drew, and Keras' probabilities float32 (N, K) for its images."""
    return {**drawn, "probabilities": answer(drawn["images"])}


def make_reference(holdout: Arrays, keras_sha256: str, answer: Answer) -> Arrays:
    """Keras' answers on the hold-out without its pictures, which are not ours to publish.

    The pictures' sha256 tells whether a data set found elsewhere is the same one.
    """
    images = np.ascontiguousarray(holdout["images"])
    return {
        "probabilities": answer(images),
        "labels": holdout["labels"],
        "images_sha256": np.array(hashlib.sha256(images.tobytes()).hexdigest()),
        "keras_sha256": np.array(keras_sha256),
    }


def make_frame(drawn: Arrays, answer: Answer, described: Manifest) -> Arrays:
    """The golden frame: a page of the drawn digits, and what every stage of a reading with Keras makes of it."""
    file = ModelFile("keras", "float32", "model.keras", "", 0)
    return record_frame(drawn["images"], Reader(Bundle(Path(), described, ""), file, _KerasEngine(answer)))


@dataclass(frozen=True, slots=True)
class _KerasEngine:
    """Keras as a reader asks its engines."""

    answer: Answer
    engine: str = "keras"

    def predict(self, images: Images) -> Probabilities:
        """As `Backend.predict`; the images are glyphs, so that their pixels are whole 255ths."""
        return self.answer(np.rint(images[..., 0] * 255).astype(np.uint8))


def read_further(run: Path, manifest: Manifest) -> dict[str, Arrays]:
    """The run's samples beside those to report on, by name, each with images and labels; 10 is what is no digit.

    Raises ModelError where they are damaged.
    """
    further = {}
    if manifest.find("npz", "validation"):
        further["validation"] = read_arrays(run, manifest, "validation", LABELLED)
    if manifest.find("npz", "background"):
        images = read_arrays(run, manifest, "background", ("images",))["images"]
        further["background"] = {"images": images, "labels": np.full(len(images), DIGITS, np.uint8)}
    return further


def _check_images(images: NDArray[np.uint8], shape: tuple[int, ...], path: Path) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != shape or not len(images):
        wanted = ", ".join(map(str, shape))
        raise ModelError(f"{path}: expected images uint8 (N, {wanted}), got {images.dtype} {images.shape}")
