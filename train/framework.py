"""TensorFlow and Keras: loaded late because they take seconds, quiet, and repeatable."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.errors import MissingDependency

PACKAGES = ("tensorflow", "keras")


def load_framework() -> None:
    """Import Keras on TensorFlow without its start-up chatter; MissingDependency where one is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow's library is loaded
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        for package in PACKAGES:
            with _silent_library():
                importlib.import_module(package)
    except ModuleNotFoundError as error:
        remedy = "install it with: pip install '.[train]'"
        raise MissingDependency(f"training needs the package {error.name!r}; {remedy}") from error


def seed_everything(seed: int) -> None:
    """Make the next model that is built and trained the same in every process on this machine."""
    import keras  # noqa: PLC0415 - this module must load without it
    import tensorflow  # noqa: PLC0415

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()


@contextmanager
def _silent_library() -> Iterator[None]:
    """Keep off the terminal what a C++ library writes past Python; TensorFlow greets before it reads its log level."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
