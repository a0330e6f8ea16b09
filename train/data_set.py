"""Labelled digits for one training: what is learnt from and what only reports."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError
from runtime.idx import Labelled
from runtime.records import DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """Images uint8 (N, 28, 28), ink 255 on 0, and labels uint8 (N,) 0–9, in a training and a test part."""

    name: str  # "mnist", "synthetic", or the folder's name
    training_images: NDArray[np.uint8]
    training_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        missing = set(range(DIGITS)) - set(self.training_labels.tolist())
        if missing or not len(self.test_labels):
            problem = f"no {min(missing)} among the training labels" if missing else "no test images"
            remedy = "take more of them, or another data set"
            raise InputError(f"{self.name}: expected images of all ten digits and a test part, got {problem}; {remedy}")

    def limited(self, count: int | None) -> "DataSet":
        """A copy with the first `count` training images alone (None: all of them)."""
        if count is None:
            return self
        return replace(self, training_images=self.training_images[:count], training_labels=self.training_labels[:count])

    def split(self, validation_share: float) -> tuple[Labelled, Labelled]:
        """The images to learn from, and the last `validation_share` of the training part, which selects.

        Raises InputError where nothing is left to learn from.
        """
        count = len(self.training_labels)
        first = count - round(count * validation_share)
        if not first:
            raise InputError(
                f"{self.name}: a validation share of {validation_share} leaves none of {count} to learn from"
            )
        learning = self.training_images[:first], self.training_labels[:first]
        return learning, (self.training_images[first:], self.training_labels[first:])

    def fingerprint(self) -> str:
        """The sha256 of everything in it, which tells whether an unfinished training met the same images."""
        digest = hashlib.sha256()
        for part in self._parts():
            digest.update(part.tobytes())
        return digest.hexdigest()

    def _parts(self) -> Iterator[NDArray[np.uint8]]:
        yield from (self.training_images, self.training_labels, self.test_images, self.test_labels)


def pick_per_class(images: NDArray[np.uint8], labels: NDArray[np.uint8], count: int, seed: int) -> Labelled:
    """`count` images of every digit (or as many as there are), drawn by `seed`, in a mixed order."""
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = np.concatenate([order[labels[order] == digit][:count] for digit in range(DIGITS)])
    mixed = np.random.default_rng(seed + 1).permutation(chosen)
    return images[mixed], labels[mixed]
