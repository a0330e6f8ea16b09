"""Damage the tiny models in every way, and see that each mutant is refused in one line or answers: `make fuzz`.

`.venv/bin/python tests/fuzz_models.py [--count N] [--seed S] [--page FILE]`. Mutant number i of a seed is the same on
every machine. Each takes the way of any model: its size and hash are listed, the rules of `digits inspect` are applied,
and what keeps them goes to every installed engine. That happens in a child process with bounded memory, which tells its
parent what it is about to do: a child that dies or says nothing for a while has been killed by the mutant it named.
"""

# ruff: noqa: T201 - what it prints is its report

import argparse
import hashlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(TESTS.parent))

from runtime import backends  # noqa: E402 - found beside this folder where the script is run by itself
from runtime.atomic import write_text  # noqa: E402
from runtime.bundle import Bundle, open_file  # noqa: E402
from runtime.errors import DigitsError  # noqa: E402
from runtime.formats.onnx_file import read_onnx  # noqa: E402
from runtime.formats.ort_file import read_ort  # noqa: E402
from runtime.formats.tflite_file import read_tflite  # noqa: E402
from runtime.inspection import inspect_bytes  # noqa: E402
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT, Manifest, ModelFile  # noqa: E402
from runtime.records import GLYPH_SIDE  # noqa: E402

SEED, COUNT = 5, 10_000
PATIENCE = 30  # seconds of silence after which a mutant counts as hung
ROOM = 2**30  # bytes of memory that a child may take beside what its libraries need
BATCH = 500  # mutants for one child
MOST_SHOWN = 20
MARKS = ("<!-- fuzz -->", "<!-- /fuzz -->")
FOLDERS = tuple(TESTS / name for name in ("models", "models/static", "models/ort", "models_eleven"))
REFUSED, ANSWERED, LEAKED, DIED, HUNG = "refused", "answered", "leaked", "died", "hung"
BAD = (LEAKED, DIED, HUNG)


@dataclass(frozen=True, eq=False)
class Sample:
    """A sound model to be damaged."""

    file: ModelFile
    data: bytes
    structure: np.ndarray  # the places of bytes that describe the network, its weights left out
    classes: int


@dataclass
class Tally:
    """What became of the mutants."""

    mutants: int = 0
    rules: Counter[str] = field(default_factory=Counter)  # by which inspection refused them
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)  # of those that it let pass, by engine
    bad: list[str] = field(default_factory=list)  # which mutants did what they must not

    def add(self, number: int, engine: str, outcome: str) -> None:
        """Count one outcome; inspection counts as the engine "rules"."""
        if engine == "rules":
            self.mutants += 1
            self.rules[outcome] += 1
        else:
            self.outcomes.setdefault(engine, Counter())[outcome.partition(":")[0]] += 1
        if outcome.partition(":")[0] in BAD:
            self.bad.append(f"mutant {number} on {engine}: {outcome}")


def samples() -> list[Sample]:
    """Every committed tiny model."""
    found = []
    for folder in FOLDERS:
        for path in sorted(path for path in folder.iterdir() if path.suffix in (".tflite", ".onnx", ".ort")):
            data = path.read_bytes()
            file = ModelFile(path.suffix[1:], path.stem, path.name, "", 0)
            found.append(Sample(file, data, structure(data, file.format), 11 if "eleven" in folder.name else 10))
    return found


def structure(data: bytes, form: str) -> np.ndarray:
    """The places of a file's bytes that are not the contents of a constant of more than 16 bytes."""
    whole = np.frombuffer(data, np.uint8)
    kept = np.ones(len(data), bool)
    if form == "tflite":
        arrays = [tensor.data for tensor in read_tflite(data).tensors]
    else:
        arrays = list((read_onnx if form == "onnx" else read_ort)(data).constants.values())
    for array in arrays:
        if array is not None and array.nbytes > 16:
            start = array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
            if 0 <= start < len(data):
                kept[start : start + array.nbytes] = False
    return np.flatnonzero(kept)


def mutate(sample: Sample, rng: np.random.Generator) -> bytes:
    """The sample with one to four kinds of damage."""
    data = bytearray(sample.data)
    for _ in range(int(rng.choice([1, 1, 1, 1, 2, 4]))):
        DAMAGES[int(rng.integers(len(DAMAGES)))](data, sample, rng)
    return bytes(data)


