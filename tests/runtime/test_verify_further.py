"""What a run holds beside digits to report on is compared too: its validation samples, and what is no digit."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime import manifest
from runtime.answer_sheet import open_further
from runtime.bundle import open_bundle, open_file
from runtime.errors import ModelError
from runtime.localise import localise_file
from runtime.npz import write_npz
from runtime.parity import ParityCheck
from runtime.preprocess import to_input
from runtime.verify import verify_folder

Replace = Callable[[Path, str, bytes], None]


@pytest.fixture(autouse=True)
def no_mnist_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def add_answers(folder: Path, name: str, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """List samples and the answers to them; those of the float32 file stand for Keras'."""
    bundle = open_bundle(folder)
    file = next(file for file in bundle.manifest.converted() if file.path == "float32.tflite")
    with np.load(folder / "reference.npz") as reference:
        keras = reference["keras_sha256"]
    answers = {
        "probabilities": open_file(bundle, file, "reference").predict(to_input(images)),
        "labels": labels,
        "images_sha256": np.array(hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest()),
        "keras_sha256": keras,
    }
    write_npz(folder / f"{name}.npz", {"images": images})
    write_npz(folder / f"{name}_reference.npz", answers)
    variants = (name, f"{name}_reference")
    listed = [manifest.describe(folder, f"{variant}.npz", "npz", variant) for variant in variants]
    manifest.save(bundle.manifest.with_files(listed), folder)


@pytest.fixture
def run(eleven: Path, models: Path, tmp_path: Path) -> Path:
    """The bundle with "not a digit" as a run: with its hold-out, with junk, and with digits and junk mixed."""
    folder = Path(shutil.copytree(eleven, tmp_path / "run"))
    shutil.copy(models / "holdout.npz", folder)
    holdout = manifest.describe(folder, "holdout.npz", "npz", "holdout")
    manifest.save(manifest.load(folder).with_files([holdout]), folder)
    with np.load(folder / "background.npz") as background, np.load(folder / "holdout.npz") as digits:
        junk, images, labels = background["images"], digits["images"], digits["labels"]
    nothing = np.full(len(junk), 10, np.uint8)
    add_answers(folder, "background", junk, nothing)
    mixed = np.concatenate([images[:50], junk[:30]]), np.append(labels[:50], nothing[:30])
    add_answers(folder, "validation", *mixed)
    return folder


def checks(folder: Path, data: str) -> list[ParityCheck]:
    report = verify_folder(folder, ["reference"])
    assert report.passed
    assert report.samples == 300  # of the hold-out, whatever else is compared
    return [check for check in report.checks if check.data == data]


def test_what_is_no_digit_is_compared_on_every_file(run: Path) -> None:
    found = checks(run, "background")

    assert {check.file for check in found} == {"int8.tflite", "float32.tflite", "float32.onnx"}
    assert all(check.comparison and check.comparison.samples == 150 for check in found)
    assert all(check.comparison and check.comparison.accuracy > 0.8 for check in found)  # taken for no digit


def test_validation_samples_are_compared_with_both_kinds_of_labels(run: Path) -> None:
    found = checks(run, "validation")

    assert {check.comparison.samples for check in found if check.comparison} == {80}
    assert all(check.limits.accuracy_loss is None for check in found)


def test_flips_of_what_is_no_digit_count(run: Path, replace_file: Replace) -> None:
    with np.load(run / "background_reference.npz") as archive:
        arrays = dict(archive)
    arrays["probabilities"] = np.roll(arrays["probabilities"], 1, axis=1)
    write_npz(run / "background_reference.npz", arrays)
    replace_file(run, "background_reference.npz", (run / "background_reference.npz").read_bytes())
    report = verify_folder(run, ["reference"])

    assert {check.data for check in report.checks if not check.passed} == {"background"}
    assert all("unexplained flips" in " ".join(c.broken) for c in report.checks if not c.passed)
    assert ("background", 0) in report.pictures
    assert localise_file(run, "float32.onnx", ["reference"]).data == "background"  # where the worst samples are


def test_a_part_of_them_is_taken_like_a_part_of_the_holdout(run: Path) -> None:
    report = verify_folder(run, ["reference"], samples=20)

    assert {check.data: check.comparison.samples for check in report.checks if check.comparison} == {
        "golden": 100,
        "holdout": 20,
        "validation": 20,
        "background": 20,
    }


def test_a_bundle_has_none(eleven: Path) -> None:
    assert open_further(open_bundle(eleven)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images_sha256": np.array("e" * 64)}, r"background\.npz: Keras' answers belong to other pictures"),
        ({"labels": np.full(150, 11, np.uint8)}, "expected labels uint8 from 0 to 10"),
        ({"labels": np.full(3, 10, np.uint8)}, r"expected labels \(150,\)"),
    ],
    ids=["other pictures", "label 11", "too few"],
)
def test_answers_that_do_not_fit_are_refused(
    run: Path, replace_file: Replace, changes: dict[str, NDArray[np.generic]], message: str
) -> None:
    with np.load(run / "background_reference.npz") as archive:
        arrays = dict(archive)
    write_npz(run / "background_reference.npz", arrays | changes)
    replace_file(run, "background_reference.npz", (run / "background_reference.npz").read_bytes())

    with pytest.raises(ModelError, match=message):
        verify_folder(run, ["reference"])
