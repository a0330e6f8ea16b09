"""One training from the command to the run folder."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from runtime.errors import UsageError
from runtime.manifest import Manifest
from runtime.terminal import talk
from train.checkpoint import checkpoint_path, fits
from train.data_set import DataSet
from train.fit import fit
from train.framework import TENSORFLOW, arithmetic, backend_name
from train.framework import VARIABLE as BACKEND
from train.material import gather
from train.mnist import VARIABLE
from train.place import check_place
from train.run_folder import Plan, write_run
from train.sources import AUTO, MNIST, SYNTHETIC, load_data
from train.teacher import load_teacher
from train.zoo import choose_recipe, find
from train.zoo.recipe import Architecture, Recipe


@dataclass(frozen=True, slots=True)
class Order:
    """What to train, and how it differs from the model's preset."""

    model: str
    preset: str | None = None  # None: the model's default
    changes: Mapping[str, Any] = field(default_factory=dict)  # values that take the place of the preset's
    data: str | None = None  # as `load_data` takes it
    limit: int | None = None  # learn from that many training images alone
    exports: tuple[str, ...] = ()  # further formats, names of `run_folder.EXPORTS`
    teachers: tuple[Path, ...] = ()  # bundles or converted runs whose answers are learnt

    def command(self, preset: str, data: str) -> str:
        """The command that trains the same again with `preset` on the data set called `data`."""
        words = ["digits", "train", "--model", self.model, "--preset", preset]
        for name, value in self.changes.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        if data == SYNTHETIC:
            words += ["--data", SYNTHETIC]
        elif data != MNIST:  # a folder, asked for here or, as the cache holds MNIST alone, by the environment
            words += ["--data", os.environ[VARIABLE] if self.data in (None, AUTO) else str(self.data)]
        if self.limit is not None:
            words += ["--limit", str(self.limit)]
        if self.teachers:
            words += ["--teacher", *map(str, self.teachers)]
        return shlex.join(words)


def train(folder: Path, order: Order, *, resume: bool = False, overwrite: bool = False) -> Manifest:
    """Train into the run folder `folder` and give its manifest.

    An unfinished training is gone on with (`resume`), begun anew (`overwrite`), or gone on with if it fits (both); a
    finished one is replaced with `overwrite`. Raises UsageError where neither was asked for.
    """
    folder = folder.absolute()
    architecture = find(order.model)
    preset, recipe = choose_recipe(architecture, order.preset)
    recipe = replace(recipe, **order.changes)
    _check_teaching(recipe, order)
    _check_exports(order)
    check_place(folder, resume=resume, overwrite=overwrite)
    checkpoint = checkpoint_path(folder)
    digits = load_data(order.data).limited(order.limit)
    teacher = load_teacher(order.teachers, recipe.classes) if order.teachers else None
    settings = {"model": order.model, **asdict(recipe), "data": digits.fingerprint(), **_build(architecture, recipe)}
    settings["teachers"] = ",".join(teacher.fingerprints) if teacher else ""
    _settle_checkpoint(checkpoint, settings, resume=resume, overwrite=overwrite)
    _announce(order.model, preset, digits)
    material = replace(gather(digits, recipe), teach=teacher.answer if teacher else None)
    fitted = fit(architecture, recipe, material, checkpoint, settings)
    command = order.command(preset, digits.name)
    plan = Plan(folder.name, order.model, preset, recipe, command, order.exports)
    written = write_run(folder, plan, fitted, digits)
    checkpoint.unlink(missing_ok=True)
    return written


def _check_teaching(recipe: Recipe, order: Order) -> None:
    """UsageError where only one of a teacher and its share was given."""
    if bool(order.teachers) != bool(recipe.distillation):
        raise UsageError(
            "distillation needs a teacher, and a teacher a share: give --teacher BUNDLE and --distillation .5"
        )


def _check_exports(order: Order) -> None:
    """UsageError where a format was asked for that only TensorFlow writes."""
    if "saved_model" in order.exports and backend_name() != TENSORFLOW:
        raise UsageError(f"--export saved_model is TensorFlow's own format; train without {BACKEND}={backend_name()}")


def _settle_checkpoint(checkpoint: Path, settings: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Delete a checkpoint that is not to be gone on with."""
    if overwrite and checkpoint.exists() and not (resume and fits(checkpoint, settings)):
        checkpoint.unlink()


def _build(architecture: Architecture, recipe: Recipe) -> dict[str, str]:
    """What else a checkpoint's arrays depend on, and another version of ours or of Keras may change."""
    shapes = [tuple(variable.shape) for variable in architecture.build(recipe.classes).variables]
    return {"network": sha256(repr(shapes).encode()).hexdigest()[:12], "keras": arithmetic()}


def _announce(model: str, preset: str, digits: DataSet) -> None:
    training, test = len(digits.training_labels), len(digits.test_labels)
    talk().print(f"training {model} ({preset}) on {digits.name}: {training:,} images, {test:,} to test", markup=False)
