"""What one training is given: digits to learn from, what is mixed into every epoch of them, and what selects."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.idx import Labelled
from runtime.records import DIGITS, Images, Probabilities
from train.data_set import DataSet
from train.sources import draw_background_images, draw_european_digits
from train.zoo.recipe import Recipe

Teach = Callable[[Images], Probabilities]
"""A teacher: gives its answers (N, K) to a batch."""

VARIETY = 2  # images of a pool for each that an epoch takes of it
LEARNING_SEED, VALIDATION_SEED, TEST_SEED = 11, 12, 13
VALIDATION_BACKGROUND = 1 / 3  # for each validation digit: enough to see one accepted in a hundred
TEST_BACKGROUND = 1 / 5  # for each test digit


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Images of which every epoch takes others."""

    images: NDArray[np.uint8]  # (N, 28, 28), ink 255 on 0
    labels: NDArray[np.uint8]  # (N,) 0–10; 10 is "not a digit"
    share: float  # images that an epoch takes, for each digit to learn from


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The images of one training."""

    learning: Labelled  # digits, all of them in every epoch
    pools: tuple[Pool, ...]  # mixed in
    validation: Labelled  # digits that select the epoch; may be none
    teach: Teach | None = None  # whose answers are learnt beside the labels

    def epoch_size(self, part: float = 1.0) -> int:
        """How many images an epoch has that takes `part`, 0 to 1, of what is mixed in."""
        return len(self.learning[1]) + sum(self.take(pool, part) for pool in self.pools)

    def take(self, pool: Pool, part: float) -> int:
        """How many images of `pool` such an epoch takes."""
        return min(len(pool.labels), round(part * pool.share * len(self.learning[1])))

    def mix(self, rng: np.random.Generator, part: float = 1.0) -> Labelled:
        """The images of such an epoch, in an order drawn by `rng`."""
        parts = [self.learning]
        for pool in self.pools:
            chosen = rng.choice(len(pool.labels), self.take(pool, part), replace=False)
            parts.append((pool.images[chosen], pool.labels[chosen]))
        images, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = rng.permutation(len(labels))
        return images[order], labels[order]


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Images of what is no digit, on which nothing is learnt."""

    images: NDArray[np.uint8]  # (N, 28, 28)
    kinds: NDArray[np.uint8]  # (N,) indices into `train.background.KINDS`


def gather(data: DataSet, recipe: Recipe) -> Material:
    """The digits of `data`, and what `recipe` mixes into them, which is drawn."""
    learning, validation = data.split(recipe.validation_share)
    pools = []
    if recipe.background:
        images, _ = draw_background_images(_pool_size(learning, recipe.background), LEARNING_SEED, learning[0])
        pools.append(Pool(images, np.full(len(images), DIGITS, np.uint8), recipe.background))
    if recipe.european:
        pools.append(Pool(*draw_european_digits(_pool_size(learning, recipe.european), LEARNING_SEED), recipe.european))
    return Material(learning, tuple(pools), validation)


def hold_back(data: DataSet, recipe: Recipe) -> tuple[Background, Background]:
    """What is no digit to choose by, and to report on: drawn with other seeds and cut from other digits.

    A training on a few images is not reported on with more than that.
    """
    learning, validation = data.split(recipe.validation_share)
    reported_on = data.test_images[: round(len(learning[1]) / TEST_BACKGROUND)]
    return (
        _draw(validation[0], VALIDATION_BACKGROUND, VALIDATION_SEED),
        _draw(reported_on, TEST_BACKGROUND, TEST_SEED),
    )


def _draw(digits: NDArray[np.uint8], share: float, seed: int) -> Background:
    return Background(*draw_background_images(round(share * len(digits)), seed, digits))


def _pool_size(learning: Labelled, share: float) -> int:
    return round(VARIETY * share * len(learning[1]))
