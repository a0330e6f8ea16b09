"""What goes into every engine and what comes out: images checked, cut into batches, answers made probabilities."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelError
from runtime.records import CHANNELS, FEWEST_CLASSES, MOST_CLASSES, SIDES, Images, Probabilities, Shape

BATCH = 64  # images given to an engine at once; keeps memory small on a small computer
SUM_TOLERANCE = 0.05  # eleven classes, each rounded by at most half of 1/256, are off by 0.022 at most
ROUNDED = 1 / 512  # of a probability, at most, in a whole-number file

Run = Callable[[Images], NDArray[np.float32]]
"""One call of an engine: float32 (N, H, W, C) in, float32 (N, K) out."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a classifier takes and gives."""

    shape: Shape  # of one image
    classes: int


def answer_in_batches(images: Images, run: Run, form: Form, path: str, fixed: int | None = None) -> Probabilities:
    """Ask `run` for all `images` in parts of at most BATCH, or of exactly `fixed` with empty images added to the last.

    Gives float32 (N, K), each row summing to 1. Raises ValueError and ModelError as `Backend.predict` says.
    """
    check_images(images, form.shape)
    classes = form.classes
    size = fixed or BATCH
    if len(images) <= size and not fixed:
        return as_probabilities(run(images), len(images), classes, path) if len(images) else _nothing(classes)
    parts = [_ask(images[start : start + size], run, fixed) for start in range(0, len(images), size)]
    return as_probabilities(np.concatenate(parts), len(images), classes, path) if parts else _nothing(classes)


def check_images(images: Images, shape: Shape) -> None:
    """Raise ValueError unless `images` is float32 (N, *shape)."""
    if images.dtype != np.float32 or images.ndim != 4 or images.shape[1:] != shape:
        expected = ", ".join(map(str, shape))
        raise ValueError(f"images: expected float32 (N, {expected}), got {images.dtype} {images.shape}")


def as_probabilities(raw: NDArray[np.float32], count: int, classes: int, path: str) -> Probabilities:
    """Scale each row of `raw`, (`count`, `classes`), to the sum 1.

    Whole-number files answer in steps of 1/256, so their rows miss 1 by a little; scaling keeps every order and ratio.
    Raises ModelError for another shape, for values below 0 or not finite, and for rows that miss 1 by more than
    rounding explains: the file ends without a softmax or its scale is wrong.
    """
    if raw.shape != (count, classes):
        raise ModelError(f"{path}: expected answers of shape {(count, classes)}, got {raw.shape}; convert it anew")
    sums = raw.sum(axis=1, keepdims=True)
    worst = float(np.abs(sums - 1).max())
    if not worst <= max(SUM_TOLERANCE, classes * ROUNDED) or not raw.min() >= 0:  # so written, NaN is refused too
        raise ModelError(
            f"{path}: its answers are no probabilities (sums {float(sums.min()):.3g} to {float(sums.max()):.3g},"
            f" lowest value {float(raw.min()):.3g}); convert it anew"
        )
    return np.asarray(raw / sums, np.float32)


def check_shapes(taken: tuple[object, ...], given: tuple[object, ...], path: str) -> Form:
    """The form of a file that declares the input `taken` and the output `given`, batch first.

    Raises ModelError where it is no classifier of small grey or coloured images. Whether it has the form that a
    bundle's manifest promises is for `runtime.bundle.open_file` to say.
    """
    lengths = [length for length in taken[1:] if isinstance(length, int)]
    classes = given[1] if len(given) == 2 else None
    if len(taken) == 4 and len(lengths) == 3 and isinstance(classes, int):
        form = Form((lengths[0], lengths[1], lengths[2]), classes)
        if is_possible(form):
            return form
    sides, most = f"{SIDES.start} to {SIDES.stop - 1} pixels a side", f"{FEWEST_CLASSES} to {MOST_CLASSES}"
    raise ModelError(
        f"{path}: expected input (N, height, width, channels), {sides} and 1 or 3 channels, and output (N, classes),"
        f" {most}; got {tuple(taken)} and {tuple(given)}"
    )


def is_possible(form: Form) -> bool:
    """Whether such a classifier is run at all: pictures of some dozen pixels a side, and no more than 100 classes."""
    height, width, channels = form.shape
    small = height in SIDES and width in SIDES and channels in CHANNELS
    return small and FEWEST_CLASSES <= form.classes <= MOST_CLASSES


def refusal(path: str, engine: str, error: Exception) -> ModelError:
    """The error for a file that an engine would not open or run, with the engine's own words in one line."""
    return ModelError(f"{path}: {engine} refuses it ({' '.join(str(error).split())}); convert it anew")


def _ask(images: Images, run: Run, fixed: int | None) -> NDArray[np.float32]:
    """One part's answers; a part that is smaller than a fixed batch is filled up with empty images."""
    missing = (fixed or len(images)) - len(images)
    filled = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.float32)]) if missing else images
    return run(filled)[: len(images)].copy()


def _nothing(classes: int) -> Probabilities:
    return np.zeros((0, classes), np.float32)
