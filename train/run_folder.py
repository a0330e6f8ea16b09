"""Writes a run folder: everything that later stages need from a training, in one piece."""

import logging
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from runtime import manifest
from runtime.atomic import atomic_folder, write_json
from runtime.idx import Labelled
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT, Manifest
from runtime.npz import write_npz
from runtime.records import DIGITS
from train.background import KINDS
from train.data_set import DataSet, pick_per_class
from train.drawn import draw_samples
from train.figures import draw_confusion, draw_history, draw_sheet, draw_wrong, save_figure
from train.fit import Fitted, predict
from train.framework import framework_versions
from train.material import Background, hold_back
from train.results import Results
from train.zoo.recipe import Recipe

CALIBRATION_PER_CLASS = 50
SAMPLES_SHOWN = 60
ARRAYS = ("calibration", "validation", "background", "holdout", "drawn")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is called and how it is trained."""

    name: str
    model: str
    preset: str
    recipe: Recipe
    command: str  # that trains the same again
    exports: tuple[str, ...] = ()  # of EXPORTS


def _export_saved_model(model: keras.Sequential, folder: Path) -> None:
    model.export(folder / "saved_model", format="tf_saved_model", verbose=False)


def _export_h5(model: keras.Sequential, folder: Path) -> None:
    logging.getLogger("absl").setLevel(logging.ERROR)  # Keras calls the format, which was asked for, a legacy
    model.save(folder / "model.h5")


EXPORTS: dict[str, Callable[[keras.Sequential, Path], None]] = {
    "saved_model": _export_saved_model,
    "h5": _export_h5,
}
"""Further formats of the Keras model, by the name that `--export` takes."""


def write_run(folder: Path, plan: Plan, fitted: Fitted, data: DataSet) -> Manifest:
    """Measure the model on the test part, write the run folder, and give its manifest; the folder appears last."""
    results = Results(data.test_labels, predict(fitted.model, data.test_images))
    summary = _summarise(plan, fitted, data, results)
    described = Manifest(
        manifest.title(plan.name), manifest.now(), count_folded_parameters(fitted.model), _classes(fitted), summary
    )
    with atomic_folder(folder) as temporary:
        fitted.model.save(temporary / "model.keras")
        for export in plan.exports:
            EXPORTS[export](fitted.model, temporary)
        written = _write_arrays(temporary, plan, data)
        _write_figures(temporary, fitted, data, results)
        files = [manifest.describe(temporary, "model.keras", "keras", "float32")]
        files += [manifest.describe(temporary, f"{name}.npz", "npz", name) for name in ARRAYS if name in written]
        described = described.with_files(files)
        manifest.save(described, temporary)
    return described


def count_folded_parameters(model: keras.Sequential) -> int:
    """The trainable weights once every batch normalisation is folded into the layer before it.

    A folded normalisation leaves one bias a channel (its beta) and takes its gamma into the kernel.
    """
    gammas = [layer.gamma for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    return int(sum(np.prod(v.shape) for v in model.trainable_variables) - sum(np.prod(v.shape) for v in gammas))


def _summarise(plan: Plan, fitted: Fitted, data: DataSet, results: Results) -> dict[str, Any]:
    """The manifest's account of the training."""
    chosen = fitted.epoch
    return {
        "model": plan.model,
        "preset": plan.preset,
        "epochs": plan.recipe.epochs,
        "chosen_epoch": chosen,
        "seed": plan.recipe.seed,
        "batch_size": plan.recipe.batch_size,
        "learning_rate": plan.recipe.learning_rate,
        "recipe": asdict(plan.recipe),  # whatever later versions call a preset
        "data": data.name,
        "training_samples": len(data.training_labels),
        "validation_accuracy": fitted.history[chosen - 1].get("validation_accuracy"),
        "test_samples": results.samples,
        "test_errors": results.errors,
        "test_accuracy": results.accuracy,
        "seconds": round(sum(figures["seconds"] for figures in fitted.history), 1),
        "command": plan.command,
        "exports": list(plan.exports),
        "versions": _versions(),
    }


def _versions() -> Mapping[str, str]:
    return {
        "python": platform.python_version(),
        **framework_versions(),
        "numpy": np.__version__,
    }


def _classes(fitted: Fitted) -> tuple[str, ...]:
    """What the model's answers mean."""
    return (*DIGIT_CLASSES, NOT_A_DIGIT)[: fitted.model.output_shape[-1]]


def _write_arrays(folder: Path, plan: Plan, data: DataSet) -> tuple[str, ...]:
    """What conversion calibrates with and chooses by, what is reported on, and what travels with a bundle; the names.

    Without a validation part there is nothing to choose by.
    """
    learning, validation = data.split(plan.recipe.validation_share)
    images, labels = pick_per_class(*learning, CALIBRATION_PER_CLASS, plan.recipe.seed)
    chosen_by, reported_on = hold_back(data, plan.recipe)
    arrays = {
        "calibration": {"images": images, "labels": labels},
        "validation": _with_background(validation, chosen_by),
        "background": {"images": reported_on.images, "kinds": reported_on.kinds, "names": np.array(KINDS)},
        "holdout": {"images": data.test_images, "labels": data.test_labels},
        "drawn": draw_samples(),
    }
    written = tuple(name for name in ARRAYS if name != "validation" or len(validation[1]))
    for name in written:
        write_npz(folder / f"{name}.npz", arrays[name])
    return written


def _with_background(digits: Labelled, background: Background) -> dict[str, NDArray[np.uint8]]:
    """Digits with their labels, then what is no digit with the label 10."""
    images, labels = digits
    none = np.full(len(background.images), DIGITS, np.uint8)
    return {"images": np.concatenate([images, background.images]), "labels": np.concatenate([labels, none])}


def _write_figures(folder: Path, fitted: Fitted, data: DataSet, results: Results) -> None:
    """The course of the training and the mistakes on the test part, as JSON and as pictures."""
    chosen, wrong = fitted.epoch, results.wrong
    write_json(folder / "history.json", {"chosen_epoch": chosen, "epochs": fitted.history})
    write_json(
        folder / "confusion.json", {"rows": "labels", "columns": "answers", "counts": results.confusion().tolist()}
    )
    save_figure(draw_history(fitted.history, chosen), folder / "history.png")
    save_figure(draw_confusion(results.confusion()), folder / "confusion.png")
    shown = data.training_images[:SAMPLES_SHOWN]
    captions = [str(label) for label in data.training_labels[:SAMPLES_SHOWN]]
    save_figure(draw_sheet(shown, captions, f"training images and their labels ({data.name})"), folder / "samples.png")
    sure = results.answers[wrong].max(axis=1)
    sheet = draw_wrong(data.test_images[wrong], data.test_labels[wrong], results.digits[wrong], sure)
    save_figure(sheet, folder / "wrong.png")
