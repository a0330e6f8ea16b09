"""The demo as a list of commands: what each step runs, where its output goes, and what has been done already."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from runtime.atomic import write_bytes, write_json
from runtime.errors import InputError

SCHEMA = "digits.demo/1"
PAGE_PRESETS = ("plain", "ruled", "shadow", "board")
NEEDED = ("train", "convert")  # without these there is nothing to show


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may choose about the demo."""

    folder: Path  # everything is written below it
    data: str | None  # as `digits train --data`; None: MNIST if it can be had, else drawn digits
    preset: str  # the recipe of `edge-small`: "quick", "standard", …
    pictures: tuple[Path, ...]  # the person's own photographs
    limit: int | None = None  # train on that many images alone, to try the demo out
    clip_seconds: float = 6.0

    @property
    def model(self) -> Path:
        """The run folder."""
        return self.folder / "model"


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo."""

    name: str
    title: str
    words: tuple[str, ...]  # after `digits`
    output: Path | None = None  # where its stdout is kept

    @property
    def command(self) -> str:
        """The command as a person would type it."""
        return " ".join(["digits", *map(shlex.quote, self.words)]) + (f" > {self.output}" if self.output else "")


@dataclass(frozen=True, slots=True)
class Done:
    """How a step went."""

    name: str
    title: str
    command: str
    exit_code: int
    seconds: float


Announce = Callable[[Step, bool], None]
"""Called before each step with the step and whether it was finished earlier."""


def plan(settings: Settings) -> tuple[Step, ...]:
    """The steps of the demo, in order."""
    folder, model = settings.folder, str(settings.model)
    data = ("--data", settings.data or "auto", *(("--limit", str(settings.limit)) if settings.limit else ()))
    network = ("--model", "edge-small", "--preset", settings.preset)
    train = ("train", *network, *data, "--out", model, "--resume", "--overwrite")
    clip = str(folder / "clip.mp4")
    seconds = str(settings.clip_seconds)
    camera = ("camera", "--headless", "--bundle", model, "--source", clip)
    record = ("--record", str(folder / "camera.mp4"), "--events", "-")
    return (
        Step("train", "Train the edge model", train),
        Step("convert", "Quantise and convert it", ("convert", model)),
        Step("verify", "Prove that nothing was lost", ("verify", "--json", model), folder / "parity.json"),
        *(_draw(folder, preset, seed) for seed, preset in enumerate(PAGE_PRESETS, start=1)),
        _read("read", "Read pages that the generator drew", settings, _pages(folder)),
        *(_own_pictures(settings) if settings.pictures else ()),
        Step("clip", "Draw a clip of a page", ("draw", "clip", "--seconds", seconds, "--seed", "5", clip)),
        Step("camera", "Run the camera on it", (*camera, *record), folder / "events.jsonl"),
        Step("bench", "Measure speed", ("bench", "--quick", "--json", "--bundle", model), folder / "bench.json"),
        Step("bundle", "Pack a bundle", ("bundle", model, str(folder / "bundle"))),
    )


def run(steps: Sequence[Step], folder: Path, announce: Announce) -> tuple[Done, ...]:
    """Run the steps that an earlier, interrupted run has not finished, and give how each went.

    Stops early only if a step fails that the others need. Raises nothing for a failing step: its exit code is recorded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = {done.command: done for done in _load(folder) if done.exit_code == 0}
    record: list[Done] = []
    for step in steps:
        done = earlier.get(step.command)
        if done is None:
            earlier = {}  # what follows builds on this step's new results
        announce(step, done is not None)
        record.append(done or _run(step))
        _save(folder, record, finished=False)
        if record[-1].exit_code and step.name in NEEDED:
            break
    _save(folder, record, finished=all(done.exit_code == 0 for done in record))
    return tuple(record)


def _draw(folder: Path, preset: str, seed: int) -> Step:
    page = str(folder / "pages" / f"{preset}.jpg")
    words = ("draw", "page", "--preset", preset, "--seed", str(seed), page)
    return Step(f"draw {preset}", f"Draw a page ({preset})", words)


def _pages(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / "pages" / f"{preset}.jpg" for preset in PAGE_PRESETS)


def _own_pictures(settings: Settings) -> tuple[Step, ...]:
    return (_read("pictures", "Read your pictures", settings, settings.pictures),)


def _read(name: str, title: str, settings: Settings, pictures: Sequence[Path]) -> Step:
    place = settings.folder / name
    target = place / pictures[0].name if len(pictures) == 1 else place  # several pictures go into a folder
    words = ("read", "--json", "--bundle", str(settings.model), "--annotate", str(target))
    return Step(name, title, (*words, *map(str, pictures)), settings.folder / f"{name}.json")


def _run(step: Step) -> Done:
    """Run one step as its own process, so that it is exactly what a person would run."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "runtime", *step.words]
    if step.output is None:
        code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    else:
        ended = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        code = ended.returncode
        write_bytes(step.output, ended.stdout)
    return Done(step.name, step.title, step.command, code, round(time.monotonic() - begin, 1))


def _load(folder: Path) -> tuple[Done, ...]:
    """The steps of an unfinished earlier run; none where it finished or there was none."""
    path = folder / "steps.json"
    if not path.exists():
        return ()
    try:
        document = json.loads(path.read_bytes())
        steps = tuple(Done(**step) for step in document["steps"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a record of the demo; delete it to begin anew") from error
    return () if document["finished"] else steps


def _save(folder: Path, record: Sequence[Done], *, finished: bool) -> None:
    document = {"schema": SCHEMA, "finished": finished, "steps": [asdict(done) for done in record]}
    write_json(folder / "steps.json", document)
