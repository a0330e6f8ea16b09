"""How a sheet moves under the camera: shift and scale from frame to frame, found from the digits on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]
"""Boxes, float64 (N, 4): left, top, width, height in pixels."""

SPREAD = 1.0  # digit heights from the middle; digits closer to it do not tell how the scale changes
ZOOM = (0.8, 1.25)  # between two frames; more is a mistake
PIVOTS = 8  # digits whose jumps are tried
NEAREST = 4  # places that each of them is tried at
ADVANTAGE = 0.75  # digits more than without a jump that a jump must explain
COMPANY = 1.5  # digits in all that it must explain: one digit looks like any other of its kind
SURE = 0.6  # of all that could overlap: a guess that explains so much needs no rivals


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a point goes: away from the pivot by `scale`, then by the shift."""

    pivot: tuple[float, float] = (0.0, 0.0)  # pixels
    shift: tuple[float, float] = (0.0, 0.0)  # pixels
    scale: float = 1.0

    def apply(self, places: Places) -> Places:
        """The places after the motion."""
        pivot, shift = np.array(self.pivot), np.array(self.shift)
        moved = places * self.scale
        moved[:, :2] = (places[:, :2] - pivot) * self.scale + pivot + shift
        return moved


def squares(places: Places) -> Places:
    """The smallest squares around the middles of boxes: a slim 1 overlaps itself even after a small jump."""
    sides = places[:, 2:].max(axis=1, keepdims=True) if len(places) else places[:, 2:3]
    middles = places[:, :2] + places[:, 2:] / 2
    return np.hstack([middles - sides / 2, sides, sides])


def overlaps(first: Places, second: Places) -> NDArray[np.float64]:
    """Intersection over union of each of `first` with each of `second`, float64 (N, M), 0–1."""
    common = _common(first, second)
    union = np.prod(first[:, None, 2:], axis=-1) + np.prod(second[None, :, 2:], axis=-1) - common
    return np.asarray(common / np.maximum(union, 1e-9))


def covers(first: Places, second: Places) -> NDArray[np.float64]:
    """The common area of each of `first` with each of `second`, as a share of the smaller one, (N, M), 0–1."""
    common = _common(first, second)
    areas = np.minimum(np.prod(first[:, None, 2:], axis=-1), np.prod(second[None, :, 2:], axis=-1))
    return np.asarray(common / np.maximum(areas, 1e-9))


def guess_shift(before: Places, now: Places, likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shift, (2,) pixels, after which `before` lies best on `now`; near 0 where several are as good.

    `likeness` (N, M), 0–1, says how alike the glyphs look. A sheet that jumped by more than the width of a digit is
    found by trying the jumps of a few digits to the places near them.
    """
    old, new = squares(before), squares(now)
    none = np.zeros(2)
    if not len(old) or not len(new) or _gain(old, new, likeness, none) >= SURE * min(len(old), len(new)):
        return none
    jumps = new[None, :, :2] + new[None, :, 2:] / 2 - (old[:, None, :2] + old[:, None, 2:] / 2)
    pivots = np.linspace(0, len(old) - 1, min(PIVOTS, len(old))).astype(int)
    far = np.hypot(jumps[pivots, :, 0], jumps[pivots, :, 1])
    near = np.argsort(far, axis=1, kind="stable")[:, :NEAREST]
    tried: list[NDArray[np.float64]] = [
        none,
        *(jumps[pivot, place] for pivot, row in zip(pivots, near, strict=True) for place in row),
    ]
    gains = [_gain(old, new, likeness, shift) for shift in tried]
    best = int(np.argmax(gains))
    return np.asarray(tried[best]) if gains[best] > max(gains[0] + ADVANTAGE, COMPANY) else none


def measure(before: Places, now: Places) -> Motion:
    """The motion that takes `before` to `now`, the same digits in the same order; none where there is no digit."""
    if not len(before):
        return Motion()
    old, new = before[:, :2] + before[:, 2:] / 2, now[:, :2] + now[:, 2:] / 2
    pivot = np.median(old, axis=0)
    scale = _zoom(old - pivot, new - np.median(new, axis=0), float(np.median(before[:, 3])))
    shift = np.median(new - ((old - pivot) * scale + pivot), axis=0)
    return Motion((float(pivot[0]), float(pivot[1])), (float(shift[0]), float(shift[1])), scale)


def _zoom(old: Places, new: Places, height: float) -> float:
    """How much farther from their middle the digits stand; 1 where they are too few or too close to tell."""
    before, after = np.hypot(*old.T), np.hypot(*new.T)
    telling = before > SPREAD * height
    if len(old) < 3 or not telling.any():
        return 1.0
    return float(np.clip(np.median(after[telling] / before[telling]), *ZOOM))


def _common(first: Places, second: Places) -> NDArray[np.float64]:
    """The area that each of `first` shares with each of `second`, (N, M), square pixels."""
    a, b = first[:, None], second[None]
    inside = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    return np.asarray(np.prod(np.maximum(inside, 0), axis=-1))


def _gain(old: Places, new: Places, likeness: NDArray[np.float64], shift: NDArray[np.float64]) -> float:
    """How many of `old`, moved by `shift`, find something that looks like them, each counted by overlap."""
    moved = old.copy()
    moved[:, :2] += shift
    return float((overlaps(moved, new) * likeness).max(axis=1).sum())
