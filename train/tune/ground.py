"""What all trials of a search share: the images that they learn from, and those that they are judged on."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError
from runtime.idx import Labelled
from runtime.plain import counted
from runtime.records import DIGITS
from runtime.terminal import talk
from train.augment import augment
from train.data_set import DataSet
from train.material import VALIDATION_BACKGROUND, VALIDATION_SEED, Material, gather
from train.sources import draw_background_images
from train.zoo.recipe import Recipe

VARIATION_SEED = 14
FEWEST = 500  # digits; of fewer, one in a hundred wrong is five or none


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The images of a search."""

    material: Material  # with as much background as any trial takes
    varied: NDArray[np.uint8]  # (N, 28, 28): the material's validation digits, varied once for all trials
    background: NDArray[np.uint8]  # (M, 28, 28) of what is no digit, of which nothing is learnt

    @property
    def digits(self) -> Labelled:
        """The validation digits as they are, and their labels."""
        return self.material.validation

    def material_for(self, recipe: Recipe) -> Material:
        """The material with the share of background that `recipe` asks for."""
        pools = self.material.pools
        shared = (replace(p, share=recipe.background) if (p.labels == DIGITS).all() else p for p in pools)
        return replace(self.material, pools=tuple(shared))


def prepare(data: DataSet, recipe: Recipe, background: float) -> Ground:
    """Split and draw what trials need that differ from `recipe` in up to `background` images for each digit.

    Nothing of the test part is looked at. Raises InputError where the recipe holds no digits back.
    """
    material = gather(data, replace(recipe, background=background))
    images, labels = material.validation
    if not len(labels):
        raise InputError(f"{data.name}: a search needs digits to judge by; take more of them, or another preset")
    if len(labels) < FEWEST:
        few = f"trials are judged by {counted(len(labels), 'digit')} alone: most differences between them are chance"
        talk().print(f"{few}; take more images", style="bold yellow", soft_wrap=True)
    varied = augment(images, np.random.default_rng(VARIATION_SEED))
    count = round(VALIDATION_BACKGROUND * len(labels)) if background else 0
    none, _ = draw_background_images(count, VALIDATION_SEED, images)
    return Ground(material, varied, none)
