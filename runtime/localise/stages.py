"""A golden frame: what every stage of a reading made of it where the model was converted, and what differs here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime import manifest
from runtime.bench_page import draw_bench_page
from runtime.bundle import Bundle
from runtime.ledger import NumberFormat
from runtime.manifest import ModelFile
from runtime.npz import Arrays, read_npz
from runtime.parity import compare, find_broken, limits_for
from runtime.preprocess import to_input
from runtime.reader import Reader
from runtime.records import Frame
from runtime.segment import find, find_glyphs

STAGES = {
    "ink": "the ink mask",
    "boxes": "the boxes",
    "glyphs": "the glyphs",
    "probabilities": "the probabilities",
    "text": "the text",
}
"""In the order of a reading, each with its name for people."""

ARRAYS = ("frame", "reader", *STAGES)
SIZE = (480, 360)  # pixels; large enough that the digits of the page are found
ROOM = Path(__file__).parents[1]
READER = ("segment", "strings", "preprocess.py", "layout.py", "company.py", "reader.py")  # what reads a frame


@dataclass(frozen=True, slots=True)
class StageCheck:
    """One stage of a reading beside the golden frame's."""

    stage: str  # one of STAGES
    passed: bool
    difference: str  # what differs, in words; "" where nothing does

    def describe(self) -> str:
        """The stage and what differs there."""
        return f"{STAGES[self.stage]}: {self.difference}"


def record_frame(digits: NDArray[np.uint8], reader: Reader) -> Arrays:
    """The golden frame: a page of drawn `digits`, uint8 (N, 28, 28), and what each stage of `reader` makes of it."""
    frame = np.ascontiguousarray(draw_bench_page(digits, SIZE)[:, :, 0])  # its channels are equal
    return {"frame": frame, "reader": np.array(reader_version()), **_run_stages(frame, reader)}


def reader_version() -> str:
    """The sha256 of the code that reads frames."""
    places = [ROOM / name for name in READER]
    sources = sorted(source for place in places for source in ([place] if place.is_file() else place.rglob("*.py")))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def open_frame(bundle: Bundle) -> Arrays | None:
    """The golden frame of a run or bundle; None where it has none. Raises ModelError where it is damaged."""
    file = bundle.manifest.find("npz", "frame")
    if file is None:
        return None
    return read_npz(manifest.read_file(bundle.folder, file), ARRAYS, bundle.folder / file.path)


def check_stages(golden: Arrays, reader: Reader, form: NumberFormat) -> tuple[StageCheck, ...]:
    """Every stage up to the first that differs: what comes after it differs because of it.

    Up to the glyphs everything must be equal, bit for bit; probabilities may differ from Keras' by what the file's
    number format, `form`, explains.
    """
    now = _run_stages(np.asarray(golden["frame"], np.uint8), reader)
    checks: list[StageCheck] = []
    for stage in STAGES:
        difference = _find_difference(stage, golden[stage], now[stage], reader.file, form)
        checks.append(StageCheck(stage, not difference, difference))
        if difference:
            break
    return tuple(checks)


def _run_stages(frame: Frame, reader: Reader) -> Arrays:
    """What each stage makes of a frame; the text has every digit's best guess, whatever its confidence."""
    masks = [side.plain for side in find(frame).sides]
    glyphs = find_glyphs(frame)
    images = np.stack([glyph.image for glyph in glyphs]) if glyphs else np.zeros((0, 28, 28), np.uint8)
    lines = ("".join(str(digit.prediction.best) for digit in line.digits) for line in reader.read(frame).lines)
    return {
        "ink": np.stack(masks) if masks else np.zeros((0, 0, 0), np.uint8),
        "boxes": np.array([glyph.box for glyph in glyphs], np.int32).reshape(-1, 4),
        "glyphs": images,
        "probabilities": reader.backend.predict(to_input(images)),
        "text": np.array("\n".join(lines)),
    }


def _find_difference(stage: str, golden: NDArray[Any], now: NDArray[Any], file: ModelFile, form: NumberFormat) -> str:
    """How a stage differs, in words."""
    if stage == "text":
        return "" if str(golden) == str(now) else f"{str(golden)!r} there, {str(now)!r} here"
    if golden.shape != now.shape:
        return f"{len(golden)} there, {len(now)} here" if golden.ndim == now.ndim else "of another kind"
    if stage == "probabilities":
        return _compare_answers(golden, now, file, form)
    differing = int((golden != now).sum())
    return f"{differing} of {golden.size} numbers differ" if differing else ""


def _compare_answers(golden: NDArray[Any], now: NDArray[Any], file: ModelFile, form: NumberFormat) -> str:
    """Keras' answers to the frame's glyphs beside the file's; Keras' own stand for the truth, which is not asked."""
    if not len(golden):
        return ""
    labels = golden.argmax(axis=1).astype(np.uint8)
    return "; ".join(find_broken(compare(golden, now, labels, form), limits_for(file.variant, len(golden), "frame")))
