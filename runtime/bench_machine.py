"""What a measurement was made on."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from runtime import backends


def describe_machine(engines: Iterable[str]) -> dict[str, Any]:
    """Processor, cores that this process may use, system, and the versions that answer for the speed."""
    return {
        "processor": processor(),
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cv2": cv2.__version__,
        "engines": {engine: backends.version(engine) for engine in engines},
    }


def processor() -> str:
    """The board's name on small computers, else the processor's, else the architecture."""
    board = _read(Path("/proc/device-tree/model")).strip("\0 \n")
    if board:
        return board
    names = [line for line in _read(Path("/proc/cpuinfo")).splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
