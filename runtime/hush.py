"""Quiet while libraries work: engines and decoders write notes for their own authors straight to the terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STANDARD_ERROR = 2
MOST_HEARD = 4096  # bytes


@contextmanager
def hushed() -> Iterator[None]:
    """Drop what is written to the process's standard error inside the block, also from C++.

    An engine's failures still arrive as exceptions. Another thread's messages of these milliseconds are lost too.
    """
    with open(os.devnull, "wb") as nothing, _redirected(nothing.fileno()):
        yield


@contextmanager
def overheard() -> Iterator[list[str]]:
    """As `hushed`, but the first lines of what is written are in the list that is given, once the block has ended."""
    lines: list[str] = []
    ears, mouth = os.pipe()
    os.set_blocking(mouth, False)  # who writes more than a pipe holds is not kept waiting
    os.set_blocking(ears, False)
    try:
        with _redirected(mouth):
            yield lines
        with suppress(BlockingIOError):  # nothing was said
            lines += os.read(ears, MOST_HEARD).decode(errors="replace").splitlines()
    finally:
        os.close(ears)
        os.close(mouth)


@contextmanager
def _redirected(target: int) -> Iterator[None]:
    """Send the process's standard error to an open file inside the block."""
    try:
        before = os.dup(STANDARD_ERROR)
    except OSError:  # a service without a standard error has nothing to hush
        yield
        return
    try:
        os.dup2(target, STANDARD_ERROR)
        yield
    finally:
        os.dup2(before, STANDARD_ERROR)
        os.close(before)