def place(data: bytearray, sample: Sample, rng: np.random.Generator) -> int:
    """Where to strike: mostly where the file describes itself."""
    if rng.random() < 0.9:
        return int(rng.choice(sample.structure)) % max(1, len(data))
    return int(rng.integers(max(1, len(data))))


def flip(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Turn a bit over."""
    if data:
        data[place(data, sample, rng)] ^= 1 << int(rng.integers(8))


def nudge(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Make a byte a little larger or smaller, as counts and axes are."""
    if data:
        index = place(data, sample, rng)
        data[index] = (data[index] + int(rng.choice([-2, -1, 1, 2, 16]))) % 256


def small(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Put a small number where another stood."""
    if data:
        data[place(data, sample, rng)] = int(rng.integers(32))


def extreme(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Make four bytes a number that is as large as it can be, negative, nothing or no number at all."""
    values = (
        b"\xff\xff\xff\x7f",
        b"\xff\xff\xff\xff",
        bytes(4),
        b"\x00\x00\xc0\x7f",
        b"\x00\x00\x80\x7f",
        b"\x00\x00\x00\x80",
    )
    start = place(data, sample, rng) & ~3
    data[start : start + 4] = values[int(rng.integers(len(values)))][: len(data) - start]


def splice(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Copy some bytes to where others stood, as wrong offsets and lengths are made of right ones."""
    size = int(rng.choice([1, 2, 4, 4, 4, 8, 16, 64, 256]))
    source, target = (place(data, sample, rng) for _ in range(2))
    if rng.random() < 0.7:
        source, target = source & ~3, target & ~3
    part = data[source : source + size]
    data[target : target + len(part)] = part


def cut(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Lose the end, or some bytes in between."""
    start = place(data, sample, rng)
    del data[start : len(data) if rng.random() < 0.5 else start + int(rng.integers(1, 64))]


def insert(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Put some bytes in between, or behind the end."""
    start = len(data) if rng.random() < 0.3 else place(data, sample, rng)
    data[start:start] = rng.bytes(int(rng.integers(1, 40)))


def nest(data: bytearray, sample: Sample, rng: np.random.Generator) -> None:
    """Put messages in messages, thousands deep, or an archive behind the file."""
    del sample
    if rng.random() < 0.5:
        data += b"PK\x03\x04" + rng.bytes(60)
        return
    inner = b""
    for _ in range(int(rng.integers(10, 3000))):
        size, length = len(inner), bytearray()
        while size >= 0x80:
            length.append(size & 0x7F | 0x80)
            size >>= 7
        inner = bytes([int(rng.choice([0x0A, 0x2A, 0x32, 0x3A])), *length, size]) + inner
    data += inner


DAMAGES = (
    flip,
    flip,
    flip,
    nudge,
    nudge,
    nudge,
    small,
    small,
    small,
    extreme,
    extreme,
    splice,
    splice,
    cut,
    insert,
    nest,
)


def make_mutant(number: int, seed: int, lot: list[Sample]) -> tuple[Sample, bytes]:
    """Mutant `number` of a seed."""
    rng = np.random.default_rng([seed, number])
    sample = lot[number % len(lot)]
    return sample, mutate(sample, rng)


def try_mutant(number: int, seed: int, lot: list[Sample], folder: Path, unchecked: bool) -> Iterator[tuple[str, str]]:
    """What becomes of a mutant: first under the rules, then on each engine; each is named before it is tried."""
    sample, data = make_mutant(number, seed, lot)
    digest = hashlib.sha256(data).hexdigest()
    file = ModelFile(sample.file.format, sample.file.variant, sample.file.path, digest, len(data))
    yield "rules", ""
    broken = () if unchecked else inspect_bytes(data, file.format, file.path).errors
    yield "rules", broken[0].rule if broken else ANSWERED
    if broken and number % 10:  # every tenth goes on, to see that the door is closed
        return
    (folder / file.path).write_bytes(data)
    classes = (*DIGIT_CLASSES, NOT_A_DIGIT)[: sample.classes]
    bundle = Bundle(folder, Manifest("mutant", "2026-01-01T00:00:00Z", 0, classes=classes, files=(file,)), "")
    for engine in backends.installed():
        if backends.unsupported(engine, file):
            continue
        yield engine, ""
        outcome = ask(bundle, file, engine)
        if broken and outcome == ANSWERED:
            outcome = f"{LEAKED}: it breaks {broken[0].rule} and was opened"
        if not broken or outcome != REFUSED:
            yield engine, outcome


def ask(bundle: Bundle, file: ModelFile, engine: str) -> str:
    """Open a mutant as any model and ask it about three images."""
    images = np.random.default_rng(0).random((3, GLYPH_SIDE, GLYPH_SIDE, 1), np.float32)
    try:
        open_file(bundle, file, engine).predict(images)
    except DigitsError as error:
        return REFUSED if "\n" not in str(error) else f"{LEAKED}: several lines"
    except Exception as error:  # whatever it is, it should have been a DigitsError
        return f"{LEAKED}: {type(error).__name__} {' '.join(str(error).split())[:200]}"
    return ANSWERED


def work(start: int, stop: int, seed: int, unchecked: bool) -> None:
    """Try mutants, one line before and one after each step: number, engine, outcome."""
    lot = samples()
    if unchecked:
        backends.check_bytes = lambda *_: None  # type: ignore[assignment]
    for engine in backends.installed():
        backends._load(engine)  # so that its libraries do not count as the mutant's memory
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what engines print is not our report
    with tempfile.TemporaryDirectory() as folder:
        for number in range(start, stop):
            for engine, outcome in try_mutant(number, seed, lot, Path(folder), unchecked):
                answers.write(f"{number} {engine} {outcome}\n")


def watch(start: int, stop: int, options: list[str], tally: Tally) -> int:
    """One child for mutants from `start`; gives the next that is to be tried."""
    command = [sys.executable, __file__, "--work", str(start), str(stop), *options]
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as child:
        assert child.stdout
        pending, rest = (start, "start"), b""
        while True:
            ready, _, _ = select.select([child.stdout], [], [], PATIENCE)
            part = os.read(child.stdout.fileno(), 2**16) if ready else b""
            if not part:
                break
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                number, engine, outcome = line.decode().split(" ", 2)
                pending = (int(number), engine)
                if outcome:
                    tally.add(*pending, outcome)
        if ready and child.wait() == 0:
            return stop
        child.kill()
        said.seek(0)
        code = child.wait()
        reason = f"{DIED}: {signal.strsignal(-code) if code < 0 else said.read()[-300:]}" if ready else HUNG
    tally.add(*pending, " ".join(reason.split()))
    return pending[0] + 1


def run(count: int, seed: int, start: int = 0, unchecked: bool = False) -> Tally:
    """Try `count` mutants in child after child."""
    tally, options = Tally(), ["--seed", str(seed), *(["--unchecked"] if unchecked else [])]
    number = start
    while number < start + count:
        number = watch(number, min(number + BATCH, start + count), options, tally)
        if sys.stderr.isatty():
            print(f"\r{number - start} of {count}", end="", file=sys.stderr)
    return tally


def report(tally: Tally, seed: int) -> str:
    """The counts as Markdown."""
    passed = tally.rules[ANSWERED]
    lines = [
        f"Seed {seed}: {tally.mutants:,} mutants, {tally.mutants - passed:,} refused by a rule,"
        f" {passed:,} handed to the engines.",
        "",
        "| engine | refused in one line | answered | died | hung | another error |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for engine, outcomes in sorted(tally.outcomes.items()):
        cells = (f"{outcomes[name]:,}" for name in (REFUSED, ANSWERED, DIED, HUNG, LEAKED))
        lines.append(f"| {engine} {backends.version(engine)} | {' | '.join(cells)} |")
    rules = ", ".join(f"`{rule}` {count:,}" for rule, count in tally.rules.most_common() if rule != ANSWERED)
    return "\n".join([*lines, "", f"Refused by the first rule that they broke: {rules}."])


def write_page(page: Path, text: str) -> None:
    """Put the counts between the marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    write_text(page, f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")


def main() -> int:
    """Try mutants; 0 if every one was refused in one line or answered, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--start", type=int, default=0, help="the first mutant's number")
    parser.add_argument("--page", type=Path, help="put the counts into this page")
    parser.add_argument(
        "--unchecked", action="store_true", help="without the rules: what engines make of the same mutants"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work, options.seed, options.unchecked)
        return 0
    tally = run(options.count, options.seed, options.start, options.unchecked)
    text = report(tally, options.seed)
    if options.page:
        write_page(options.page, text)
    print(
        json.dumps({"mutants": tally.mutants, "rules": tally.rules, "engines": tally.outcomes})
        if options.json
        else text
    )
    for line in tally.bad[:MOST_SHOWN]:
        print(line, file=sys.stderr)
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
