"""Digits written larger, seen by a camera, cut out and normalised: how the glyphs come about that the reader feeds."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from runtime.preprocess import normalise
from train.augment import camera, pen, surroundings
from train.augment.place import move
from train.augment.stack import Images

PART = 128  # images varied at once: few enough for the processor's cache


class Sight(NamedTuple):
    """How large the field of a digit is; the digit fills about seven tenths of it."""

    side: int  # pixels at which it is written
    shrink: int  # times fewer pixels that the camera has
    share: float  # of the images


class Effect(NamedTuple):
    """One thing that happens to some of the images."""

    vary: Callable[[Images, np.random.Generator], Images]
    share: float


SIGHTS = (Sight(36, 1, 0.25), Sight(52, 1, 0.3), Sight(72, 1, 0.15), Sight(48, 2, 0.2), Sight(54, 3, 0.1))
BINARY = 0.25  # share of the images that come from scanners and fax machines instead of cameras
WRITING = (
    Effect(pen.sharpen, 0.8),
    Effect(pen.change_width, 0.6),
    Effect(surroundings.add_ruling, 0.05),
    Effect(surroundings.add_neighbour, 0.05),
    Effect(surroundings.cut_off, 0.05),
    Effect(pen.break_lines, 0.05),
    Effect(camera.soften, 0.4),
)
SEEING = (
    Effect(pen.vary_pressure, 0.25),
    Effect(pen.roughen, 0.15),
    Effect(camera.compress, 0.15),
    Effect(camera.cut_out, 1.0),
    Effect(camera.add_noise, 0.2),
)


def take_photographs(images: Images, rng: np.random.Generator, strength: float) -> Images:
    """Vary glyphs uint8 (N, 28, 28); `strength` is that of what moves and bends them."""
    sights = rng.choice(len(SIGHTS), len(images), p=[sight.share for sight in SIGHTS])
    varied = np.empty_like(images)
    for number, sight in enumerate(SIGHTS):
        chosen = np.flatnonzero(sights == number)
        for start in range(0, len(chosen), PART):
            part = chosen[start : start + PART]
            varied[part] = _photograph_part(images[part], sight, rng, strength)
    return varied


def _photograph_part(images: Images, sight: Sight, rng: np.random.Generator, strength: float) -> Images:
    """Write, see and normalise images at one size."""
    written = _apply(WRITING, move(images, sight.side, 0, rng, strength), rng)
    seen = camera.shrink(written, sight.shrink)
    binary = rng.random(len(images)) < BINARY
    seen[binary] = camera.binarise(seen[binary], rng)
    seen[~binary] = _apply(SEEING, seen[~binary], rng)
    return np.stack([normalise(image) for image in seen])


def _apply(effects: tuple[Effect, ...], images: Images, rng: np.random.Generator) -> Images:
    """Each effect on its share of the images."""
    for effect in effects:
        chosen = np.flatnonzero(rng.random(len(images)) < effect.share)
        if len(chosen):
            images[chosen] = effect.vary(images[chosen], rng)
    return images
