"""Where `digits` is asked: a Python of this machine, or one inside a root under an emulator."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arm.stand_ins import PROJECT, StandIn
from runtime.errors import DigitsError

LONGEST = 1800  # seconds; emulated, nothing takes a fifth of this
INSIDE = "/work"


@dataclass(frozen=True, slots=True)
class Place:
    """How to start Python somewhere, and which folder it works in."""

    python: tuple[str, ...]  # words before those for Python
    environment: dict[str, str]
    folder: Path  # as seen from here
    seen_as: str  # as seen from inside

    def path(self, name: str) -> str:
        """A file of the folder, as a program that runs there calls it."""
        return f"{self.seen_as}/{name}"

    def ask(self, *words: str) -> str:
        """Run Python with these words and give what it prints; DigitsError where it fails.

        Exit code 1 with something printed is an answer too: that of `digits verify` about a file that fails.
        """
        command = [*self.python, *words]
        done = subprocess.run(
            command, capture_output=True, env=self.environment, cwd=self.folder, timeout=LONGEST, check=False
        )
        if done.returncode not in (0, 1) or (done.returncode == 1 and not done.stdout):
            last = " ".join(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
            raise DigitsError(f"{' '.join(words[:4])} ended with code {done.returncode}: {last}")
        return done.stdout.decode()

    def ask_json(self, *words: str) -> dict[str, Any]:
        """As `ask`, for what prints one JSON document."""
        printed = self.ask(*words)
        try:
            return dict(json.loads(printed))
        except ValueError as error:
            raise DigitsError(f"{' '.join(words[:4])} printed no JSON: {printed[:80]!r}") from error


def here(environment: Path, folder: Path) -> Place:
    """A virtual environment of this machine; only golden samples are at hand in it, as inside a root."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    home = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    settings = {"PYTHONPATH": str(PROJECT), "OPENBLAS_NUM_THREADS": "1", **home}
    return Place((str(environment / "bin/python"),), kept | settings, folder, str(folder))


def inside(stand_in: StandIn, root: Path, packages: tuple[Path, ...]) -> Place:
    """A root, entered with its emulator by name, so that nothing need be registered with the kernel."""
    libraries = f"/usr/lib/{stand_in.architecture.libraries}"
    settings = {
        "PYTHONPATH": ":".join(f"/{path.relative_to(root)}" for path in packages),
        "LD_LIBRARY_PATH": f"{libraries}/blas:{libraries}/lapack",  # which Debian links only when it sets packages up
        "HOME": INSIDE,
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
    }
    given = [word for name, value in settings.items() for word in ("-E", f"{name}={value}")]
    emulator = (f"/usr/bin/{stand_in.architecture.emulator}", "-cpu", stand_in.processor.emulated)
    python = ("chroot", str(root), *emulator, *given, "/usr/bin/python3")
    return Place(python, {"PATH": os.environ["PATH"]}, root / "work", INSIDE)
