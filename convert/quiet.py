"""TensorFlow's and tf2onnx's chatter, kept from the terminal while they work."""

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2


def prepare_environment() -> None:
    """Ask Keras for its TensorFlow backend and TensorFlow for quiet; call it before either is imported."""
    os.environ["KERAS_BACKEND"] = "tensorflow"  # the converters read TensorFlow graphs only
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # no conversion is large enough for a GPU


@contextmanager
def quiet() -> Iterator[None]:
    """Swallow what libraries print, log or warn inside the block, also from C++; our own talk still arrives.

    Their C++ parts write straight to the file descriptors, so those are turned to a scratch file, while `sys.stderr`,
    which our consoles use, keeps writing to the terminal.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    level = logging.root.manager.disable
    with (
        tempfile.TemporaryFile() as scratch,
        _turned(STANDARD_OUTPUT, scratch.fileno()),
        _turned(STANDARD_ERROR, scratch.fileno()) as terminal,
        _talking_to(terminal),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(level)


@contextmanager
def _turned(descriptor: int, target: int) -> Iterator[int]:
    """Let `descriptor` write to `target` inside the block; yields a copy of where it wrote before."""
    before = os.dup(descriptor)
    os.dup2(target, descriptor)
    try:
        yield before
    finally:
        os.dup2(before, descriptor)
        os.close(before)


@contextmanager
def _talking_to(terminal: int) -> Iterator[None]:
    """Let `sys.stderr` write to the descriptor `terminal` and drop what is printed to `sys.stdout`."""
    previous = sys.stderr
    with os.fdopen(os.dup(terminal), "w", encoding="utf-8") as talk, open(os.devnull, "w", encoding="utf-8") as nothing:
        sys.stderr = talk
        try:
            with redirect_stdout(nothing):
                yield
        finally:
            sys.stderr = previous
