"""What bench measures for a bundle, one step for each row."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime import backends
from runtime.answer_sheet import open_golden
from runtime.bench import BATCHES, SIZES, Effort, Row, percentiles, time_calls
from runtime.bench_page import draw_bench_page
from runtime.bundle import Bundle, choose, open_file
from runtime.errors import ModelError
from runtime.manifest import ModelFile
from runtime.pictures import save_picture
from runtime.preprocess import to_input
from runtime.reader import Reader
from runtime.segment import find_glyphs

START_SECONDS = 120  # the longest that a start may take
Size = tuple[int, int]  # width, height in pixels


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to measure and with which engines."""

    bundle: Bundle
    pairs: tuple[tuple[ModelFile, str], ...]  # every file with every engine that runs it
    best: tuple[tuple[ModelFile, str], ...]  # each engine with the file that it is used with; the reference first
    threads: int
    effort: Effort
    digits: NDArray[np.uint8]  # (N, 28, 28), golden inputs of the bundle; of a model of another kind its pictures

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that take part."""
        return tuple(engine for _, engine in self.best)

    def steps(self) -> list[Callable[[], Row]]:
        """Each measures one thing and gives its row; of a model that reads no pages, the bare engines alone."""
        classify = [partial(self._classify, *pair, batch) for batch in BATCHES for pair in self.pairs]
        if not self.bundle.manifest.reads_digits:
            return [*classify]
        return [
            *classify,
            *(partial(self._segment, size) for size in SIZES),
            *(partial(self._frame, *pair, size) for size in SIZES for pair in self.best),
            *(partial(self._start, *pair) for pair in self.best),
        ]

    def _classify(self, file: ModelFile, engine: str, batch: int) -> Row:
        """Time per digit of the bare engine, in batches."""
        backend = open_file(self.bundle, file, engine, self.threads)
        images = to_input(np.resize(self.digits, (batch, *self.digits.shape[1:])))
        times = time_calls(lambda: backend.predict(images), self.effort)
        return Row("classify", file.path, engine, self.threads, batch, percentiles(times, share=batch))

    def _segment(self, size: Size) -> Row:
        """Time to find the glyphs of a page."""
        page = draw_bench_page(self.digits, size)
        times = time_calls(lambda: find_glyphs(page), self.effort)
        return Row(f"segment {_name(size)}", None, None, self.threads, None, percentiles(times))

    def _frame(self, file: ModelFile, engine: str, size: Size) -> Row:
        """Time to read a whole page; the batch is the digits found on it."""
        page = draw_bench_page(self.digits, size)
        reader = Reader(self.bundle, file, open_file(self.bundle, file, engine, self.threads))
        found = sum(1 for _ in reader.read(page).digits)
        times = time_calls(lambda: reader.read(page), self.effort)
        return Row(f"frame {_name(size)}", file.path, engine, self.threads, found, percentiles(times))

    def _start(self, file: ModelFile, engine: str) -> Row:
        """Time and memory of fresh processes until each has read its first page."""
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "page.png"
            save_picture(picture, draw_bench_page(self.digits, SIZES[0]))
            words = (str(self.bundle.folder), engine, file.path, str(self.threads), str(picture))
            starts = [start_once(words) for _ in range(self.effort.starts)]
        wall, cpu, peaks = zip(*starts, strict=True)
        row = Row("start", file.path, engine, self.threads, None, percentiles(wall))
        return replace(row, cpu_microseconds=percentiles(cpu), peak_bytes=max(peaks))


def make_plan(bundle: Bundle, engine: str | None, file: str | None, threads: int, effort: Effort) -> Plan:
    """Plan for the engine and file asked for, else for all that are installed and fit.

    Raises UsageError or MissingEngine as `runtime.bundle.choose` does, and ModelError where the golden inputs are
    missing or damaged.
    """
    reference = choose(bundle, engine, file)
    engines = (engine,) if engine else backends.usual()
    listed = [f for f in bundle.manifest.converted() if file in (None, f.path)]
    pairs = tuple((f, e) for e in engines for f in listed if not backends.unsupported(e, f))
    able = dict.fromkeys(e for _, e in pairs)
    best = (reference, *(choose(bundle, e, file) for e in able if e != reference[1]))
    return Plan(bundle, pairs, best, threads, effort, open_golden(bundle)[0].images)


def start_once(words: tuple[str, ...]) -> tuple[float, float, int]:
    """Wall-clock and CPU microseconds from a process's start to its first reading, and the most bytes it held.

    `words` are the arguments of `runtime.bench_start`. Raises ModelError where the process fails.
    """
    command = [sys.executable, "-m", "runtime.bench_start", *words]
    begin = time.monotonic()
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=True)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise ModelError(f"{words[0]}: a fresh process cannot read with {words[1]} and {words[2]} ({last})") from error
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{words[0]}: {words[1]} gave no reading within {START_SECONDS} seconds") from error
    spent = json.loads(result.stdout)
    return (spent["answered"] - begin) * 1e6, spent["cpu_microseconds"], spent["peak_bytes"]


def _name(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
