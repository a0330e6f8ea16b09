"""A model from elsewhere becomes a run: loaded safely, examined, given a run's ends, and written with its pictures."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from convert.adopt.ends import check_ends, feed, put_ends, read_answers
from convert.adopt.input_range import find_range
from convert.adopt.kind import Kind, examine
from convert.adopt.material import Material, read_material
from convert.adopt.order import Order, Range
from convert.adopt.run_folder import check_free, describe, write_run
from convert.keras_model import BATCH, answer, load_safely
from convert.quiet import quiet
from runtime.errors import InputError, ModelError
from runtime.manifest import Manifest
from runtime.records import Probabilities

Announce = Callable[[str, float], None]
"""Called with what is being done now and how many of `count_steps` steps are done."""

AGREED = 1e-4  # of an answer; float32 in another order
MODEL_LIMIT = 2**29  # bytes of a `.keras` file; 50 million weights have 200 million


@dataclass(frozen=True, slots=True, eq=False)
class Adopted:
    """A model with a run's ends, and what was found out about it."""

    model: keras.Model
    kind: Kind
    taken: Range
    reason: str  # for `taken`


def count_steps(_: Order) -> int:
    """How many steps `adopt` takes."""
    return 3


def adopt(order: Order, announce: Announce) -> Manifest:
    """Write the run that the order asks for, and give its manifest; an equal run that stands there is written anew.

    Raises ModelError where the model is damaged, unsafe or of a kind that is not converted, InputError where the
    pictures do not fit it, and UsageError where the order leaves open what neither tells, or the folder holds something
    else.
    """
    announce("reading the pictures", 0)
    sha256 = _hash(order.model)
    material = read_material(order.data)
    origin = {
        "source": order.model.name,
        "source_sha256": sha256,
        "data": material.source,
        "data_sha256": material.sha256,
    }
    check_free(order.run, origin)
    announce("examining the model", 1)
    with quiet():
        adopted = _give_ends(order, load_safely(order.model), material)
    kind = adopted.kind
    found = {"ending": kind.ending.value, "input_range": str(adopted.taken), "input_range_reason": adopted.reason}
    described = describe(order, {**origin, "model": adopted.model.name, **found}, kind.classes, material)
    announce("writing the run", 2)
    write_run(order.run, adopted.model, material, described)
    return described


def _give_ends(order: Order, model: keras.Model, material: Material) -> Adopted:
    """The model with a run's ends, which are proven on the golden pictures."""
    kind = examine(model, order.model, material.shape)
    if material.highest_label >= kind.classes:
        highest = material.highest_label
        raise InputError(
            f"{order.data}: labels up to {highest}, but {order.model} knows {kind.classes} classes, from 0"
        )

    def ask(images: NDArray[np.uint8], taken: Range) -> Probabilities:
        return read_answers(_ask(model, feed(images, kind, taken)), kind.ending)

    found = (order.taken, "asked for") if order.taken else find_range(model, ask, material.shown, order.model)
    images = material.golden[0]
    own = partial(_ask, model, feed(images, kind, found[0]))
    before = own()
    ended = put_ends(model, kind, found[0], material.shape)
    off = check_ends(before, own(), answer(ended, images), kind.ending)
    if not off <= AGREED:  # so written, what is not a number is refused too
        raise ModelError(f"{order.model}: with a run's ends its answers change by {off:.2g}; it cannot be converted")
    return Adopted(ended, kind, *found)


def _ask(model: keras.Model, fed: NDArray[np.float32]) -> NDArray[np.float32]:
    """The model's own answers, (N, outputs)."""
    parts = [model(fed[start : start + BATCH], training=False) for start in range(0, len(fed), BATCH)]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def _hash(path: Path) -> str:
    """The sha256 of a model's file; ModelError where it cannot be read."""
    try:
        if path.stat().st_size > MODEL_LIMIT:
            raise ModelError(f"{path}: {path.stat().st_size:,} bytes; models of at most {MODEL_LIMIT:,} are converted")
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); name a .keras file") from error
