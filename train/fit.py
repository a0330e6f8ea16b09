"""Fits a model of the zoo to data, one checkpoint an epoch, the same in every process that is given the same recipe."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from runtime.errors import DigitsError
from runtime.idx import Labelled
from runtime.preprocess import to_input
from runtime.records import DIGITS, Probabilities
from runtime.terminal import progress_bar, talk
from train.augment import augment
from train.checkpoint import Arrays, Checkpoint, Epoch, load_checkpoint, save_checkpoint
from train.framework import JAX, backend_name, seed_everything
from train.material import Material, Teach
from train.zoo.recipe import Architecture, Recipe

PREDICTION_BATCH = 1000


class Diverged(DigitsError):
    """The loss is no number any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A finished training."""

    model: keras.Sequential  # not compiled; its answers sum to 1
    history: tuple[Epoch, ...]
    epoch: int  # whose weights the model has, from 1


def fit(
    architecture: Architecture,
    recipe: Recipe,
    material: Material,
    checkpoint: Path,
    settings: Mapping[str, Any],
) -> Fitted:
    """Train `architecture` on `material`, and give the epoch that `best_epoch` names.

    After each epoch the state is written to `checkpoint`. If the file exists, the training goes on from there, to
    bit-identical weights; UsageError where it was begun with other `settings`.
    """
    seed_everything(recipe.seed)
    model = compile_model(architecture, recipe, steps_of_epochs(material, recipe))
    progress = load_checkpoint(checkpoint, settings) if checkpoint.exists() else None
    if progress is None:
        progress = Checkpoint(dict(settings), (), (), ())
    else:
        _restore(model, progress.state)
        talk().print(f"going on after epoch {progress.epochs} of {recipe.epochs}")
    began = time.perf_counter()
    for ready in _epochs_ahead(material, recipe, progress.epochs):
        figures = _train_epoch(model, ready, recipe, progress.epochs, material.teach) | _validate(
            model, material.validation
        )
        figures["seconds"] = round(time.perf_counter() - began, 2)
        began = time.perf_counter()
        progress = _advance(progress, model, figures, recipe)
        save_checkpoint(checkpoint, progress)
        _report(figures, recipe.epochs)
    model.set_weights(progress.best)
    return Fitted(_as_shipped(model), progress.history, best_epoch(progress.history, recipe))


def compile_model(architecture: Architecture, recipe: Recipe, steps: Sequence[int]) -> keras.Sequential:
    """A fresh model with the recipe's loss and optimiser, for epochs of so many batches."""
    model: keras.Sequential = architecture.build(recipe.classes)
    loss = _loss(recipe)
    accuracy = "sparse_categorical_accuracy" if _is_sparse(recipe) else "categorical_accuracy"
    # With TensorFlow XLA was never faster for these networks on a processor, and it costs seconds at the start; JAX
    # would run one operation after the other without it.
    model.compile(_optimiser(recipe, steps), loss, metrics=[accuracy], jit_compile=backend_name() == JAX)
    model.optimizer.build(model.trainable_variables)
    return model


def steps_of_epochs(material: Material, recipe: Recipe) -> list[int]:
    """How many batches each epoch has; its last one may be smaller."""
    sizes = [material.epoch_size(recipe.mixed_in(epoch)) for epoch in range(recipe.epochs)]
    return [math.ceil(size / recipe.batch_size) for size in sizes]


def predict(model: keras.Sequential, images: NDArray[np.uint8]) -> Probabilities:
    """The model's answers float32 (N, K) to uint8 images (N, 28, 28)."""
    starts = range(0, len(images), PREDICTION_BATCH)
    answers = [model.predict_on_batch(to_input(images[start : start + PREDICTION_BATCH])) for start in starts]
    return np.concatenate(answers) if answers else np.empty((0, model.output_shape[-1]), np.float32)


def _is_sparse(recipe: Recipe) -> bool:
    return recipe.loss == "sparse_categorical_crossentropy"


def _loss(recipe: Recipe) -> keras.losses.Loss:
    if recipe.loss == "sparse_categorical_crossentropy":
        return keras.losses.SparseCategoricalCrossentropy()
    if recipe.loss == "binary_crossentropy":
        return keras.losses.BinaryCrossentropy(label_smoothing=recipe.label_smoothing)
    return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)


def _optimiser(recipe: Recipe, steps: Sequence[int]) -> keras.optimizers.Optimizer:
    """Adam or SGD with Nesterov momentum; Keras' weight decay is decoupled from the gradient and scaled by the rate."""
    rate = _rate(recipe, steps)
    decay = recipe.weight_decay or None
    if recipe.optimiser == "adam":
        optimiser = keras.optimizers.Adam(rate, weight_decay=decay)
    else:
        optimiser = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay)
    if decay:
        optimiser.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimiser


def _rate(recipe: Recipe, steps: Sequence[int]) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate, or its course over the training's steps."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warm_up = round(recipe.warm_up_epochs * steps[0])
    falling = max(1, sum(steps) - warm_up)
    if not warm_up:
        return keras.optimizers.schedules.CosineDecay(recipe.learning_rate, falling)
    return keras.optimizers.schedules.CosineDecay(
        0.0, falling, warmup_target=recipe.learning_rate, warmup_steps=warm_up
    )


