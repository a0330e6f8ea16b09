"""What goes into every engine and what comes out: images checked, cut into batches, answers made probabilities."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from runtime.errors import ModelError
from runtime.records import DIGITS, GLYPH_SIDE, Images, Probabilities

BATCH = 64  # images given to an engine at once; keeps memory small on a small computer
CLASSES = (DIGITS, DIGITS + 1)
SUM_TOLERANCE = 0.05  # eleven classes, each rounded by at most half of 1/256, are off by 0.022 at most

Run = Callable[[Images], NDArray[np.float32]]
"""One call of an engine: float32 (N, 28, 28, 1) in, float32 (N, K) out."""


def answer_in_batches(images: Images, run: Run, classes: int, path: str, fixed: int | None = None) -> Probabilities:
    """Ask `run` for all `images` in parts of at most BATCH, or of exactly `fixed` with empty images added to the last.

    Gives float32 (N, `classes`), each row summing to 1. Raises ValueError and ModelError as `Backend.predict` says.
    """
    check_images(images)
    size = fixed or BATCH
    if len(images) <= size and not fixed:
        return as_probabilities(run(images), len(images), classes, path) if len(images) else _nothing(classes)
    parts = [_ask(images[start : start + size], run, fixed) for start in range(0, len(images), size)]
    return as_probabilities(np.concatenate(parts), len(images), classes, path) if parts else _nothing(classes)


def check_images(images: Images) -> None:
    """Raise ValueError unless `images` is float32 (N, 28, 28, 1)."""
    if images.dtype != np.float32 or images.ndim != 4 or images.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE, 1):
        raise ValueError(f"images: expected float32 (N, 28, 28, 1), got {images.dtype} {images.shape}")


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
    if not worst <= SUM_TOLERANCE or not raw.min() >= 0:  # so written, NaN is refused too
        raise ModelError(
            f"{path}: its answers are no probabilities (sums {float(sums.min()):.3g} to {float(sums.max()):.3g},"
            f" lowest value {float(raw.min()):.3g}); convert it anew"
        )
    return np.asarray(raw / sums, np.float32)


def check_shapes(taken: tuple[object, ...], given: tuple[object, ...], path: str) -> int:
    """The number of classes of a file that declares the input `taken` and the output `given`, batch first.

    Raises ModelError where it is no classifier of (28, 28, 1) images into 10 or 11 classes.
    """
    classes = given[1] if len(given) == 2 else None
    if tuple(taken[1:]) == (GLYPH_SIDE, GLYPH_SIDE, 1) and isinstance(classes, int) and classes in CLASSES:
        return classes
    raise ModelError(
        f"{path}: expected input (N, 28, 28, 1) and output (N, 10) or (N, 11), got {tuple(taken)} and {tuple(given)}"
    )


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
