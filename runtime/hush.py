"""Quiet while libraries work: engines and decoders write notes for their own authors straight to the terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

STANDARD_ERROR = 2


@contextmanager
def hushed() -> Iterator[None]:
    """Drop what is written to the process's standard error inside the block, also from C++.

    An engine's failures still arrive as exceptions. Another thread's messages of these milliseconds are lost too.
    """
    try:
        before = os.dup(STANDARD_ERROR)
    except OSError:  # a service without a standard error has nothing to hush
        yield
        return
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), STANDARD_ERROR)
        yield
    finally:
        os.dup2(before, STANDARD_ERROR)
        os.close(before)
