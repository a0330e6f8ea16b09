"""A network with "not a digit" in every part of the runtime: its eleventh answer is never published, only counted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime import backends, manifest
from runtime.annotate import annotate, label_text
from runtime.answer_sheet import open_golden, open_holdout
from runtime.bench import QUICK
from runtime.bench_plan import make_plan
from runtime.bundle import Bundle, choose, open_bundle, open_file, open_model
from runtime.calibration import Calibration, apply_temperature
from runtime.cli import main
from runtime.company import judge
from runtime.errors import ModelError
from runtime.evaluate import ask, evaluate
from runtime.labelled import read_labelled
from runtime.parity import compare
from runtime.parity_page import render_page
from runtime.pictures import save_picture
from runtime.preprocess import to_input
from runtime.read_command import as_line
from runtime.reader import Reader, open_reader
from runtime.records import Box, Glyph, Line, Prediction, ReadDigit, Reading
from runtime.verify import verify_folder
from train.handwriting.page import PageSettings, draw_page

JUNK = 10
ENGINE = backends.installed()[0]
Samples = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture(scope="module")
def bundle(eleven: Path) -> Bundle:
    return open_bundle(eleven)


@pytest.fixture(scope="module")
def digits(models: Path) -> Samples:
    return read_labelled(models / "holdout.npz")


@pytest.fixture(scope="module")
def background(eleven: Path) -> NDArray[np.uint8]:
    with np.load(eleven / "background.npz") as arrays:
        return np.asarray(arrays["images"], np.uint8)


def as_glyphs(images: NDArray[np.uint8]) -> list[Glyph]:
    """Glyphs that stand so far apart that they are no company for each other."""
    return [Glyph(Box(2000 * place, 0, 30, 40), image) for place, image in enumerate(images)]


def prediction(best: int, confidence: float, threshold: float = 0.6) -> Prediction:
    probabilities = np.full(11, (1 - confidence) / 10, np.float32)
    probabilities[best] = confidence
    return Prediction(probabilities, threshold)


def test_the_manifest_names_the_eleventh_class_and_calibrates_each_file(bundle: Bundle) -> None:
    assert bundle.manifest.classes[JUNK] == "not a digit"
    fitted = [file.calibration for file in bundle.manifest.converted()]
    assert None not in fitted
    assert len(set(fitted)) >= 2  # int8 and float answer differently
    assert Calibration() not in fitted


@pytest.mark.parametrize("engine", backends.installed())
def test_every_engine_gives_eleven_answers(bundle: Bundle, engine: str, digits: Samples) -> None:
    file, backend = open_model(bundle, engine)
    answers = ask(backend, digits[0])

    assert answers.shape == (300, 11)
    assert (answers.argmax(axis=1) == digits[1]).mean() > 0.9, file.path


def test_most_background_is_not_a_digit(bundle: Bundle, background: NDArray[np.uint8]) -> None:
    _, backend = open_model(bundle)

    assert (ask(backend, background).argmax(axis=1) == JUNK).mean() > 0.8


def test_the_reader_publishes_by_the_files_calibration(eleven: Path, digits: Samples) -> None:
    reader = open_reader(eleven)
    calibration = reader.file.calibration
    assert calibration is not None
    raw = reader.backend.predict(to_input(digits[0]))

    predictions = reader.predict(as_glyphs(digits[0]))

    assert calibration.temperature != 1
    assert {p.threshold for p in predictions} == {calibration.confidence}
    expected = apply_temperature(raw, calibration.temperature)
    assert np.array([p.probabilities for p in predictions]) == pytest.approx(expected, abs=1e-6)
    assert [p.best for p in predictions] == raw[:, :JUNK].argmax(axis=1).tolist()
    assert np.mean([p.confidence for p in predictions]) < raw[:, :JUNK].max(axis=1).mean()  # it was too sure


def test_the_reader_publishes_little_background(eleven: Path, background: NDArray[np.uint8]) -> None:
    predictions = open_reader(eleven).predict(as_glyphs(background))
    published = [p for p in predictions if p.digit is not None]

    assert len(published) < 0.2 * len(background)
    assert all(p.digit in range(10) and p.probabilities.argmax() == p.digit for p in published)


def test_a_page_is_read(eleven: Path) -> None:
    page = draw_page(PageSettings((640, 480), text=("3527", "60481"), height=70, spacing=0.45, turn=1), 2)
    reading = open_reader(eleven).read(page.picture)

    best = [read.prediction.best for line in reading.lines for read in line.digits]
    assert sum(one == int(two) for one, two in zip(best, "352760481", strict=True)) >= 7
    assert set(reading.text) <= set("0123456789\n")


def test_evaluation_rejects_what_the_reader_would(bundle: Bundle, digits: Samples) -> None:
    file, backend = open_model(bundle)
    calibration = bundle.manifest.calibration(file)
    found = evaluate(
        apply_temperature(ask(backend, digits[0]), calibration.temperature), digits[1], calibration.confidence
    )
    predictions = Reader(bundle, file, backend).predict(as_glyphs(digits[0]))

    assert found.rejected == sum(p.digit is None for p in predictions) > 0
    assert found.errors == sum(p.best != label for p, label in zip(predictions, digits[1], strict=True))


def test_the_command_counts_the_same(
    eleven: Path, models: Path, bundle: Bundle, digits: Samples, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--json", "--bundle", str(eleven), str(models / "holdout.npz")]) == 0
    document = json.loads(capsys.readouterr().out)
    file, backend = open_model(bundle)
    predictions = Reader(bundle, file, backend).predict(as_glyphs(digits[0]))

    assert document["rejected"] == sum(p.digit is None for p in predictions)
    assert list(document["per_class"]) == list("0123456789")


def test_confidences_in_json_are_calibrated(eleven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = draw_page(PageSettings((640, 480), text=("3527",), height=70, spacing=0.45), 2)
    save_picture(tmp_path / "page.png", page.picture)
    assert main(["read", "--json", "--bundle", str(eleven), str(tmp_path / "page.png")]) == 0
    document = json.loads(capsys.readouterr().out)

    reading = open_reader(eleven).read(page.picture)
    told = [digit["confidence"] for line in document["images"][0]["lines"] for digit in line["digits"]]
    assert told == [round(read.prediction.confidence, 4) for read in reading.digits]
    assert told


# What is not a digit on the page


def reading_of(*predictions: Prediction) -> Reading:
    glyphs = (Glyph(Box(20 + 60 * k, 40, 40, 60), np.zeros((28, 28), np.uint8)) for k in range(len(predictions)))
    return Reading((Line(tuple(map(ReadDigit, glyphs, predictions))),))


def test_what_is_not_a_digit_is_shown_and_not_published() -> None:
    reading = reading_of(prediction(4, 0.9), prediction(JUNK, 0.95), prediction(7, 0.8))
    frame = np.full((160, 240, 3), 255, np.uint8)

    assert reading.text == "47"
    assert reading.confidence == pytest.approx(0.8)
    assert [label_text(read) for read in reading.digits] == ["4 90%", "?", "7 80%"]
    assert (annotate(frame, reading) != frame).any()
    assert as_line(reading.lines[0])["digits"][1] == {"digit": None, "confidence": 0.005, "box": [80, 40, 40, 60]}


def test_what_is_not_a_digit_vouches_for_nobody() -> None:
    """However sure the network is of it: who stands among letters is probably one."""
    glyphs = [Glyph(Box(50 * k, 10, 25, 40), np.zeros((28, 28), np.uint8)) for k in range(40)]
    letters = [prediction(3, 0.97) if k % 2 else prediction(JUNK, 0.999) for k in range(40)]

    assert all(p.digit is None for p in judge(glyphs, letters, sure=0.9))


# Parity over all eleven


@pytest.fixture
def no_mnist_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("no_mnist_at_hand")
def test_the_bundle_is_verified_on_raw_answers(eleven: Path, models: Path, bundle: Bundle) -> None:
    report = verify_folder(eleven, data=models / "holdout.npz")
    compared = {check.file: check.comparison for check in report.checks if check.comparison and check.data == "holdout"}

    assert report.passed
    assert {check.data for check in report.checks} == {"golden", "holdout"}
    for name, comparison in compared.items():
        assert round(300 * (1 - comparison.reference_accuracy)) == bundle.manifest.training["test_errors"]
        assert name == "int8.tflite" or comparison.max_abs_difference < 1e-4  # calibrated answers would differ more
    assert "<html" in render_page(report)


def test_a_digit_that_becomes_background_is_a_flip(bundle: Bundle, models: Path) -> None:
    sheet = open_holdout(bundle, models / "holdout.npz")
    assert not isinstance(sheet, str)
    place = int(np.flatnonzero(sheet.probabilities.argmax(axis=1) == sheet.labels)[5])
    answers = sheet.probabilities.copy()
    answers[place] = 0
    answers[place, JUNK], answers[place, sheet.labels[place]] = 0.6, 0.4

    found = compare(sheet.probabilities, answers, sheet.labels)

    assert found.flips == 1
    assert found.agreement == pytest.approx(1 - 1 / len(answers))
    assert (found.flipped[0].index, found.flipped[0].answer) == (place, JUNK)
    assert found.accuracy == found.reference_accuracy  # among the ten digits nothing has changed


def test_golden_samples_are_digits_with_eleven_answers(bundle: Bundle) -> None:
    golden, preprocessing = open_golden(bundle)

    assert golden.probabilities.shape == (100, 11)
    assert golden.labels.max() == 9
    assert preprocessing.passed


@pytest.mark.parametrize(("folder", "classes"), [("models", 11), ("models_eleven", 10)])
def test_files_and_manifest_must_agree_on_the_classes(folder: str, classes: int) -> None:
    bundle = open_bundle(Path(__file__).parents[1] / folder)
    named = (*manifest.DIGIT_CLASSES, manifest.NOT_A_DIGIT)[:classes]
    other = replace(bundle, manifest=replace(bundle.manifest, classes=named))

    with pytest.raises(ModelError, match=f"the manifest has {classes} classes, the file {21 - classes}"):
        open_file(other, *choose(bundle, ENGINE))
    with pytest.raises(ModelError, match=rf"expected labels \(100,\) and answers \(100, {classes}\)"):
        open_golden(other)


def test_speed_is_measured(bundle: Bundle) -> None:
    plan = make_plan(bundle, ENGINE, None, 1, replace(QUICK, calls=5, seconds=0.01))
    rows = [step() for step in plan.steps()[: len(plan.pairs)]]

    assert {row.file for row in rows} == {file.path for file, _ in plan.pairs}
    assert all(row.microseconds.p50 > 0 for row in rows)


def test_the_camera_tells_digits_only(eleven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = draw_page(PageSettings((640, 480), text=("3527", "604"), height=70, spacing=0.45), 2)
    save_picture(tmp_path / "page.png", page.picture)
    words = ["camera", "--headless", "--bundle", str(eleven), "--source", str(tmp_path / "page.png"), "--events", "-"]
    assert main([*words, "--frames", "1"]) == 0
    event: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[0])

    assert event["text"] == open_reader(eleven).read(page.picture).text
    assert {digit["digit"] for line in event["lines"] for digit in line["digits"]} <= {*range(10), None}
