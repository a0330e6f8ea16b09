"""How fast the engines, the segmentation, the whole reader and its start are on this machine.

What limits what, so that the figures can be read:

- *classify, batch 1*. A digit network of this size (some 100 kB of weights, a few million multiplications) stays in the
  second-level cache, so memory bandwidth plays no part. The floor is the call itself: Python, the engine's own
  dispatch and a copy in and out, 5–20 µs on a desktop and several times that on a Raspberry Pi. Below about a million
  multiplications that floor is most of the time, which is why int8 is not always faster than float32.
- *classify, batch 16*. The same call for sixteen digits: the overhead is shared and what remains is arithmetic. int8
  gains where the processor multiplies bytes (VNNI on x86, the dot product instructions of the Cortex-A76 in a Raspberry
  Pi 5, not the Cortex-A72 in a Pi 4). More threads seldom help a network that is finished in 50 µs.
- *segment*. Pixels decide, not digits: each pass streams the picture through memory, 0.3 MB at 640×480 and 0.9 MB at
  1280×720 per grey plane, so it grows with the picture and with memory bandwidth and gains from OpenCV's threads.
- *frame*. Segmentation, normalisation of each digit, one batch through the network, records. With a small network it is
  mostly segmentation.
- *start*. Loading OpenCV, numpy and the engine's shared libraries from disk, then the model: wall clock depends on the
  disk and its cache (the first start after booting is slower), CPU time does not. Peak memory is mostly those
  libraries.

Percentiles are of single calls; p95 and p99 show what else the machine does. Ratios travel to other machines of the
same kind, microseconds do not.

`ratio_to_engine` of a row is its p50 divided by the p50 of the reference engine for the same work (the same `what` and
`batch`); the reference is the engine and file that `digits read` would take with the same flags, so it stands at 1 and
a row at 2 takes twice as long. It is None where no engine takes part (segmentation).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

SCHEMA = "digits.bench/1"
BATCHES = (1, 16)
SIZES = ((640, 480), (1280, 720))  # width, height of the pages


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure one thing."""

    calls: int  # at most
    seconds: float  # from here on no further call, once there are a few
    starts: int  # fresh processes per engine


FULL = Effort(calls=2000, seconds=2.0, starts=5)
QUICK = Effort(calls=200, seconds=0.2, starts=1)
FEWEST = 5  # calls, however long they take
WARM_UP = 3  # calls that are not counted: caches fill, engines choose their kernels


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Microseconds that half, 95 % and 99 % of the calls stayed within."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing."""

    what: str  # "classify", "segment 640x480", "frame 640x480", "start"
    file: str | None  # the model file, where one takes part
    backend: str | None  # the engine, where one takes part
    threads: int  # of the engine
    batch: int | None  # digits per call, where digits are classified
    microseconds: Percentiles  # per digit for "classify", per frame or start for the others; wall clock
    ratio_to_engine: float | None = None
    cpu_microseconds: Percentiles | None = None  # "start" only
    peak_bytes: int | None = None  # "start" only: most memory that the process ever held


def time_calls(call: Callable[[], object], effort: Effort) -> list[float]:
    """The wall-clock microseconds of each of many calls, after a few that do not count."""
    for _ in range(WARM_UP):
        call()
    times: list[float] = []
    end = time.perf_counter() + effort.seconds
    while len(times) < FEWEST or (len(times) < effort.calls and time.perf_counter() < end):
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) / 1000)
    return times


def percentiles(microseconds: Sequence[float], share: int = 1) -> Percentiles:
    """The percentiles of some times, each divided by `share`, the number of digits that a call was for."""
    values = np.percentile(np.asarray(microseconds, np.float64) / share, (50, 95, 99))
    return Percentiles(*(round(float(value), 2) for value in values))


def relate(rows: Sequence[Row], file: str, backend: str) -> list[Row]:
    """The rows with their `ratio_to_engine`, for the reference `file` on `backend`."""
    reference = {(row.what, row.batch): row for row in rows if (row.file, row.backend) == (file, backend)}
    return [_related(row, reference.get((row.what, row.batch))) for row in rows]


def document(machine: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """The JSON document of the contract; fields that only a start has stand only there."""
    return {"schema": SCHEMA, "machine": machine, "rows": [_entry(row) for row in rows]}


def _related(row: Row, reference: Row | None) -> Row:
    if reference is None or not reference.microseconds.p50:
        return row
    return replace(row, ratio_to_engine=round(row.microseconds.p50 / reference.microseconds.p50, 3))


def _entry(row: Row) -> dict[str, Any]:
    extras = ("cpu_microseconds", "peak_bytes")
    return {key: value for key, value in asdict(row).items() if key not in extras or value is not None}
