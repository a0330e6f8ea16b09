"""Data sets: parts, shares, fingerprints, and where they come from."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import InputError
from train.data_set import DataSet, pick_per_class
from train.handwriting.dataset import draw_digits
from train.mnist import VARIABLE
from train.sources import draw_data_set, load_data


def make(training: int = 100, test: int = 20) -> DataSet:
    return DataSet("drawn", *draw_digits(training, 1), *draw_digits(test, 2))


def test_split_holds_the_last_part_back() -> None:
    data = make(100)

    (images, labels), (held_images, held_labels) = data.split(0.1)

    assert (len(images), len(held_images)) == (90, 10)
    np.testing.assert_array_equal(np.concatenate([images, held_images]), data.training_images)
    np.testing.assert_array_equal(np.concatenate([labels, held_labels]), data.training_labels)


def test_split_of_nothing_holds_nothing_back() -> None:
    learning, validation = make(50).split(0)

    assert len(learning[0]) == 50
    assert len(validation[0]) == len(validation[1]) == 0


def test_split_leaves_something_to_learn_from() -> None:
    with pytest.raises(InputError, match=r"share of 0\.98 leaves none of 20 to learn"):
        make(100).limited(20).split(0.98)


def test_limit_takes_the_first_training_images_and_leaves_the_test_part() -> None:
    data = make(100)

    assert len(data.limited(30).training_labels) == 30
    assert len(data.limited(30).test_labels) == 20
    assert data.limited(None) is data


@pytest.mark.parametrize(
    ("training", "test", "reason"),
    [(5, 20, "among the training labels"), (20, 0, "no test images")],
    ids=["a digit is missing", "nothing to test"],
)
def test_useless_data_are_refused(training: int, test: int, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        make(training, test)


def test_fingerprint_sees_every_pixel_and_label() -> None:
    data = make()
    prints = {data.fingerprint()}
    for part in (data.training_images, data.training_labels, data.test_images, data.test_labels):
        part.reshape(-1)[-1] ^= 1
        prints.add(data.fingerprint())

    assert len(prints) == 5
    assert make().fingerprint() == make().fingerprint()


def test_pick_per_class_is_balanced_mixed_and_repeatable() -> None:
    images, labels = draw_digits(300, 1)

    chosen, its_labels = pick_per_class(images, labels, 7, seed=1)

    assert np.bincount(its_labels).tolist() == [7] * 10
    assert (np.diff(its_labels.astype(int)) != 0).mean() > 0.5
    np.testing.assert_array_equal(chosen, pick_per_class(images, labels, 7, seed=1)[0])
    assert (chosen != pick_per_class(images, labels, 7, seed=2)[0]).any()
    np.testing.assert_array_equal(images[[(images == c).all((1, 2)).argmax() for c in chosen]], chosen)


def test_pick_per_class_takes_what_there_is() -> None:
    images, labels = draw_digits(30, 1)

    assert np.bincount(pick_per_class(images, labels, 7, seed=1)[1]).tolist() == [3] * 10


def test_drawn_data_are_the_same_every_time_and_parts_differ() -> None:
    data = draw_data_set(600, 40)

    assert data.name == "synthetic"
    np.testing.assert_array_equal(data.training_images, draw_digits(600, 1)[0])
    assert (data.training_images[:40] != data.test_images).any(axis=(1, 2)).all()


def test_a_folder_is_named_after_itself(idx_folder: Path) -> None:
    data = load_data(str(idx_folder))

    assert data.name == idx_folder.name
    assert data.training_images.shape == (1200, 28, 28)
    assert data.test_labels.shape == (200,)


@pytest.mark.parametrize("name", ["mnist", "synthetic"])
def test_a_folder_of_other_digits_never_passes_for_what_it_is_called(
    name: str, idx_folder: Path, tmp_path: Path
) -> None:
    assert load_data(str(shutil.copytree(idx_folder, tmp_path / name))).name == f"another {name}"


def test_auto_takes_what_the_variable_names(idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(idx_folder))

    assert load_data("auto").name == idx_folder.name
    assert load_data(None).name == idx_folder.name


def test_auto_draws_loudly_where_mnist_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr("train.sources.TRAINING_COUNT", 40)
    monkeypatch.setattr("train.sources.TEST_COUNT", 20)

    with pytest.raises(InputError, match="expected train-images"):
        load_data(None)
    assert load_data("auto").name == "synthetic"
    assert "NOT MNIST" in capsys.readouterr().err
