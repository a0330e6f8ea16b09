"""A file's network in real numbers is the file's, and random rounding moves it as far as the file is really off."""

from pathlib import Path

import numpy as np
import pytest

from runtime import backends, manifest
from runtime.answer_sheet import open_golden
from runtime.bundle import open_bundle, open_file
from runtime.errors import ModelError
from runtime.ledger import log_odds
from runtime.preprocess import to_input
from runtime.records import Images, Probabilities
from runtime.rounding import Network, disturb, find_ranges, read_network
from runtime.rounding.excuse import Excuse

FILES = (
    "float32.tflite",
    "float16.tflite",
    "dynamic.tflite",
    "int8.tflite",
    "uint8.tflite",
    "float32.onnx",
    "int8.onnx",
)
ROUNDED = {"float16.tflite", "dynamic.tflite", "int8.tflite", "uint8.tflite", "int8.onnx"}


def read(models: Path, path: str) -> Network:
    return read_network((models / path).read_bytes(), path)


@pytest.fixture(scope="module")
def golden(models: Path) -> tuple[Images, Probabilities]:
    sheet, _ = open_golden(open_bundle(models))
    return to_input(sheet.images), sheet.probabilities


@pytest.mark.parametrize("path", FILES)
def test_without_rounding_a_file_computes_nearly_what_keras_does(
    models: Path, golden: tuple[Images, Probabilities], path: str
) -> None:
    """What is left is the rounding of its weights."""
    images, keras = golden
    answers = disturb(read(models, path), images, {}, rounds=1).answers[0]

    assert np.abs(np.exp(answers) - keras).max() < (0.06 if path in ROUNDED else 1e-5)


@pytest.mark.parametrize("path", FILES)
def test_the_spread_is_how_far_the_file_is_off(models: Path, golden: tuple[Images, Probabilities], path: str) -> None:
    """Over the golden samples, the true moves of log-odds are a third to twice as large; float32's far smaller."""
    images, keras = golden
    bundle = open_bundle(models)
    file = next(file for file in bundle.manifest.converted() if file.path == path)
    order = np.argsort(-keras, axis=1)
    first, second = order[:, 0], order[:, 1]
    rows = np.flatnonzero(keras[np.arange(len(keras)), second] > 0.02)
    network = read(models, path)
    noise = disturb(network, images[rows], find_ranges(network, images)).noise(first[rows], second[rows])
    answers = open_file(bundle, file, "reference").predict(images)
    moves = log_odds(answers[rows], first[rows], second[rows]) - log_odds(keras[rows], first[rows], second[rows])
    ratio = float(np.sqrt(np.mean(moves**2) / np.mean(noise**2)))

    assert len(rows) >= 5
    assert ratio < 2
    assert ratio > 0.33 or path.startswith("float32")


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("float32.tflite", (None, None, False)),
        ("int8.tflite", (None, 1 / 256, True)),
        ("uint8.tflite", (1 / 255, 1 / 256, True)),
        ("dynamic.tflite", (None, None, False)),
        ("float32.onnx", (None, None, False)),
        ("int8.onnx", (None, None, True)),
    ],
)
def test_steps_of_pictures_answers_and_sums(
    models: Path, path: str, steps: tuple[float | None, float | None, bool]
) -> None:
    network = read(models, path)
    taken, given, sums = steps

    assert network.input_step in (None, pytest.approx(1 / 255))
    assert taken is None or network.input_step == pytest.approx(taken)
    assert network.output_step == (None if given is None else pytest.approx(given))
    assert (network.logits_step is not None) == sums


def test_activations_of_dynamic_files_are_rounded_image_by_image(models: Path) -> None:
    assert read(models, "dynamic.tflite").by_image
    assert not read(models, "int8.tflite").by_image


def test_what_only_moves_numbers_rounds_nothing_anew(models: Path) -> None:
    """Flattening in front of the last layer keeps the steps of the convolution before it."""
    network = read(models, "int8.tflite")
    flat = next(step.output for step in network.graph.steps if step.operator == "RESHAPE")

    assert flat not in network.steps
    assert sum(step.output in network.steps for step in network.graph.steps) == 4  # three convolutions and the sums


@pytest.mark.parametrize("path", ["int8.tflite", "int8.onnx"])
def test_a_step_wider_than_its_range_needs_excuses_no_more(
    models: Path, golden: tuple[Images, Probabilities], path: str
) -> None:
    """Sixteen times as wide a step moves twice as far as the right one, not sixteen times."""
    network, images = read(models, path), golden[0][:20]
    wide = Network(**{name: getattr(network, name) for name in Network.__slots__})
    coarse = {key: step * 16 if key not in network.graph.constants else step for key, step in network.steps.items()}
    object.__setattr__(wide, "steps", coarse)
    ranges = find_ranges(network, golden[0])
    right, wrong = (disturb(net, images, ranges, 8).spread[net.graph.output] for net in (network, wide))

    assert right < wrong < 3 * right


@pytest.mark.parametrize("path", ["float32.tflite", "batch.tflite", "float32.onnx"])
def test_files_of_a_fixed_batch_are_followed_batch_by_batch(
    models: Path, golden: tuple[Images, Probabilities], path: str
) -> None:
    """Seven images, one or four at a time, give what the file with a free batch gives for all at once."""
    static = read_network((models / "static" / path).read_bytes(), path)
    answers = np.exp(disturb(static, golden[0][:7], {}, rounds=2).answers)

    assert static.batch == (4 if path == "batch.tflite" else 1)
    assert answers.shape == (3, 7, 10)
    assert np.abs(answers[0] - golden[1][:7]).max() < 1e-5
    assert 0 < np.abs(answers[1] - answers[0]).max() < 1e-3


def test_figures_are_the_same_every_time(models: Path, golden: tuple[Images, Probabilities]) -> None:
    network, classes = read(models, "int8.tflite"), np.zeros(5, np.intp)
    first, again = (disturb(network, golden[0][:5], {}, 4).noise(classes, classes + 1) for _ in range(2))

    np.testing.assert_array_equal(first, again)


def test_an_excuse_is_asked_once_about_the_same_samples(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.rounding import excuse

    calls: list[int] = []
    whole = excuse.disturb

    def counted(network: Network, images: Images, ranges: dict[object, float], rounds: int) -> object:
        calls.append(len(images))
        return whole(network, images, ranges, rounds)

    monkeypatch.setattr(excuse, "disturb", counted)
    glyphs = open_golden(open_bundle(models))[0].images
    form = Excuse((models / "int8.tflite").read_bytes(), "int8.tflite", glyphs).about(glyphs)
    assert form.spread is not None
    rows, classes = np.arange(3), np.zeros(3, np.intp)
    for _ in range(3):
        form.spread(rows, classes, classes + 1, 4)

    assert calls == [3]


@pytest.mark.parametrize("data", [b"", b"\x00" * 4 + b"TFL3" + b"\xff" * 40, b"\x08\x01nonsense"])
def test_what_cannot_be_read_is_a_model_error(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"x\.tflite: its numbers cannot be followed"):
        read_network(data, "x.tflite")


def test_shipped_files_can_all_be_followed() -> None:
    bundle = open_bundle()
    for file in bundle.manifest.converted():
        network = read_network(manifest.read_file(bundle.folder, file), file.path)
        assert network.graph.steps, backends.ENGINES
