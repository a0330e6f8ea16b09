"""The images that models are measured on: what a run brings along, and sets, photographs and junk from elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.confidence import read_sample
from convert.golden import LABELLED, read_arrays
from convert.reading.truth import NOTHING, Truth, read_truth
from convert.true_boxes import cut_box, cut_plainly
from runtime.errors import InputError, ModelError
from runtime.labelled import read_labelled
from runtime.manifest import Manifest
from runtime.pictures import load_picture
from runtime.records import DIGITS, Box
from runtime.segment import find_glyphs

PHOTOGRAPHED = ("photo", "scan", "canvas")  # kinds of pictures whose digits stand apart from each other
MANIFEST = "manifest.json"

Glyphs = NDArray[np.uint8]
"""(N, 28, 28), ink 255 on 0."""

Progress = Callable[[int, int], None]
"""Called with how many pictures are done and how many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Images of digits with their labels."""

    name: str
    images: Glyphs
    labels: NDArray[np.uint8]  # (N,) 0–9
    kinds: tuple[str, ...] = ()  # (N,) where they come from; none where that is one place

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Junk:
    """Images of what is no digit."""

    name: str
    images: Glyphs
    kinds: tuple[str, ...]  # (N,)

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """What is measured on beside what a run brings along, the same for every run."""

    sets: tuple[Digits, ...] = ()
    photographs: tuple[Digits, ...] = ()  # the same digits, cut in two ways
    negatives: Junk | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OfRun:
    """What a run brings along."""

    holdout: Digits
    calibration: Glyphs  # what the conversion calibrated with
    validation: Digits  # what thresholds and temperatures are fitted on, and everything is chosen by
    validation_junk: Junk | None  # generated
    background: Junk | None  # generated, only reported on


def read_run(run: Path, described: Manifest) -> OfRun:
    """The labelled images of a run; ModelError where they are missing or damaged.

    Runs without a validation part offer the images that the conversion calibrated with, which the network has learnt.
    """
    read = partial(read_arrays, run, described)
    holdout = read("holdout", LABELLED)
    sample = read_sample(run, described)
    digits = sample.labels < DIGITS
    others = sample.images[~digits]
    background = None
    if described.find("npz", "background"):
        arrays = read("background", ("images", "kinds", "names"))
        background = _as_junk("generated", arrays["images"], arrays["kinds"], arrays["names"].tolist(), run)
    return OfRun(
        Digits("holdout", holdout["images"], holdout["labels"]),
        read("calibration", LABELLED)["images"],
        Digits("validation" if sample.held_back else "calibration", sample.images[digits], sample.labels[digits]),
        Junk("validation junk", others, ("generated",) * len(others)) if len(others) else None,
        background,
    )


def read_sets(folder: Path) -> tuple[Digits, ...]:
    """Every `.npz` file of labelled digits in `folder`, by name; InputError where there is none or one is damaged."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise InputError(f"{folder}: expected .npz files with images and labels, found none")
    return tuple(Digits(path.stem, *read_labelled(path)) for path in paths)


def read_photographs(folder: Path, progress: Progress) -> tuple[tuple[Digits, ...], Junk | None]:
    """The digits in a folder's pictures, cut by their true boxes, and what is taken for digits where there are none.

    `folder/manifest.json` says what the pictures hold, as `convert.reading.truth` reads it. Digits that the truth is
    unsure of, and those in areas to be ignored, are left out, as are pictures with printed digits. Raises InputError
    where the manifest or a picture cannot be read or no digit is found.
    """
    truths = read_truth(folder / MANIFEST, (*PHOTOGRAPHED, NOTHING))
    boxed = [truth for truth in truths if truth.kind in PHOTOGRAPHED and truth.digits]
    empty = [truth for truth in truths if truth.kind == NOTHING and not truth.printed]
    cuts, candidates = [], []
    for done, truth in enumerate(boxed):
        progress(done, len(truths))
        cuts += _cut(truth)
    for done, truth in enumerate(empty, len(boxed)):
        progress(done, len(truths))
        candidates += [glyph.image for glyph in find_glyphs(load_picture(truth.file))]
    if not cuts:
        raise InputError(f"{folder / MANIFEST}: names no digit with a box and a label")
    return _as_digits(cuts), _as_negatives(candidates)


def _cut(truth: Truth) -> list[tuple[Glyphs, Glyphs, int, str]]:
    """Each digit of a picture, cut in two ways, with its label and the picture's kind."""
    frame = load_picture(truth.file)
    return [
        (cut_box(frame, written.box), cut_plainly(frame, written.box), written.digit, truth.kind)
        for written in truth.digits or ()
        if written.digit is not None and not any(_overlap(written.box, area) for area in truth.ignored)
    ]


def _overlap(first: Box, second: Box) -> bool:
    """Whether two boxes share a pixel."""
    across = min(first.right, second.right) > max(first.left, second.left)
    return across and min(first.bottom, second.bottom) > max(first.top, second.top)


def _as_digits(cuts: Sequence[tuple[Glyphs, Glyphs, int, str]]) -> tuple[Digits, ...]:
    """The digits as the reader cuts them, and as a plain program would."""
    finely, plainly, labels, kinds = zip(*cuts, strict=True)
    known = np.array(labels, np.uint8)
    return (
        Digits("photographs", np.stack(finely), known, kinds),
        Digits("photographs, plain cut", np.stack(plainly), known, kinds),
    )


def _as_negatives(candidates: Sequence[Glyphs]) -> Junk | None:
    """The candidates of all pictures without digits; None where there are none."""
    return Junk("negatives", np.stack(candidates), ("candidate",) * len(candidates)) if candidates else None


def _as_junk(name: str, images: Glyphs, kinds: NDArray[np.uint8], names: Sequence[str], run: Path) -> Junk:
    """Junk with its kinds by name; ModelError where they do not fit each other."""
    if kinds.shape != images.shape[:1] or kinds.max(initial=0) >= len(names):
        raise ModelError(
            f"{run}/background.npz: expected a kind for each of {len(images)} images; train the model anew"
        )
    return Junk(name, images, tuple(names[kind] for kind in kinds.tolist()))
