"""Keras' own answers as they are kept in the run."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from convert.golden import DRAWN, LABELLED, make_golden, make_reference, read_arrays
from runtime import manifest
from runtime.errors import ModelError
from runtime.npz import Arrays, write_npz
from runtime.records import Probabilities


def answer(images: np.ndarray) -> Probabilities:
    """An answer that tells which images were asked for."""
    return np.repeat(images.mean(axis=(1, 2), dtype=np.float32)[:, None], 10, axis=1)


@pytest.fixture
def holdout() -> Arrays:
    images = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
    return {"images": images, "labels": np.arange(6, dtype=np.uint8)}


def test_golden_samples_are_the_drawn_ones_with_answers(holdout: Arrays) -> None:
    golden = make_golden({**holdout, "ink": np.zeros(3, np.uint8)}, answer)

    assert set(golden) == {"images", "labels", "ink", "probabilities"}
    assert (golden["probabilities"] == answer(holdout["images"])).all()


def test_reference_holds_no_picture(holdout: Arrays) -> None:
    reference = make_reference(holdout, "ab" * 32, answer)

    assert set(reference) == {"probabilities", "labels", "images_sha256", "keras_sha256"}
    assert (reference["probabilities"] == answer(holdout["images"])).all()
    assert str(reference["images_sha256"]) == hashlib.sha256(holdout["images"].tobytes()).hexdigest()
    assert str(reference["keras_sha256"]) == "ab" * 32


def test_the_pictures_hash_ignores_their_order_in_memory(holdout: Arrays) -> None:
    turned = {**holdout, "images": np.asfortranarray(holdout["images"])}

    found = make_reference(turned, "", answer)["images_sha256"]

    assert found == make_reference(holdout, "", answer)["images_sha256"]


def test_a_runs_arrays_are_read(tiny_run: Path) -> None:
    described = manifest.load(tiny_run)

    assert read_arrays(tiny_run, described, "calibration", LABELLED)["images"].shape == (100, 28, 28)
    assert set(read_arrays(tiny_run, described, "drawn", DRAWN)) == set(DRAWN)


def replace_calibration(run: Path, arrays: Arrays) -> manifest.Manifest:
    write_npz(run / "calibration.npz", arrays)
    return manifest.load(run).with_files([manifest.describe(run, "calibration.npz", "npz", "calibration")])


IMAGES = np.zeros((4, 28, 28), np.uint8)
WRONG = {
    "no images": ({"images": IMAGES[:0], "labels": np.zeros(0, np.uint8)}, r"expected images uint8 \(N, 28, 28\)"),
    "other size": ({"images": IMAGES[:, :20], "labels": np.zeros(4, np.uint8)}, r"got uint8 \(4, 20, 28\)"),
    "other type": ({"images": IMAGES / 255, "labels": np.zeros(4, np.uint8)}, r"got float64 \(4, 28, 28\)"),
    "labels missing": ({"images": IMAGES}, "expected the arrays labels"),
    "too few labels": ({"images": IMAGES, "labels": np.zeros(3, np.uint8)}, r"4 images, but labels of shape \(3,\)"),
}


@pytest.mark.parametrize(("arrays", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arrays_are_named(run: Path, arrays: Arrays, message: str) -> None:
    described = replace_calibration(run, arrays)

    with pytest.raises(ModelError, match=rf"calibration\.npz: .*{message}"):
        read_arrays(run, described, "calibration", LABELLED)


def test_an_unlisted_file_is_named(tiny_run: Path) -> None:
    with pytest.raises(ModelError, match=r"lists no golden\.npz; name a run folder that digits train has written"):
        read_arrays(tiny_run, manifest.load(tiny_run), "golden", LABELLED)


def test_a_changed_file_is_refused(run: Path) -> None:
    described = manifest.load(run)
    write_npz(run / "calibration.npz", {"images": IMAGES, "labels": np.zeros(4, np.uint8)})

    with pytest.raises(ModelError, match=r"calibration\.npz: the manifest says"):
        read_arrays(run, described, "calibration", LABELLED)
