"""The reader as a whole: drawn pages through real engines and a tiny real model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime import backends, manifest
from runtime.bundle import Bundle
from runtime.calibration import Calibration
from runtime.errors import MissingEngine, ModelError, UsageError
from runtime.reader import Reader, check_reads, open_reader
from runtime.records import Box, Glyph, Reading
from train.handwriting.page import Page, PageSettings, draw_page

ENGINE = backends.installed()[0]


@pytest.fixture(scope="module")
def reader(models: Path) -> Reader:
    return open_reader(models)


@pytest.fixture(scope="module")
def page() -> Page:
    return draw_page(PageSettings((640, 480), text=("3527", "60481"), height=70, spacing=0.45, turn=1), 2)


def test_a_clean_page_is_read_in_order(reader: Reader, page: Page) -> None:
    reading = reader.read(page.picture)

    assert [len(line.digits) for line in reading.lines] == [4, 5]
    right = sum(
        read.prediction.best == written.digit
        for line, truth in zip(reading.lines, page.lines, strict=True)
        for read, written in zip(line.digits, truth.digits, strict=True)
    )
    assert right >= 8  # the tiny model errs on one digit in twenty


def test_most_digits_of_many_pages_are_read(reader: Reader) -> None:
    settings = PageSettings((1280, 720), height=70, spacing=0.45)
    right = total = 0
    for seed in range(6):
        page = draw_page(settings, seed)
        best = {
            read.glyph.box: read.prediction.best for line in reader.read(page.picture).lines for read in line.digits
        }
        for written in (written for line in page.lines for written in line.digits):
            total += 1
            right += any(
                digit == written.digit and np.abs(np.subtract(box, written.box)).max() <= 6
                for box, digit in best.items()
            )

    assert right >= 0.85 * total


def test_the_reading_says_how_long_each_stage_took(reader: Reader, page: Page) -> None:
    reading = reader.read(page.picture)

    assert reading.segment_milliseconds > 0
    assert reading.classify_milliseconds > 0


@pytest.mark.parametrize(
    "frame",
    [np.zeros((0, 0), np.uint8), np.full((1, 1, 3), 9, np.uint8), np.full((480, 640, 3), 200, np.uint8)],
    ids=["empty", "one pixel", "blank"],
)
def test_a_frame_without_writing_is_an_empty_reading(reader: Reader, frame: np.ndarray) -> None:
    reading = reader.read(frame)

    assert reading.lines == ()
    assert reading.text == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"input_shape": (32, 32, 3)}, "takes 32×32×3 on dark ground and has 10 classes, '0' to '9'"),
        ({"ground": "light"}, "takes 28×28×1 on light ground"),
        ({"classes": tuple("abc")}, "has 3 classes, 'a' to 'c'"),
    ],
    ids=["coloured", "light ground", "letters"],
)
def test_pages_are_not_read_by_models_of_another_kind(models: Path, changes: dict[str, Any], told: str) -> None:
    described = replace(manifest.load(models), **changes)

    with pytest.raises(
        ModelError, match="pages are read by models for the digits 0 to 9, 28×28×1, light ink"
    ) as caught:
        check_reads(Bundle(models, described, ""))
    assert told in str(caught.value)


def test_reading_is_repeatable(reader: Reader, page: Page) -> None:
    def flat(reading: Reading) -> list[tuple[Box, list[float], float]]:
        return [
            (read.glyph.box, read.prediction.probabilities.tolist(), read.prediction.threshold)
            for read in reading.digits
        ]

    assert flat(reader.read(page.picture)) == flat(reader.read(page.picture))


def test_a_file_without_calibration_is_taken_as_it_answers(reader: Reader, models: Path) -> None:
    listed = manifest.load(models)

    assert reader.calibration == Calibration(1.0, listed.confidence_threshold, listed.sure_threshold)
    assert reader.calibration.confidence > 0


def test_a_batch_and_single_glyphs_get_the_same_answers(reader: Reader, page: Page) -> None:
    glyphs = [read.glyph for read in reader.read(page.picture).digits]
    together = reader.predict(glyphs)

    alone = [reader.predict([glyph])[0] for glyph in glyphs]

    for first, second in zip(together, alone, strict=True):
        assert np.allclose(first.probabilities, second.probabilities, atol=1e-5)


def test_no_glyphs_give_no_predictions(reader: Reader) -> None:
    assert reader.predict([]) == []


@pytest.mark.parametrize("engine", backends.installed())
def test_every_engine_reads_the_same(models: Path, page: Page, reader: Reader, engine: str) -> None:
    other = open_reader(models, engine=engine, file="float32.onnx" if "tflite" not in _formats(engine) else None)
    reading = other.read(page.picture)

    assert other.engine == engine
    same = [
        one.prediction.best == two.prediction.best
        for one, two in zip(reader.read(page.picture).digits, reading.digits, strict=True)
    ]
    assert sum(same) >= len(same) - 1  # int8 and float may differ on a doubtful one


def test_the_file_asked_for_is_used(models: Path) -> None:
    chosen = "float32.tflite" if "tflite" in _formats(ENGINE) else "float32.onnx"

    reader = open_reader(models, file=chosen)

    assert reader.file.path == chosen
    assert isinstance(reader.bundle, Bundle)


def test_glyphs_keep_their_place(reader: Reader) -> None:
    glyph = Glyph(Box(5, 6, 7, 8), np.zeros((28, 28), np.uint8))

    (prediction,) = reader.predict([glyph])

    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-4)


def test_what_does_not_exist_is_an_error(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        open_reader(tmp_path)
    with pytest.raises(UsageError):
        open_reader(models, file="float64.tflite")
    with pytest.raises((UsageError, MissingEngine)):
        open_reader(models, engine="abacus")


def _formats(engine: str) -> str:
    return "tflite" if engine in ("litert", "tflite-runtime") else "onnx"
