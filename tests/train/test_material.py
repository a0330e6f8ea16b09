"""What a training is given: digits, what is mixed into every epoch of them, and what is held back."""

from dataclasses import replace

import numpy as np
import pytest

from train.data_set import DataSet
from train.handwriting.dataset import draw_digits
from train.material import Material, Pool, gather, hold_back
from train.zoo.recipe import Recipe

PLAIN = Recipe("categorical_crossentropy", epochs=1, batch_size=50)


@pytest.fixture(scope="module")
def data() -> DataSet:
    return DataSet("drawn", *draw_digits(300, 1), *draw_digits(50, 2))


def pool_of(count: int, label: int, share: float) -> Pool:
    images = np.arange(count, dtype=np.uint8)[:, None, None] + np.zeros((1, 28, 28), np.uint8)
    return Pool(images, np.full(count, label, np.uint8), share)


def material_of(digits: int, *pools: Pool) -> Material:
    images = np.full((digits, 28, 28), 255, np.uint8)
    nothing = np.empty((0, 28, 28), np.uint8), np.empty(0, np.uint8)
    return Material((images, np.zeros(digits, np.uint8)), pools, nothing)


def test_plain_recipe_learns_the_digits_alone(data: DataSet) -> None:
    material = gather(data, PLAIN)

    assert material.pools == ()
    assert material.epoch_size() == 300
    images, labels = material.mix(np.random.default_rng(1))
    assert images.shape == (300, 28, 28)
    assert sorted(labels) == sorted(data.training_labels)


def test_background_and_european_digits_are_drawn_in_their_shares(data: DataSet) -> None:
    recipe = replace(PLAIN, background=0.2, european=0.1, validation_share=0.5)

    material = gather(data, recipe)

    assert len(material.learning[1]) == len(material.validation[1]) == 150
    assert [len(pool.labels) for pool in material.pools] == [60, 30]
    assert set(material.pools[0].labels) == {10}
    assert set(material.pools[1].labels) <= set(range(10))
    assert material.epoch_size() == 150 + 30 + 15
    _, labels = material.mix(np.random.default_rng(1))
    assert len(labels) == material.epoch_size()
    assert np.sum(labels == 10) == 30


def test_every_epoch_takes_others_of_a_pool_and_none_twice() -> None:
    material = material_of(100, pool_of(200, 10, 0.5))

    epochs = [material.mix(np.random.default_rng(seed)) for seed in (1, 2)]

    taken = [images[labels == 10, 0, 0].tolist() for images, labels in epochs]
    assert [len(set(numbers)) for numbers in taken] == [50, 50]
    assert set(taken[0]) != set(taken[1])
    again = material.mix(np.random.default_rng(1))
    np.testing.assert_array_equal(again[0], epochs[0][0])


def test_a_settling_epoch_takes_a_part_of_every_pool() -> None:
    material = material_of(100, pool_of(200, 10, 0.5), pool_of(50, 7, 0.1))

    images, labels = material.mix(np.random.default_rng(1), 0.2)

    assert np.bincount(labels, minlength=11)[[0, 7, 10]].tolist() == [100, 2, 10]
    assert len(images) == material.epoch_size(0.2) == 112


def test_a_small_pool_gives_what_it_has() -> None:
    material = material_of(100, pool_of(20, 10, 0.5))

    assert material.epoch_size() == 120
    assert np.sum(material.mix(np.random.default_rng(1))[1] == 10) == 20


def test_what_is_held_back_is_drawn_apart_from_what_is_learnt(data: DataSet) -> None:
    recipe = replace(PLAIN, background=0.2, validation_share=0.5)

    learnt = gather(data, recipe).pools[0].images
    chosen_by, reported_on = hold_back(data, recipe)

    assert (len(chosen_by.images), len(reported_on.images)) == (50, 10)
    assert len(chosen_by.kinds) == 50
    flat = {image.tobytes() for image in learnt}
    assert not flat & {image.tobytes() for part in (chosen_by, reported_on) for image in part.images}


def test_without_a_validation_part_nothing_is_drawn_to_choose_by(data: DataSet) -> None:
    chosen_by, reported_on = hold_back(data, PLAIN)

    assert len(chosen_by.images) == 0
    assert len(reported_on.images) == 10


def test_a_training_on_few_images_is_not_reported_on_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def draw(count: int, *_: object) -> tuple[np.ndarray, np.ndarray]:
        asked.append(count)
        return np.empty((0, 28, 28), np.uint8), np.empty(0, np.uint8)

    monkeypatch.setattr("train.material.draw_background_images", draw)
    images, labels = np.zeros((300, 28, 28), np.uint8), np.arange(300, dtype=np.uint8) % 10

    hold_back(DataSet("few", images[:20], labels[:20], images, labels), PLAIN)
    hold_back(DataSet("many", images, labels, images, labels), PLAIN)

    assert asked == [0, 20, 0, 60]
