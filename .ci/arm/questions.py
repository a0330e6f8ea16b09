"""What is asked in every place alike: answers, verification, pages and a clip. That one fails is an answer too."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arm import answers
from arm.place import Place
from arm.stand_ins import PROJECT, Engines
from runtime import cli
from runtime.answer_sheet import open_golden
from runtime.bundle import open_bundle, shipped_bundles
from runtime.errors import DigitsError

BACKGROUND = PROJECT / "tests/models_eleven/background.npz"
PRESETS = ("plain", "ruled", "squared", "shadow", "board", "whiteboard", "envelope", "dim", "touching")
PAGES = [f"{preset}.png" for preset in PRESETS] + ["plain.jpg", "ruled.jpg", "shadow.jpg"]
SIZE = "640x480"
CLIP = "clip.avi"
FRAMES = 12  # of the clip, at its 30 a second


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is asked."""

    samples: int | None = None  # of the golden digits and of the background each; None: all
    verified: tuple[str, ...] = ()  # bundles that `digits verify` is run on


def draw(folder: Path) -> None:
    """Draw the pages and the clip that are read everywhere, with their truth beside them."""
    for seed, name in enumerate(PAGES, 71):
        preset = name.partition(".")[0]
        look = ("--preset", preset, "--size", SIZE, "--lines", "2", "--seed", str(seed))
        _digits("draw", "page", *look, str(folder / name))
    look = ("--size", SIZE, "--lines", "1", "--seconds", str(FRAMES / 30), "--seed", "71")
    _digits("draw", "clip", *look, str(folder / CLIP))


def _digits(*words: str) -> None:
    if code := cli.main(words):
        raise DigitsError(f"digits {' '.join(words[:2])} ended with code {code}")


def bring(drawn: Path, folder: Path) -> None:
    """Copy into the folder of a place what the questions are about; there may be what was drawn already."""
    for name in (*PAGES, CLIP):
        if drawn != folder:
            shutil.copy(drawn / name, folder / name)
    shutil.copy(BACKGROUND, folder / BACKGROUND.name)
    shutil.copy(str(answers.__file__), folder / "answers.py")


def truth(drawn: Path) -> dict[str, list[str]]:
    """What is written on each page."""
    pages = {name: (drawn / name).with_suffix(".json") for name in PAGES}
    return {name: texts(json.loads(path.read_bytes())["lines"]) for name, path in pages.items()}


def texts(lines: Sequence[dict[str, Any]]) -> list[str]:
    """The text of every line."""
    return [str(line["text"]) for line in lines]


def count(extent: Extent) -> dict[str, Any]:
    """How much is asked of everyone, for the page."""
    bundle = open_bundle()
    golden, background = len(open_golden(bundle)[0].labels), len(np.load(BACKGROUND)["images"])
    most = extent.samples or max(golden, background)
    shares = (min(golden, most), min(background, most))
    few = min(answers.FEW, *shares)
    numbers = {"golden": shares[0], "background": shares[1], "few": few, "pages": len(PAGES), "frames": FRAMES}
    return {"bundles": len(shipped_bundles()), "verified": ", ".join(extent.verified), **numbers}


def ask_all(place: Place, engines: Engines, extent: Extent) -> dict[str, Any]:
    """Every question's answer, or `{"error": …}`."""
    limit = () if extent.samples is None else (str(extent.samples),)
    return {
        "answers": _tried(place.ask_json, place.path("answers.py"), place.path(BACKGROUND.name), *limit),
        "parity": {name: _tried(_verify, place, name, engines.verified) for name in extent.verified},
        "pages": {engine: _tried(_read, place, engine) for engine in engines.readers},
        "clip": _tried(_watch, place),
    }


def _tried(ask: Callable[..., dict[str, Any]], *given: object) -> dict[str, Any]:
    try:
        return ask(*given)
    except DigitsError as error:
        return {"error": str(error)}


def _verify(place: Place, bundle: str, engines: Sequence[str]) -> dict[str, Any]:
    """What `digits verify` reports of a shipped bundle."""
    return place.ask_json("-m", "runtime", "verify", "--json", "--no-probe", "--backends", ",".join(engines), bundle)


def _read(place: Place, engine: str) -> dict[str, Any]:
    """What `digits read` finds on each page: texts, and the boxes of all digits."""
    pages = [place.path(name) for name in PAGES]
    document = place.ask_json("-m", "runtime", "read", "--json", "--backend", engine, *pages)
    return {Path(page["path"]).name: _told(page) for page in document["images"]}


def _told(page: dict[str, Any]) -> dict[str, Any]:
    if page["error"]:
        return {"texts": [f"error: {page['error']}"], "boxes": []}
    digits = [digit for line in page["lines"] for digit in line["digits"]]
    return {"texts": texts(page["lines"]), "boxes": [digit["box"] for digit in digits]}


def _watch(place: Place) -> dict[str, Any]:
    """What `digits camera` publishes of each frame of the clip."""
    how = ("--source", place.path(CLIP), "--headless", "--fast", "--every-frame", "--events", "-")
    events = [json.loads(line) for line in place.ask("-m", "runtime", "camera", *how).splitlines()]
    return {"texts": [event["text"] for event in events]}
