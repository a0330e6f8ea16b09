"""One start, measured from inside: a fresh process opens a bundle, reads one picture and says what that took."""

import json
import resource
import sys
import time
from pathlib import Path

from runtime.pictures import load_picture
from runtime.reader import open_reader


def main(bundle: str, engine: str, file: str, threads: str, picture: str) -> None:
    """Print one line of JSON as soon as the first reading is there."""
    reading = open_reader(Path(bundle), engine, file, int(threads)).read(load_picture(Path(picture)))
    answered = time.monotonic()  # one clock for all processes of a machine
    spent = {
        "answered": answered,
        "cpu_microseconds": time.process_time() * 1e6,
        "peak_bytes": peak_bytes(),
        "text": reading.text,
    }
    sys.stdout.write(json.dumps(spent) + "\n")


def peak_bytes() -> int:
    """The most memory that this process has held since it started.

    Linux counts in getrusage's figure also what the parent held when it forked, so its own account goes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
