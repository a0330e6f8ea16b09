"""The demo's one page, composed of the files that its steps left behind."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from runtime import manifest, page, parity_page
from runtime.demo import Done, Settings
from runtime.errors import DigitsError
from runtime.npz import read_npz
from runtime.records import Frame

CLIP_FRAMES = 3  # stills of the camera's recording
FLIPS_SHOWN = 24
PICTURE_SIDE = 900  # pixels of an embedded picture's longer side
FIGURES = (
    ("samples.png", "What it learnt from"),
    ("history.png", "Accuracy and loss, epoch by epoch"),
    ("confusion.png", "Which digit it takes for which"),
    ("wrong.png", "Wrong answers of the test set"),
)


def compose(settings: Settings, record: Sequence[Done]) -> str:
    """The HTML page about a demo whose steps ended as `record` says; parts whose step failed are left out."""
    model, parity = _manifest(settings.model), _document(settings.folder / "parity.json")
    return page.render(
        "demo.html",
        title="digits: from training data to a live camera",
        record=record,
        training=model.training if model else None,
        parameters=model.parameters if model else None,
        files=model.converted() if model else (),
        figures=[(page.embed_file(p), text) for name, text in FIGURES if (p := settings.model / name).exists()],
        parity=parity,
        flips=_flips(settings.model, parity),
        describe_class=parity_page.describe_class,
        bench=_document(settings.folder / "bench.json"),
        readings=[*_readings(settings.folder, "read"), *_readings(settings.folder, "pictures")],
        stills=_stills(settings.folder / "camera.mp4"),
        events=_events(settings.folder / "events.jsonl"),
    )


def _manifest(folder: Path) -> manifest.Manifest | None:
    try:
        return manifest.load(folder)
    except DigitsError:
        return None  # the failed step is shown on the page


def _document(path: Path) -> dict[str, Any] | None:
    """The JSON document at `path`; None where its step printed none."""
    data = path.read_bytes() if path.exists() else b""
    return json.loads(data) if data else None


def _readings(folder: Path, name: str) -> list[dict[str, Any]]:
    """What was read in each picture, with the annotated picture."""
    document = _document(folder / f"{name}.json")
    images = document["images"] if document else []
    return [image | {"picture": _annotated(folder / name, Path(image["path"]))} for image in images]


def _annotated(place: Path, source: Path) -> str | None:
    """The annotated picture of `source`: a file of its name in the folder `place`, or `place` itself."""
    path = next((p for p in (place / source.name, place) if p.is_file()), None)
    picture = cv2.imread(str(path)) if path else None
    return None if picture is None else page.embed_picture(np.asarray(picture, np.uint8), PICTURE_SIDE)


def _stills(path: Path) -> list[str]:
    """A few frames of the recording, evenly spread."""
    capture = cv2.VideoCapture(str(path)) if path.exists() else None
    if capture is None:
        return []
    frames: list[Frame] = []
    while (taken := capture.read())[0]:
        frames.append(np.asarray(taken[1], np.uint8))
    capture.release()
    if not frames:
        return []
    chosen = np.linspace(0, len(frames) - 1, CLIP_FRAMES + 2).astype(int)[1:-1]
    return [page.embed_picture(frames[index], PICTURE_SIDE) for index in chosen]


def _events(path: Path) -> dict[str, Any] | None:
    """How many events the camera published, and the last stable text."""
    if not path.exists():
        return None
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    stable = [event["text"] for event in events if event["stable"] and event["text"]]
    return {"count": len(events), "stable": len(stable), "text": stable[-1] if stable else ""}


def _flips(model: Path, parity: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The first samples to which a converted file gives another class than Keras, each once, with its picture."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for check in parity["checks"] if parity else []:
        for flip in check["flipped"]:
            found.setdefault((check["data"], flip["index"]), flip | {"files": []})["files"].append(check["file"])
    chosen = sorted(found.items())[:FLIPS_SHOWN]
    pictures = {name: _images(model / f"{name}.npz") for name in {data for (data, _), _ in chosen}}
    return [
        flip | {"picture": parity_page.enlarge(pictures[data][index]), "files": ", ".join(dict.fromkeys(flip["files"]))}
        for (data, index), flip in chosen
    ]


def _images(path: Path) -> Frame:
    """The glyphs of a data set of the run, uint8 (N, 28, 28)."""
    return read_npz(path.read_bytes(), ["images"], path)["images"]
