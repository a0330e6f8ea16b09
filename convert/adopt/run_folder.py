"""The run folder of a model from elsewhere: the model with a run's ends, and its pictures divided."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from convert.adopt.material import Material
from convert.adopt.order import Order
from convert.quiet import quiet
from runtime import manifest
from runtime.atomic import atomic_folder
from runtime.errors import ModelError, UsageError
from runtime.idx import Labelled
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT, Manifest
from runtime.npz import Arrays, write_npz
from runtime.preprocess import normalise
from runtime.replaceable import check_replaceable, run_files

CROPS = 8  # golden pictures that also pin the normalising, where pages are read
DIGITS = ("digits",)
"""In the place of class names: the ten digits, and "not a digit" if the model has eleven outputs."""


def check_free(run: Path, origin: Mapping[str, str]) -> None:
    """Raise UsageError where `run` exists and is not the run of the same model and pictures."""
    if not run.exists() or (run.is_dir() and not any(run.iterdir())):
        return
    try:
        known = manifest.load(run).training
    except ModelError:
        known = {}
    if any(known.get(key) != value for key, value in origin.items()):
        raise UsageError(f"{run}: exists and is not a run of this model and these pictures; name another with --out")
    check_replaceable(run, run_files, "run")


def describe(order: Order, training: Mapping[str, Any], classes: int, material: Material) -> Manifest:
    """The manifest of the run, before its files; UsageError where the names of the classes do not fit."""
    parts = {"calibration": material.calibration, "validation": material.validation, "holdout": material.holdout}
    return Manifest(
        name=manifest.title(order.run.resolve().name),
        created=manifest.now(),
        parameters=0,  # counted by the conversion, which folds batch normalisation
        classes=_name_classes(order.classes, classes),
        training={**training, "samples": {name: len(labels) for name, (_, labels) in parts.items()}},
        input_shape=material.shape,
        ground=material.ground,
    )


def write_run(run: Path, model: keras.Model, material: Material, described: Manifest) -> None:
    """Write the run folder as a whole."""
    arrays = {
        "calibration": _arrays(material.calibration),
        "validation": _arrays(material.validation),
        "holdout": _arrays(material.holdout),
        "drawn": {**_arrays(material.golden), **_crops(material, described)},
    }
    with atomic_folder(run.resolve()) as folder:
        with quiet():
            model.save(folder / "model.keras")
        for name, content in arrays.items():
            write_npz(folder / f"{name}.npz", content)
        files = [manifest.describe(folder, f"{name}.npz", "npz", name) for name in arrays]
        files.append(manifest.describe(folder, "model.keras", "keras", "float32"))
        manifest.save(described.with_files(files), folder)


def _name_classes(asked: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    """The names asked for, or numbers."""
    if asked == DIGITS:
        asked = (*DIGIT_CLASSES, NOT_A_DIGIT)[: max(classes, len(DIGIT_CLASSES))]
    names = asked or tuple(map(str, range(classes)))
    if len(names) != classes or len(set(names)) < classes:
        raise UsageError(
            f"classes: expected {classes} different names, one for each class of the model, got {len(names)}"
        )
    return names


def _arrays(labelled: Labelled) -> Arrays:
    images, labels = labelled
    return {"images": images, "labels": labels}


def _crops(material: Material, described: Manifest) -> Arrays:
    """Golden pictures as raw ink with the glyphs that they must become; none where no pages are read."""
    inks = material.golden[0][:CROPS] if described.reads_digits else np.zeros((0, 1, 1), np.uint8)
    glyphs = [normalise(ink) for ink in inks]
    return {
        "ink": inks.ravel(),
        "ink_shapes": np.array([ink.shape for ink in inks], np.int32).reshape(-1, 2),
        "glyphs": np.stack(glyphs) if glyphs else np.zeros((0, 28, 28), np.uint8),
    }
