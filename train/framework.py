"""Keras on TensorFlow, or on JAX where that is asked for: loaded late because it takes seconds, quiet, repeatable."""

import importlib
import logging
import os

from runtime.errors import MissingDependency, UsageError
from runtime.hush import hushed

TENSORFLOW, JAX = BACKENDS = ("tensorflow", "jax")
VARIABLE = "KERAS_BACKEND"


def load_framework() -> None:
    """Import Keras on the backend that KERAS_BACKEND names, TensorFlow if none, without its start-up chatter.

    Raises ModuleNotFoundError where Keras or TensorFlow is not installed, MissingDependency where JAX is not, and
    UsageError for any other backend.
    """
    backend = os.environ.setdefault(VARIABLE, TENSORFLOW) or TENSORFLOW
    if backend not in BACKENDS:
        raise UsageError(f"{VARIABLE}: expected {' or '.join(BACKENDS)}, got {backend!r}")
    os.environ[VARIABLE] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow's library is loaded
    # Networks of this size learn no faster on two processors (the smallest more slowly), sums that are not split among
    # processors are the same on machines with any number of them, and the others prepare the next epoch.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    try:
        for package in (backend, "keras"):
            with hushed():  # TensorFlow greets before it reads its log level
                importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != JAX:
            raise
        remedy = "install it with: pip install '.[jax]'"
        raise MissingDependency(f"{VARIABLE}={JAX} needs the package {JAX!r}; {remedy}") from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of every network that is built after the first


def seed_everything(seed: int) -> None:
    """Make the next model that is built and trained the same in every process on this machine."""
    import keras  # noqa: PLC0415 - this module must load without it

    keras.backend.clear_session()
    with hushed():  # on any backend it seeds TensorFlow too, if that is installed, and TensorFlow greets
        keras.utils.set_random_seed(seed)
    if backend_name() == TENSORFLOW:
        import tensorflow  # noqa: PLC0415

        tensorflow.config.experimental.enable_op_determinism()


def backend_name() -> str:
    """What Keras runs on in this process."""
    import keras  # noqa: PLC0415 - this module must load without it

    return str(keras.backend.backend())


def framework_versions() -> dict[str, str]:
    """Keras and what it runs on, with their versions."""
    return {name: str(importlib.import_module(name).__version__) for name in ("keras", backend_name())}


def arithmetic() -> str:
    """What the weights depend on beside the recipe: another one may round a sum another way."""
    others = "" if backend_name() == TENSORFLOW else f" on {backend_name()}"
    return f"{framework_versions()['keras']}{others}"