def _epochs_ahead(material: Material, recipe: Recipe, first: int) -> Iterator[Labelled]:
    """The images of every epoch from `first` on, the next one's prepared in a thread while this one's are learnt."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(prepare_epoch, material, recipe, first)
        for epoch in range(first, recipe.epochs):
            ready = coming.result()
            if epoch + 1 < recipe.epochs:
                coming = pool.submit(prepare_epoch, material, recipe, epoch + 1)
            yield ready


def prepare_epoch(material: Material, recipe: Recipe, epoch: int) -> Labelled:
    """The images of one epoch in its own order and variation, which depend on the seed and on `epoch` alone."""
    rng = np.random.Generator(np.random.Philox(key=[recipe.seed, epoch]))
    images, labels = material.mix(rng, recipe.mixed_in(epoch))
    strength = recipe.augmentation / (3 if epoch >= recipe.epochs - recipe.gentle_epochs else 1)
    return (augment(images, rng, strength) if strength else images), labels


def _train_epoch(model: keras.Sequential, ready: Labelled, recipe: Recipe, epoch: int, teach: Teach | None) -> Epoch:
    """Learn every batch once; gives the epoch's number, mean loss and accuracy on the images as they were met."""
    images, labels = ready
    targets = labels if _is_sparse(recipe) else np.eye(recipe.classes, dtype=np.float32)[labels]
    figures = np.zeros(2)
    with progress_bar() as bar:
        task = bar.add_task(f"epoch {epoch + 1}/{recipe.epochs}", total=len(labels))
        for start in range(0, len(labels), recipe.batch_size):
            batch = slice(start, start + recipe.batch_size)
            inputs = to_input(images[batch])
            wanted = _blend(targets[batch], teach(inputs), recipe) if teach else targets[batch]
            figures += len(inputs) * np.array(model.train_on_batch(inputs, wanted))
            bar.advance(task, len(inputs))
    loss, accuracy = figures / len(labels)
    if not math.isfinite(loss):
        raise Diverged(f"the training diverged in epoch {epoch + 1} (loss {loss}); try a lower --learning-rate")
    return {"epoch": epoch + 1, "loss": float(loss), "accuracy": float(accuracy)}


def _blend(targets: NDArray[Any], answers: Probabilities, recipe: Recipe) -> NDArray[np.float32]:
    """Labels and a teacher's answers in one: cross-entropy is linear in what it compares with."""
    share = np.float32(recipe.distillation)
    return np.asarray((1 - share) * targets + share * answers, np.float32)


def _validate(model: keras.Sequential, validation: Labelled) -> Epoch:
    """Cross-entropy on the digits held back, and accuracy among the ten digits; nothing where none are."""
    images, labels = validation
    if not len(labels):
        return {}
    answers = predict(model, images)
    of_truth = answers[np.arange(len(labels)), labels] / answers.sum(axis=1)
    loss = -np.log(np.maximum(of_truth, 1e-7)).mean()
    return {
        "validation_loss": float(loss),
        "validation_accuracy": float((answers[:, :DIGITS].argmax(axis=1) == labels).mean()),
    }


def _advance(progress: Checkpoint, model: keras.Sequential, figures: Epoch, recipe: Recipe) -> Checkpoint:
    """The checkpoint after one more epoch."""
    history = (*progress.history, figures)
    best = tuple(model.get_weights()) if best_epoch(history, recipe) == len(history) else progress.best
    return Checkpoint(progress.settings, history, _state(model), best)


def best_epoch(history: tuple[Epoch, ...], recipe: Recipe) -> int:
    """The number of the epoch that ships: the most accurate on the validation part, the later of equals.

    Without a validation part it is the last one, and also where the rate has fallen to nothing: what still differs
    between the last epochs is chance, and to choose by it would only flatter the validation part.
    """
    if recipe.schedule == "cosine":
        return len(history)
    scores = [figures.get("validation_accuracy", 0.0) for figures in history]
    return max(range(1, len(scores) + 1), key=lambda epoch: (scores[epoch - 1], epoch))


def _state(model: keras.Sequential) -> Arrays:
    """Every variable of the model, dropout's random state among them, and of the optimiser."""
    variables = (*model.variables, *model.optimizer.variables)
    return tuple(keras.ops.convert_to_numpy(variable.value) for variable in variables)


def _restore(model: keras.Sequential, state: Arrays) -> None:
    for variable, value in zip((*model.variables, *model.optimizer.variables), state, strict=True):
        variable.assign(value)


def _as_shipped(model: keras.Sequential) -> keras.Sequential:
    """A copy without the optimiser whose answers sum to 1.

    Independent sigmoids become a softmax over the same weights: given that exactly one digit is true, their
    probabilities are the normalised odds p / (1 - p), and that is the softmax. The order of the digits stays.
    """
    config = model.get_config()
    last = config["layers"][-1]["config"]
    last["activation"] = "softmax" if last["activation"] == "sigmoid" else last["activation"]
    shipped = keras.Sequential.from_config(config)
    shipped.set_weights(model.get_weights())
    return shipped


def _report(figures: Epoch, epochs: int) -> None:
    """One line for an epoch."""
    words = f"epoch {figures['epoch']:.0f}/{epochs}  loss {figures['loss']:.4f}  accuracy {figures['accuracy']:.2%}"
    if "validation_accuracy" in figures:
        words += f"  validation {figures['validation_accuracy']:.2%}"
    talk().print(f"{words}  {figures['seconds']:.0f} s")
