"""Engines tried in a process of their own first: one that crashes or hangs costs its own rows and not the table.

What takes a process down cannot be caught inside it: an engine built for a newer processor (SIGILL), a damaged file
that an interpreter trusts (SIGSEGV), a kernel that never returns.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from runtime.answer_sheet import open_golden
from runtime.backends.answers import BATCH
from runtime.bundle import find_file, open_bundle, open_file
from runtime.preprocess import to_input

SECONDS = 300  # for all pairs of one process together; a right engine needs milliseconds for each, if it is let
UNTRIED = "engines were not tried in a process of their own first, as none could be started"
DONE = re.compile(rb"^pairs done: (\d+)$", re.MULTILINE)

Pair = tuple[str, str]
"""A file's path in the manifest, and an engine's name."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying engines elsewhere has shown."""

    crashes: Mapping[Pair, str] = field(default_factory=dict)  # pairs at which a process died or hung, and how
    untried: str | None = None  # why some pairs, or all, could not be tried


def find_crashes(folder: Path, pairs: Sequence[Pair], seconds: float = SECONDS) -> Trial:
    """The pairs at which a fresh process died or hung, and how; what was found until then where none can be started.

    Whatever an engine raises is no crash: it can be met where it matters. A process costs some tenths of a second, and
    one serves for all pairs where none crashes.
    """
    found: dict[Pair, str] = {}
    waiting = list(pairs)
    while waiting:
        try:
            reached, end = _run(folder, waiting, seconds)
        except OSError as error:
            return Trial(found, f"{UNTRIED} ({error}): one that crashes ends the whole run, as with --no-probe")
        if reached is None or reached >= len(waiting):
            break
        found[waiting[reached]] = (
            f"{waiting[reached][1]} {end}; leave it out with --backends, or install another version"
        )
        waiting = waiting[reached + 1 :]
    return Trial(found)


def _run(folder: Path, pairs: Sequence[Pair], seconds: float) -> tuple[int | None, str]:
    """How many pairs a process was done with when it ended, and how it ended; None where it did not even begin."""
    words = [word for pair in pairs for word in pair]
    command = [sys.executable, "-P", "-m", "runtime.verifying.probe", str(folder), *words]
    try:
        result = subprocess.run(command, capture_output=True, timeout=seconds, env=_environment(), check=False)
        output, end = result.stdout, f"ends the process that opens or asks the file ({_tell_code(result.returncode)})"
    except subprocess.TimeoutExpired as error:
        output, end = error.stdout or b"", f"gave no answer within {seconds:g} seconds"
    numbers = DONE.findall(output)
    return (int(numbers[-1]) if numbers else None), end


def _environment() -> dict[str, str]:
    """Ours, with the folder where this very program lies: not that of a stranger's `runtime` in the working folder."""
    home = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), home]))}


def _tell_code(code: int) -> str:
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


def main(words: Sequence[str]) -> int:
    """Open and ask each pair in turn, and print how many are done; errors do not matter here."""
    bundle = open_bundle(Path(words[0]))
    images = to_input(open_golden(bundle)[0].images[: BATCH + 1])
    for done, (path, engine) in enumerate(zip(words[1::2], words[2::2], strict=True)):
        _tell_done(done)
        with suppress(Exception):
            open_file(bundle, find_file(bundle, path), engine).predict(images)
    _tell_done(len(words) // 2)
    return 0


def _tell_done(pairs: int) -> None:
    """On a line of its own, whatever an engine has printed before."""
    sys.stdout.write(f"\npairs done: {pairs}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
