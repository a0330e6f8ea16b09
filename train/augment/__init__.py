"""Variations of handwritten digits, fresh for every epoch: place, pen, surroundings and camera."""

import numpy as np

from train.augment.field import vary_in_field
from train.augment.photograph import take_photographs
from train.augment.stack import Images

__all__ = ["augment"]

UNTOUCHED = 0.1  # share of the images that stay as they are
PHOTOGRAPHED = 0.2  # share of the others that goes the way of a photographed digit


def augment(images: Images, rng: np.random.Generator, strength: float = 1.0) -> Images:
    """Vary uint8 images (N, 28, 28) as far as `strength` (0 to 1) says; the same `rng` state gives the same result."""
    varied = images.copy()
    touched = rng.random(len(images)) >= UNTOUCHED
    seen = rng.random(len(images)) < PHOTOGRAPHED * strength
    for vary, chosen in ((vary_in_field, touched & ~seen), (take_photographs, touched & seen)):
        varied[chosen] = vary(images[chosen], rng, strength)
    return varied
