"""The two sides of the contrast, dark ink and light ink, as far as each is worth a look: paper has seldom both."""

from typing import NamedTuple

import cv2
import numpy as np

from runtime.segment.light import Side, coarse_ground, contrast, majority, negative, odd, one_side, shrunk
from runtime.segment.scale import Grey, patch
from runtime.segment.settings import Settings


class Rough(NamedTuple):
    """A side in a small frame, before its ground is known; uint8 (h, w) each."""

    paper: Grey
    darkest: Grey  # of the paper around each pixel in the large frame, for thin ink fades as the frame is made small
    lightest: Grey  # that the ground can be
    amount: float  # how much stands out from the lightest ground: no less than from the ground itself


def two_sides(grey: Grey, settings: Settings) -> tuple[Side, Side]:
    """The frame for dark ink and for light ink: light ink is dark ink on the negative, so both are found alike.

    Where next to nothing stands out on one side beside the other, it has no contrast at all.
    """
    smooth = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    dark, light = _grounds(_roughs(smooth, settings), settings)
    bare = Side(smooth, smooth, np.zeros_like(smooth))
    return (
        bare if dark is None else one_side(smooth, dark, settings),
        bare if light is None else one_side(negative(smooth), light, settings),
    )


def _roughs(smooth: Grey, settings: Settings) -> tuple[Rough, Rough]:
    """Dark ink and light ink in the frame made small."""
    small = shrunk(smooth, settings.ground_side)
    most = majority(small, settings)
    half = cv2.resize(smooth, ((smooth.shape[1] + 1) // 2, (smooth.shape[0] + 1) // 2), interpolation=cv2.INTER_NEAREST)
    near = patch(max(1, round(max(half.shape) / max(small.shape))))
    low, high = (
        np.asarray(cv2.resize(each, small.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        for each in (cv2.erode(half, near), cv2.dilate(half, near))
    )
    return (
        _rough(small, low, most, settings),
        _rough(negative(small), negative(high), negative(most), settings),
    )


def _rough(paper: Grey, darkest: Grey, most: Grey, settings: Settings) -> Rough:
    """A side whose ground is seldom lighter than `most` of the neighbourhood."""
    lightest = np.asarray(cv2.dilate(most, patch(odd(settings.ground_slack * max(paper.shape)))), np.uint8)
    return Rough(paper, darkest, lightest, _amount(darkest, lightest, settings))


def _grounds(roughs: tuple[Rough, Rough], settings: Settings) -> list[Grey | None]:
    """The coarse ground of each side, None where next to nothing stands out from it beside the other side."""
    grounds: list[Grey | None] = [None, None]
    amounts = [0.0, 0.0]
    for k in sorted((0, 1), key=lambda k: -roughs[k].amount):  # the lesser one is seldom worth a ground
        if roughs[k].amount >= settings.faint_side * max(amounts):
            grounds[k] = coarse = coarse_ground(roughs[k].paper, roughs[k].lightest, settings)
            amounts[k] = _amount(roughs[k].darkest, coarse, settings)
    least = settings.faint_side * max(amounts)
    return [coarse if amount >= least else None for coarse, amount in zip(grounds, amounts, strict=True)]


def _amount(darkest: Grey, ground: Grey, settings: Settings) -> float:
    """How much stands out from a ground, beyond what nobody sees."""
    seen = cv2.subtract(contrast(darkest, ground, settings), settings.least_contrast * 255)  # type: ignore[call-overload]
    return float(cv2.sumElems(seen)[0])
