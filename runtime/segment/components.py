"""Connected components of an ink mask, measured from their outlines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.settings import Settings

Outline = NDArray[np.int32]
"""The corners of an outline, int32 (N, 1, 2), x and y in pixels of the working frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One connected piece of ink."""

    box: Box  # pixels of the working frame
    outlines: tuple[Outline, ...]  # of each part: one, or several after broken strokes were joined
    area: float  # pixels of ink, holes left out
    length: float  # pixels along all outlines, holes included

    @property
    def stroke(self) -> float:
        """The mean stroke width in pixels: a stroke has two outlines along its length."""
        return 2 * self.area / max(self.length, 1.0)

    @property
    def size(self) -> int:
        """The longer side of the box in pixels."""
        return max(self.box.width, self.box.height)


def find_components(mask: NDArray[np.uint8], settings: Settings) -> list[Component]:
    """The pieces of ink that are no specks, in no particular order."""
    found, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = cast(Sequence[Outline], found)
    if not outlines:
        return []
    least = max(settings.least_pixels, settings.least_height * min(mask.shape)) * settings.speck
    links = np.asarray(tree, np.int32).reshape(-1, 4)
    components = []
    for index in np.flatnonzero(links[:, 3] < 0).tolist():
        if len(outlines[index]) < least:  # it runs around as many pixels, if not more
            continue
        box = Box(*cv2.boundingRect(outlines[index]))
        if max(box.width, box.height) >= least:
            holes = _holes(outlines, links, index)
            components.append(_measure(box, outlines[index], holes))
    return components


def join(parts: list[Component]) -> Component:
    """One component that holds the ink of all `parts`."""
    left, top = min(p.box.left for p in parts), min(p.box.top for p in parts)
    right, bottom = max(p.box.right for p in parts), max(p.box.bottom for p in parts)
    outlines = tuple(outline for part in parts for outline in part.outlines)
    box = Box(left, top, right - left, bottom - top)
    return Component(box, outlines, sum(p.area for p in parts), sum(p.length for p in parts))


def _holes(outlines: Sequence[Outline], links: NDArray[np.int32], index: int) -> list[Outline]:
    """The outlines of the holes in one component; `links` holds next, previous, first child, parent."""
    holes = []
    child = int(links[index, 2])
    while child >= 0:
        holes.append(outlines[child])
        child = int(links[child, 0])
    return holes


def _measure(box: Box, outline: Outline, holes: list[Outline]) -> Component:
    """Area and length from the outlines, which run through the middle of the ink's outermost pixels."""
    length = cv2.arcLength(outline, True)
    area = cv2.contourArea(outline) + length / 2 + 1
    for hole in holes:
        inner = cv2.arcLength(hole, True)
        area -= cv2.contourArea(hole) - inner / 2
        length += inner
    return Component(box, (outline,), area, length)
