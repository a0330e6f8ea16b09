"""`digits measure` writes what a run is worth, of whatever data it is given, and does nothing twice."""

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.measure.counting import unpack_right
from convert.measure.record import FILE_NAME, SCHEMA
from runtime import manifest
from runtime.cli import main
from runtime.idx import Labelled
from runtime.npz import write_npz
from runtime.pictures import save_picture
from train.background import KINDS, draw_background
from train.handwriting.dataset import draw_digits
from train.handwriting.page import PageSettings, draw_page

pytestmark = pytest.mark.slow

DIGITS, JUNK = 1200, 400
PICTURES = {"reliability.png", "risk-coverage.png", "junk.png", "photographs-wrong.png"}


@pytest.fixture(scope="module")
def eleven(framework: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted run of a network with an eleventh output, and with validation and background samples."""
    from convert.quiet import quiet
    from runtime.preprocess import to_input

    layers = framework.layers
    digits, labels = draw_digits(DIGITS, seed=5)
    junk, kinds = draw_background(JUNK, 7, digits[:200])
    framework.utils.set_random_seed(3)
    blocks = [layers.Conv2D(12, 5, strides=3, activation="relu"), layers.Conv2D(12, 3, activation="relu")]
    head = [layers.Flatten(), layers.Dense(11, activation="softmax")]
    model = framework.Sequential([framework.Input((28, 28, 1)), *blocks, *head])
    images, targets = np.concatenate([digits, junk]), np.concatenate([labels, np.full(JUNK, 10, np.uint8)])
    folder = tmp_path_factory.mktemp("runs") / "eleven"
    folder.mkdir()
    with quiet():
        model.compile(framework.optimizers.Adam(4e-3), "sparse_categorical_crossentropy")
        model.fit(to_input(images), targets, epochs=12, batch_size=32, verbose=0)
        model.save(folder / "model.keras")
    _write_run(folder, images, targets, (junk, kinds))
    assert main(["convert", str(folder), "--variants", "int8.tflite,float32.onnx"]) == 0
    return folder


def _write_run(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8], background: Labelled) -> None:
    """The run's arrays and its manifest."""
    from train.drawn import draw_samples

    digits = labels < 10
    arrays: dict[str, dict[str, Any]] = {
        "calibration": {"images": images[:100], "labels": labels[:100]},
        "validation": {"images": images, "labels": labels},
        "background": {"images": background[0], "kinds": background[1], "names": np.array(KINDS)},
        "holdout": {"images": images[digits][:300], "labels": labels[digits][:300]},
        "drawn": draw_samples(),
    }
    for name, content in arrays.items():
        write_npz(folder / f"{name}.npz", content)
    files = [manifest.describe(folder, f"{name}.npz", "npz", name) for name in arrays]
    files.append(manifest.describe(folder, "model.keras", "keras", "float32"))
    training = {"model": "eleven", "preset": "standard", "data": "synthetic", "seed": 3, "versions": {"python": "3"}}
    classes = (*manifest.DIGIT_CLASSES, manifest.NOT_A_DIGIT)
    described = manifest.Manifest("eleven", "2026-01-01T00:00:00Z", 0, classes, training, files=tuple(files))
    manifest.save(described, folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a set, and one with drawn pages as photographs: digits, unsure and ignored ones, and nothing."""
    folder = tmp_path_factory.mktemp("data")
    images, labels = draw_digits(80, seed=8)
    (folder / "sets").mkdir()
    write_npz(folder / "sets" / "strangers.npz", {"images": images, "labels": labels})
    (folder / "photos" / "files").mkdir(parents=True)
    page = draw_page(PageSettings(size=(640, 360), lines=2, digits=(4, 4)), seed=3)
    save_picture(folder / "photos" / "files" / "secret_page.png", page.picture)
    letters = draw_background(12, 3, images)[0]
    save_picture(folder / "photos" / "files" / "secret_letters.png", 255 - np.hstack(list(np.pad(letters, 12)[12:24])))
    boxes: list[list[Any]] = [[*d.box, str(d.digit)] for line in page.lines for d in line.digits]
    boxes[0][4] += "?"
    entries: list[dict[str, Any]] = [
        {"file": "files/secret_page.png", "kind": "photo", "lines": [], "boxes": boxes, "ignore": [boxes[1][:4]]},
        {"file": "files/secret_letters.png", "kind": "negative", "lines": [], "subset": "letters"},
    ]
    (folder / "photos" / "manifest.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture(scope="module")
def measured(eleven: Path, data: Path) -> Path:
    """The run after it was measured on everything."""
    assert main(["measure", str(eleven), "--sets", str(data / "sets"), "--photos", str(data / "photos")]) == 0
    return eleven


@pytest.fixture
def document(measured: Path) -> dict[str, Any]:
    """What was written."""
    return dict(json.loads((measured / FILE_NAME).read_bytes()))


def test_every_part_is_there(measured: Path, document: dict[str, Any]) -> None:
    assert document["schema"] == SCHEMA
    assert document["classes"] == 11
    assert document["training"] == {"model": "eleven", "preset": "standard", "seed": 3, "data": "synthetic"}
    assert document["parameters"] == manifest.load(measured).parameters > 1000
    assert document["multiply_adds"] == 8 * 8 * 25 * 12 + 6 * 6 * 9 * 12 * 12 + 432 * 11
    assert {path.name for path in measured.glob("*.png")} >= PICTURES


def test_every_file_is_counted_on_the_hold_out(document: dict[str, Any]) -> None:
    files = {file["file"]: file for file in document["files"]}

    assert list(files) == ["keras", "int8.tflite", "float32.onnx"]
    for file in files.values():
        assert file["samples"] == 300
        assert (~unpack_right(file["right"], 300)).sum() == file["errors"]
        assert file["interval95"][0] <= file["errors"] <= file["interval95"][1]
    assert files["keras"]["changed"] == files["float32.onnx"]["changed"] == 0
    assert files["int8.tflite"]["bytes"] < files["float32.onnx"]["bytes"]


def test_sets_and_photographs_are_counted(document: dict[str, Any]) -> None:
    sets = {lot["name"]: lot for lot in document["sets"]}

    assert sets["strangers"]["samples"] == 80
    assert sets["photographs"]["samples"] == sets["photographs, plain cut"]["samples"] <= 6  # of 8, 1 unsure, 1 ignored
    for lot in sets.values():
        assert 0 <= lot["int8.tflite"]["errors"] <= lot["samples"]
        assert sum(lot["int8.tflite"]["confusions"].values()) <= lot["int8.tflite"]["errors"]
    assert sets["photographs"]["keras"]["by_kind"]["photo"]["samples"] == sets["photographs"]["samples"]


def test_every_method_is_compared_before_and_after_quantisation(document: dict[str, Any]) -> None:
    assert document["junk"]["generated"] == document["junk"]["validation junk"] == JUNK
    for name in ("keras", "int8.tflite"):
        figures = {figure["method"]: figure for figure in document["rejection"][name]}

        assert list(figures) == ["softmax", "max-logit", "energy", "background", "published"]
        assert figures["published"]["kept"]["fitted on"] >= 0.99
        assert set(figures["published"]["by_kind"]["generated"]) <= set(KINDS)
        # The network has learnt these very samples.
        assert figures["background"]["accepted"]["generated"] < figures["softmax"]["accepted"]["generated"]
        assert figures["background"]["auroc"]["holdout"]["generated"] > 0.95
    assert document["published"]["confidence"] >= 0.5
    assert document["validation"]["of"] == "validation"


def test_calibration_is_told_before_and_after_its_temperature(measured: Path, document: dict[str, Any]) -> None:
    found = document["calibration"]["int8.tflite"]

    listed = manifest.load(measured).find("tflite", "int8")
    assert listed is not None
    assert listed.calibration is not None
    assert found["temperature"] == listed.calibration.temperature
    for moment in ("before", "after"):
        assert sum(samples for samples, _, _ in found["holdout"][moment]["bins"]) == 300


def test_no_name_of_a_measured_file_is_told(measured: Path, document: dict[str, Any]) -> None:
    text = (measured / FILE_NAME).read_text()

    assert "secret" not in text
    assert str(measured.parent) not in text
    assert len(json.dumps(document, separators=(",", ":"))) < 30_000


def test_nothing_is_measured_twice_unless_asked(measured: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["measure", str(measured), "--sets", str(data / "sets"), "--photos", str(data / "photos")]
    before = (measured / FILE_NAME).stat().st_mtime_ns

    assert main([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["measurements"] == [json.loads((measured / FILE_NAME).read_bytes())]
    assert (measured / FILE_NAME).stat().st_mtime_ns == before
    assert main([*words, "--again"]) == 0
    assert (measured / FILE_NAME).stat().st_mtime_ns > before
    assert "hold-out, keras" in capsys.readouterr().err


def test_a_network_of_ten_answers_is_measured_without_any_other_data(converted_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(converted_run, tmp_path / "tiny"))

    assert main(["measure", str(run)]) == 0

    document = json.loads((run / FILE_NAME).read_bytes())
    assert document["validation"]["of"] == "calibration"
    assert (document["sets"], document["junk"]) == ([], {})
    assert [figure["method"] for figure in document["rejection"]["keras"]] == ["softmax", "max-logit", "energy"]
    assert len(document["files"]) == 8
    assert not (run / "junk.png").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["{models}"], "lists no Keras model|lists no holdout", id="a bundle"),
        pytest.param(["{run}"], "run digits convert", id="not converted"),
        pytest.param(["{models}", "--sets", "{empty}"], "expected .npz files", id="no sets"),
        pytest.param(["{models}", "--photos", "{empty}"], "manifest.json", id="no photographs"),
    ],
)
def test_what_cannot_be_measured_is_named(
    words: list[str], message: str, models: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = run.parent / "empty"
    empty.mkdir()
    places = {"models": models, "run": run, "empty": empty}

    assert main(["measure", *(word.format(**places) for word in words)]) == 1

    printed = capsys.readouterr().err
    assert any(part in printed for part in message.split("|")), printed
