"""Which components can be digits by their own size and shape."""

from runtime.records import Box
from runtime.segment.components import Component
from runtime.segment.settings import Settings


def plausible(component: Component, shape: tuple[int, int], settings: Settings) -> bool:
    """Whether a component has the size and shape of a digit in a frame of `shape` (height, width)."""
    box, side = component.box, min(shape)
    least = max(settings.least_pixels, settings.least_height * side)
    return (
        box.height >= least
        and box.height <= settings.most_height * shape[0]
        and box.width <= settings.widest * box.height
        and box.height <= settings.narrowest * box.width
        and component.stroke <= settings.thickest * component.size
        and not _is_blot(component, settings)
        and not _is_cut_off(box, shape, settings)
    )


def _is_blot(component: Component, settings: Settings) -> bool:
    """A wide piece that fills its box: no stroke of a digit does; a bold 1 does, but is narrow."""
    box = component.box
    return 2 * box.width > box.height and component.area > settings.fullest * box.area


def _is_cut_off(box: Box, shape: tuple[int, int], settings: Settings) -> bool:
    """Whether too much of the box's outline lies on the frame's border."""
    height, width = shape
    rows = (box.left <= 0) + (box.right >= width)
    columns = (box.top <= 0) + (box.bottom >= height)
    touching = rows * box.height + columns * box.width
    return touching > settings.border_share * 2 * (box.width + box.height)
