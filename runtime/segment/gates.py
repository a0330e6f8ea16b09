"""Which components can be digits by their own size and shape."""

from collections.abc import Callable

from runtime.segment.components import Component
from runtime.segment.settings import Settings

Shape = tuple[int, int]
"""The height and width of a frame in pixels."""


def plausible(component: Component, shape: Shape, settings: Settings) -> bool:
    """Whether a component has the size and shape of a digit in a frame of `shape` (height, width)."""
    return failed_gate(component, shape, settings) is None


def failed_gate(component: Component, shape: Shape, settings: Settings) -> str | None:
    """Why a component has not the size and shape of a digit, in a few words; None where it has."""
    return next((reason for reason, fails in GATES.items() if fails(component, shape, settings)), None)


def _is_low(component: Component, shape: Shape, settings: Settings) -> bool:
    return component.box.height < max(settings.least_pixels, settings.least_height * min(shape))


def _is_high(component: Component, shape: Shape, settings: Settings) -> bool:
    return component.box.height > settings.most_height * shape[0]


def _is_wide(component: Component, _: Shape, settings: Settings) -> bool:
    return component.box.width > settings.widest * component.box.height


def _is_narrow(component: Component, _: Shape, settings: Settings) -> bool:
    return component.box.height > settings.narrowest * component.box.width


def _is_thick(component: Component, _: Shape, settings: Settings) -> bool:
    return component.stroke > settings.thickest * component.size


def _is_blot(component: Component, _: Shape, settings: Settings) -> bool:
    """A wide piece that fills its box: no stroke of a digit does; a bold 1 does, but is narrow."""
    box = component.box
    return 2 * box.width > box.height and component.area > settings.fullest * box.area


def _is_cut_off(component: Component, shape: Shape, settings: Settings) -> bool:
    """Whether too much of the box's outline lies on the frame's border."""
    box = component.box
    height, width = shape
    rows = (box.left <= 0) + (box.right >= width)
    columns = (box.top <= 0) + (box.bottom >= height)
    touching = rows * box.height + columns * box.width
    return touching > settings.border_share * 2 * (box.width + box.height)


GATES: dict[str, Callable[[Component, Shape, Settings], bool]] = {
    "too low": _is_low,
    "too high": _is_high,
    "too wide": _is_wide,
    "too narrow": _is_narrow,
    "its strokes are too thick": _is_thick,
    "a blot": _is_blot,
    "cut off by the border": _is_cut_off,
}
"""Every gate, by the reason for which it drops a component."""
