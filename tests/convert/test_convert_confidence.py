"""Each converted file is calibrated on its own answers to what the run held back, with ten answers or eleven."""

# ruff: noqa: ANN401 - Keras has no types

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.calibration import digit_scores, expected_calibration_error
from convert.confidence import Sample, calibrate_file, fit_calibration, read_sample
from convert.threshold import LOWEST, fit_thresholds
from convert.variants import choose_variants
from runtime import manifest
from runtime.bundle import open_bundle, open_model
from runtime.calibration import Calibration, apply_temperature
from runtime.errors import ModelError
from runtime.evaluate import ask
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT
from runtime.npz import write_npz
from runtime.parity import find_broken
from runtime.preprocess import to_input
from runtime.verify import verify_folder
from train.background import draw_background
from train.handwriting.dataset import draw_digits

JUNK = 10
Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def draw_labelled(digits: int, background: int, seed: int) -> Labelled:
    """Drawn digits, then what is none with the label 10."""
    images, labels = draw_digits(digits, seed)
    others, _ = draw_background(background, seed, images)
    return np.concatenate([images, others]), np.append(labels, np.full(background, JUNK, np.uint8))


@pytest.fixture(scope="module")
def validation() -> Labelled:
    return draw_labelled(400, 120, seed=21)


def add_arrays(run: Path, name: str, images: NDArray[Any], labels: NDArray[Any]) -> None:
    """Write another .npz file to a run and list it."""
    write_npz(run / f"{name}.npz", {"images": images, "labels": labels})
    manifest.save(manifest.load(run).with_files([manifest.describe(run, f"{name}.npz", "npz", name)]), run)


@pytest.fixture(scope="module")
def model_of_eleven(framework: ModuleType) -> Any:
    """A small network with "not a digit", sure enough of drawn digits to be converted without a loss."""
    from convert.quiet import quiet

    layers = framework.layers
    images, labels = draw_labelled(1000, 250, seed=5)
    framework.utils.set_random_seed(3)
    body = [layers.Conv2D(width, 3, strides=2, padding="same", activation="relu") for width in (8, 12)]
    head = [layers.Flatten(), layers.Dense(11, activation="softmax")]
    model = framework.Sequential([framework.Input((28, 28, 1)), *body, *head])
    with quiet():
        model.compile(framework.optimizers.Adam(4e-3), "sparse_categorical_crossentropy")
        model.fit(to_input(images), labels, epochs=15, batch_size=32, verbose=0)
    return model


