"""The pictures that come with a model from elsewhere: read from `--data`, and divided by what each is for."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError
from runtime.idx import TRAINING_FILES, Labelled, find_file, read_test_set, read_training_set
from runtime.labelled import read_archive
from runtime.manifest import DARK, LIGHT
from runtime.records import CHANNELS, MOST_CLASSES, SIDES, Shape

FEWEST = 100  # pictures; with fewer nothing is said about accuracy, and hardly enough to calibrate
CALIBRATION = 500  # pictures that show the converters the range of every activation, and at most a fifth of all
GOLDEN = 100  # pictures that travel with a bundle, and at most a tenth
VALIDATION = 2000  # pictures by which confidences are fitted, and at most three tenths
SEED = 14  # the same division every time
MIDDLE = 127.5  # grey level


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Labelled pictures uint8, (N, H, W), or (N, H, W, 3) in colours, red first; no picture is in two parts."""

    source: str  # the name of where they come from
    sha256: str  # of all pictures and labels that were read
    calibration: Labelled
    validation: Labelled
    golden: Labelled
    holdout: Labelled

    @property
    def shape(self) -> Shape:
        """Height, width and channels of one picture."""
        _, height, width, *channels = self.holdout[0].shape
        return height, width, channels[0] if channels else 1

    @property
    def shown(self) -> Labelled:
        """The pictures that are no hold-out and do not travel."""
        first, second = self.calibration, self.validation
        return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])

    @property
    def highest_label(self) -> int:
        """The highest label of any part."""
        parts = (self.calibration, self.validation, self.golden, self.holdout)
        return max(int(labels.max()) for _, labels in parts)

    @property
    def ground(self) -> str:
        """What is written on, told by the pictures' rims: DARK or LIGHT."""
        images = self.calibration[0]
        rims = [images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]]
        return LIGHT if np.median(np.concatenate([rim.ravel() for rim in rims])) > MIDDLE else DARK


def read_material(path: Path) -> Material:
    """The pictures at `path`, divided the same way every time.

    `path` is a folder of IDX files or an `.npz` file with `images` uint8 (N, H, W) or (N, H, W, 3) and `labels`. In a
    folder with both parts the training part is only calibrated with, and the rest comes from the test part, which the
    model is taken not to have learnt from. Raises InputError where there is nothing of the kind, fewer than FEWEST
    pictures, or pictures of a size that is not converted.
    """
    path = Path(path)
    learnt, rest = _read(path)
    images, labels = rest
    if len(labels) < FEWEST:
        raise InputError(f"{path}: {len(labels)} labelled pictures; at least {FEWEST} are needed to convert with")
    _check_size(images.shape[1:], path)
    order = np.random.default_rng(SEED).permutation(len(labels))
    if learnt is None:
        count = min(CALIBRATION, len(order) // 5)
        calibration, order = _pick(rest, order[:count]), order[count:]
    else:
        places = np.random.default_rng(SEED).permutation(len(learnt[1]))
        calibration = _pick(learnt, places[:CALIBRATION])
    golden = min(GOLDEN, len(order) // 10)
    validation = golden + min(VALIDATION, 3 * len(order) // 10)
    return Material(
        source=path.name,
        sha256=_hash(images, labels),
        calibration=calibration,
        golden=_pick(rest, order[:golden]),
        validation=_pick(rest, order[golden:validation]),
        holdout=_pick(rest, order[validation:]),
    )


def _read(path: Path) -> tuple[Labelled | None, Labelled]:
    """The part that was learnt from, where it stands apart, and the rest."""
    if not path.is_dir():
        return None, read_archive(path, MOST_CLASSES)
    rest = read_test_set(path, None, MOST_CLASSES)
    try:
        find_file(path, TRAINING_FILES[0])
    except InputError:
        return None, rest
    learnt = read_training_set(path, rest[0].shape[1:], MOST_CLASSES)
    return (learnt if len(learnt[1]) >= FEWEST else None), rest


def _check_size(shape: tuple[int, ...], path: Path) -> None:
    height, width, *channels = shape
    if height not in SIDES or width not in SIDES or channels not in ([], [CHANNELS[-1]]):
        sides = f"{SIDES.start} to {SIDES.stop - 1} pixels a side, grey or red, green and blue"
        raise InputError(f"{path}: expected pictures of {sides}, got {shape}")


def _pick(labelled: Labelled, places: NDArray[np.int64]) -> Labelled:
    """The pictures at some places, in the order in which they stand there."""
    images, labels = labelled
    rows = np.sort(places)
    return images[rows], labels[rows]


def _hash(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(images).tobytes())
    digest.update(labels.tobytes())
    return digest.hexdigest()
