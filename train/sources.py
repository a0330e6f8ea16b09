"""Where digits for training come from: MNIST, another folder of IDX files, or our own handwriting generator."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError
from runtime.idx import Labelled, read_test_set, read_training_set
from runtime.records import GLYPH_SIDE
from runtime.terminal import progress_bar, talk
from train.background import draw_background
from train.data_set import DataSet
from train.handwriting.dataset import draw_digits, draw_european
from train.mnist import find_mnist, is_mnist

MNIST = "mnist"
SYNTHETIC = "synthetic"
AUTO = "auto"
TRAINING_COUNT = 20_000  # a third of MNIST: drawn in seconds, and enough for every model of the zoo
TEST_COUNT = 5_000
TRAINING_SEED, TEST_SEED = 1, 2
CUT_FROM = 4_000  # digits of which pieces are cut; every process gets a copy of them
PART = 500  # digits that a process draws at a time


def load_data(choice: str | None) -> DataSet:
    """The data set that `choice` names.

    "synthetic" is drawn, None is MNIST wherever it is found, "auto" the same but drawn, and loudly so, where MNIST
    cannot be had; anything else is a folder of IDX files. Raises InputError where the data are missing or damaged.
    """
    if choice == SYNTHETIC:
        return draw_data_set(TRAINING_COUNT, TEST_COUNT)
    try:
        folder = find_mnist(None if choice in (None, AUTO) else Path(choice))
    except InputError as error:
        if choice != AUTO:
            raise
        talk().print(f"NOT MNIST: training on drawn digits, because {error}", style="bold red", soft_wrap=True)
        return draw_data_set(TRAINING_COUNT, TEST_COUNT)
    name = MNIST if is_mnist(folder) else _foreign_name(folder)
    return DataSet(name, *read_training_set(folder), *read_test_set(folder))


def _foreign_name(folder: Path) -> str:
    """What to call the digits of a folder that holds others than MNIST, whatever the folder is called."""
    name = folder.resolve().name
    return f"another {name}" if name in (MNIST, SYNTHETIC) else name


def draw_data_set(training_count: int, test_count: int) -> DataSet:
    """Draw a data set; the same counts always give the same images."""
    training = _draw("drawing training digits", training_count, TRAINING_SEED)
    return DataSet(SYNTHETIC, *training, *_draw("drawing test digits", test_count, TEST_SEED))


def draw_european_digits(count: int, seed: int) -> Labelled:
    """Draw `count` digits in the styles that MNIST lacks."""
    return _draw_in_parts("drawing European digits", draw_european, count, seed)


def draw_background_images(
    count: int, seed: int, digits: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw `count` images of what is no digit, some of them cut from `digits` (N, 28, 28), and their kinds."""
    chosen = digits[:: max(1, len(digits) // CUT_FROM)]
    return _draw_in_parts("drawing what is no digit", partial(_draw_background_part, chosen), count, seed)


def _draw_background_part(
    digits: NDArray[np.uint8], count: int, seed: int, start: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return draw_background(count, seed, digits, start)


def _draw(title: str, count: int, seed: int) -> Labelled:
    return _draw_in_parts(title, draw_digits, count, seed)


def _draw_in_parts(title: str, draw: Callable[[int, int, int], Labelled], count: int, seed: int) -> Labelled:
    """Draw `count` images in parts, in as many processes as there are processors."""
    if not count:
        return np.empty((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8), np.empty(0, np.uint8)
    # Read by the processes when they start: threads of many small products of matrices only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    starts = range(0, count, PART)
    counts = [min(PART, count - start) for start in starts]
    with progress_bar() as bar, ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        task = bar.add_task(title, total=len(starts))
        parts = []
        for part in pool.map(draw, counts, [seed] * len(counts), starts):
            parts.append(part)
            bar.advance(task)
    images, labels = zip(*parts, strict=True)
    return np.concatenate(images), np.concatenate(labels)