@pytest.fixture(scope="module")
def run_of_eleven(
    model_of_eleven: Any, tiny_run: Path, validation: Labelled, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run of that network as training writes it, with what it held back."""
    from convert.quiet import quiet

    folder = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("eleven") / "eleven"))
    with quiet():
        model_of_eleven.save(folder / "model.keras")
    described = replace(manifest.load(folder), classes=(*DIGIT_CLASSES, NOT_A_DIGIT))
    manifest.save(described.with_files([manifest.describe(folder, "model.keras", "keras", "float32")]), folder)
    add_arrays(folder, "validation", *validation)
    return folder


@pytest.fixture(scope="module")
def converted_of_eleven(run_of_eleven: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from convert.pipeline import convert_run

    folder = Path(shutil.copytree(run_of_eleven, tmp_path_factory.mktemp("converted") / "eleven"))
    convert_run(folder, choose_variants("all"), False, lambda *_: None)
    return folder


@pytest.mark.slow
def test_every_file_has_the_calibration_of_its_own_answers(converted_of_eleven: Path, validation: Labelled) -> None:
    bundle = open_bundle(converted_of_eleven)
    images, labels = validation

    assert len(bundle.manifest.converted()) == 7
    for file in bundle.manifest.converted():
        assert file.calibration is not None
        _, backend = open_model(bundle, file=file.path)
        answers = ask(backend, images)
        assert file.calibration == fit_calibration(answers, Sample(images, labels, held_back=True)), file.path
        mended = apply_temperature(answers, file.calibration.temperature)
        assert expected_calibration_error(mended, labels) <= expected_calibration_error(answers, labels) + 0.005
        assert abs(file.calibration.temperature - 1) > 0.05  # it overfits its 1,250 images, so 1 would be a sham
        right = digit_scores(mended)[(mended.argmax(axis=1) == labels) & (labels < JUNK)]
        for threshold, share in ((file.calibration.confidence, 0.99), (file.calibration.sure, 0.98)):
            assert threshold == LOWEST or (right >= threshold).mean() >= share


@pytest.mark.slow
def test_eleven_answers_pass_through_the_whole_conversion(converted_of_eleven: Path, model_of_eleven: Any) -> None:
    report = verify_folder(converted_of_eleven)
    document = json.loads((converted_of_eleven / "parity.json").read_text())

    assert report.passed
    assert document["bundle"]["sha256"] == manifest.fingerprint(converted_of_eleven)
    assert manifest.load(converted_of_eleven).classes[10] == "not a digit"
    for check in report.checks:
        assert check.comparison is not None
        assert find_broken(check.comparison, check.limits) == ()
    with np.load(converted_of_eleven / "golden.npz") as golden:
        expected = model_of_eleven(to_input(golden["images"]), training=False).numpy()
        assert golden["probabilities"].shape == (100, 11)
        assert np.abs(golden["probabilities"] - expected).max() < 1e-5


@pytest.mark.slow
def test_the_models_thresholds_are_of_raw_answers(converted_of_eleven: Path, validation: Labelled) -> None:
    """Programs that know no calibration judge uncorrected answers."""
    bundle = open_bundle(converted_of_eleven)
    _, backend = open_model(bundle, file="float32.tflite")

    assert bundle.manifest.thresholds == fit_thresholds(ask(backend, validation[0]), validation[1])


@pytest.mark.slow
def test_a_bundle_keeps_the_calibrations(converted_of_eleven: Path, tmp_path: Path) -> None:
    from convert.pack import pack_bundle

    packed = pack_bundle(converted_of_eleven, tmp_path / "bundle", ["int8.tflite"])
    listed = manifest.load(converted_of_eleven).find("tflite", "int8")

    assert packed.find("tflite", "int8") == listed == manifest.load(tmp_path / "bundle").find("tflite", "int8")
    assert listed is not None
    assert listed.calibration is not None


@pytest.mark.parametrize("classes", [DIGIT_CLASSES, (*DIGIT_CLASSES, NOT_A_DIGIT)], ids=["ten", "eleven"])
def test_a_manifest_of_other_classes_is_refused(
    framework: ModuleType,  # noqa: ARG001 - Keras must be loaded first
    tiny_run: Path,
    run_of_eleven: Path,
    tmp_path: Path,
    classes: tuple[str, ...],
) -> None:
    from convert.pipeline import convert_run

    other = run_of_eleven if len(classes) == 10 else tiny_run
    run = Path(shutil.copytree(other, tmp_path / "run"))
    manifest.save(replace(manifest.load(run), classes=classes), run)
    outputs = 21 - len(classes)

    message = rf"expected input .* and {len(classes)} outputs as the manifest says, got .* and \(None, {outputs}\)"
    with pytest.raises(ModelError, match=message):
        convert_run(run, choose_variants("float32.tflite"), False, lambda *_: None)


def test_ten_answers_are_calibrated_on_what_was_held_back(
    framework: ModuleType,  # noqa: ARG001
    run: Path,
    validation: Labelled,
) -> None:
    from convert.pipeline import convert_run

    add_arrays(run, "validation", *validation)
    (converted,) = convert_run(run, choose_variants("float32.tflite"), False, lambda *_: None)

    listed = manifest.load(run).find("tflite", "float32")
    assert converted.file == listed
    assert listed is not None
    assert listed.calibration is not None
    assert listed.calibration.temperature != 1


def test_a_run_that_held_nothing_back_has_no_temperature(converted_run: Path) -> None:
    files = manifest.load(converted_run).converted()

    assert {file.calibration.temperature for file in files if file.calibration} == {1.0}
    assert all(file.calibration for file in files)


def test_the_sample_is_what_was_held_back(run: Path, validation: Labelled) -> None:
    learnt = read_sample(run, manifest.load(run))
    add_arrays(run, "validation", *validation)
    held_back = read_sample(run, manifest.load(run))

    assert (len(learnt.images), learnt.held_back) == (100, False)
    assert (len(held_back.images), held_back.held_back) == (520, True)
    assert np.array_equal(held_back.labels, validation[1])


def test_what_is_held_back_does_not_move_with_ones_own_answers(run: Path) -> None:
    """A temperature is fitted to held-back samples alone."""
    learnt = read_sample(run, manifest.load(run))
    answers = np.full((100, 10), 0.02, np.float32)
    answers[np.arange(100), learnt.labels] = 0.82

    assert fit_calibration(answers, learnt).temperature == 1
    assert fit_calibration(answers, replace(learnt, held_back=True)).temperature < 1


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full(5, 11, np.uint8), "expected labels uint8 from 0 to 10, got uint8 to 11"),
        (np.full(5, 3, np.int64), "expected labels uint8 from 0 to 10, got int64"),
        (np.full(4, 3, np.uint8), "5 images, but labels of shape"),
    ],
    ids=["a twelfth class", "wide", "too few"],
)
def test_a_damaged_sample_is_refused(run: Path, labels: NDArray[Any], message: str) -> None:
    add_arrays(run, "validation", np.zeros((5, 28, 28), np.uint8), labels)

    with pytest.raises(ModelError, match=message):
        read_sample(run, manifest.load(run))


def test_a_file_that_does_not_answer_stays_without(
    bundle_folder: Path, replace_file: Callable[[Path, str, bytes], None], validation: Labelled
) -> None:
    """The gate, which comes next, refuses it and says why."""
    data = (bundle_folder / "float32.onnx").read_bytes()
    replace_file(bundle_folder, "float32.onnx", data[: len(data) // 2])
    bundle = open_bundle(bundle_folder)
    sample = Sample(*validation, held_back=True)
    broken, sound = (bundle.manifest.find("onnx", variant) for variant in ("float32", "int8"))
    assert broken is not None
    assert sound is not None

    assert calibrate_file(bundle, broken, sample).calibration is None
    assert isinstance(calibrate_file(bundle, sound, sample).calibration, Calibration)
