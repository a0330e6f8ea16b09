"""Whole data sets of what is no digit, kind by kind."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE
from train.background.cutting import Picture, cut_all, find_all, see
from train.background.fragments import draw_double, draw_half
from train.background.printed import draw_print, draw_word
from train.background.resemblance import Pool, bars, corners, digit_like, prepare, rings
from train.background.rulings import draw_piece
from train.background.scenes import draw_notes, draw_page, draw_scene, draw_texture
from train.background.scribbles import draw_blot, draw_scribble
from train.background.written import Ink, draw_joined, draw_letter, draw_sign
from train.handwriting.dataset import sample_rng

Glyphs = NDArray[np.uint8]
"""Images uint8 (N, 28, 28), ink 255 on 0."""

Random = np.random.Generator

STREAM = 1 << 62  # the random numbers of blocks are none of those that drawn digits of the same seed use
STRIDE = 64  # from one block's random numbers to the next's: more than there are kinds
ROUNDS = 6  # times that what resembles a digit is drawn again
MOST_SCENES = 24  # scenes at most: some show no candidate at all


class Kind(NamedTuple):
    """One kind of thing that is no digit."""

    name: str
    share: int  # how many there are in each block
    draw: Callable[[int, Pool, Random], Glyphs]  # so many glyphs; those that resemble digits are drawn again


def draw_background(count: int, seed: int, digits: Glyphs, start: int = 0) -> tuple[Glyphs, NDArray[np.uint8]]:
    """Draw samples `start` to `start + count` of what is no digit.

    `digits` uint8 (N, 28, 28) is the pool that half and double digits are cut from. Gives images uint8 (count, 28, 28),
    ink 255 on 0, as `normalise` makes them, and kinds uint8 (count,), indices into `KINDS`. A sample depends on `seed`
    (0 to 2⁶⁴ - 1), its own index and `digits` alone, so a data set may be drawn in parts; parts of whole blocks are
    drawn fastest. Raises ValueError for an empty pool or one of another shape or dtype.
    """
    if digits.dtype != np.uint8 or digits.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE) or not len(digits):
        raise ValueError(f"digits: expected uint8 (N, 28, 28) with N ≥ 1, got {digits.dtype} {digits.shape}")
    first, last = start // BLOCK, -(-(start + count) // BLOCK)
    pool = prepare(digits)
    blocks = [_draw_block(number, seed, pool) for number in range(first, last)]
    images = np.concatenate([np.zeros((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8), *(block[0] for block in blocks)])
    kinds = np.concatenate([np.zeros(0, np.uint8), *(block[1] for block in blocks)])
    place = slice(start - first * BLOCK, start - first * BLOCK + count)
    return images[place], kinds[place]


def _draw_block(number: int, seed: int, pool: Pool) -> tuple[Glyphs, NDArray[np.uint8]]:
    """All samples of one block, in an order of its own; each kind has random numbers of its own."""
    streams = [sample_rng(seed, STREAM + number * STRIDE + place) for place in range(len(MIXTURE) + 1)]
    images = np.concatenate([kind.draw(kind.share, pool, rng) for kind, rng in zip(MIXTURE, streams, strict=False)])
    kinds = np.repeat(np.arange(len(MIXTURE), dtype=np.uint8), [kind.share for kind in MIXTURE])
    order = streams[-1].permutation(BLOCK)
    return images[order], kinds[order]


def _drawn(draw: Callable[[Random], Ink], count: int, pool: Pool, rng: Random, *, wary: bool = False) -> Glyphs:
    """Glyphs of things drawn one by one; `wary` also draws those again that are like one of the pool's digits."""
    kept = np.zeros((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    for round_number in range(ROUNDS + 1):
        images = np.stack([see(draw(rng), rng) for _ in range(count - len(kept))])
        if round_number < ROUNDS:
            honest = _honest(images)
            images = images[honest & ~digit_like(images, pool)] if wary else images[honest]
        kept = np.concatenate([kept, images])
        if len(kept) == count:
            break
    return kept


def _cut(draw: Callable[[Glyphs, Random], Ink], count: int, pool: Pool, rng: Random) -> Glyphs:
    """Glyphs of things cut from the pool's digits."""
    return _drawn(partial(draw, pool.digits), count, pool, rng, wary=True)


def _found(draw: Callable[[Random], Picture], scenes: int, count: int, pool: Pool, rng: Random) -> Glyphs:
    """Glyphs that are candidates of the reader, or of a plainer one, in `scenes` or more without any digit."""
    kept = np.zeros((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    for _ in range(MOST_SCENES):
        scene = draw(rng)
        most = min(-(-count // scenes), count - len(kept))
        images = np.concatenate([rng.permutation(find_all(scene)), cut_all(scene, 2 * most, rng)])
        kept = np.concatenate([kept, images[_honest(images)][:most]])
        if len(kept) == count:
            return kept
    return np.concatenate([kept, _drawn(draw_blot, count - len(kept), pool, rng)])


def _honest(images: Glyphs) -> NDArray[np.bool_]:
    """Which images no careful reader takes for a 1, a 0 or a 7."""
    return np.asarray(~bars(images) & ~rings(images) & ~corners(images))


MIXTURE = (
    Kind("letters", 36, partial(_drawn, draw_letter)),
    Kind("joined letters", 10, partial(_drawn, draw_joined)),
    Kind("print", 22, partial(_drawn, draw_print)),
    Kind("words", 6, partial(_drawn, draw_word)),
    Kind("signs", 22, partial(_drawn, draw_sign)),
    Kind("scribbles", 18, partial(_drawn, draw_scribble, wary=True)),
    Kind("blots", 6, partial(_drawn, draw_blot)),
    Kind("ruling", 14, partial(_drawn, draw_piece)),
    Kind("half digits", 14, partial(_cut, draw_half)),
    Kind("double digits", 32, partial(_cut, draw_double)),
    Kind("printed page", 10, partial(_found, draw_page, 2)),
    Kind("notes", 14, partial(_found, draw_notes, 2)),
    Kind("texture", 20, partial(_found, draw_texture, 3)),
    Kind("scene", 26, partial(_found, draw_scene, 4)),
)
"""Every kind and how often it comes."""

KINDS = tuple(kind.name for kind in MIXTURE)
"""The names of the kinds."""

BLOCK = sum(kind.share for kind in MIXTURE)
"""Samples that are drawn together, because their scenes are: within it each kind has its share."""
