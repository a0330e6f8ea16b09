"""TensorFlow and Keras: loaded late because they take seconds, quiet, and repeatable."""

import importlib
import os

from runtime.hush import hushed

PACKAGES = ("tensorflow", "keras")


def load_framework() -> None:
    """Import Keras on TensorFlow without its start-up chatter; ModuleNotFoundError where one is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow's library is loaded
    # Networks of this size learn no faster on two processors (the smallest more slowly), sums that are not split among
    # processors are the same on machines with any number of them, and the others prepare the next epoch.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for package in PACKAGES:
        with hushed():  # TensorFlow greets before it reads its log level
            importlib.import_module(package)


def seed_everything(seed: int) -> None:
    """Make the next model that is built and trained the same in every process on this machine."""
    import keras  # noqa: PLC0415 - this module must load without it
    import tensorflow  # noqa: PLC0415

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
