"""Broken digits: the flag of a 5, the bar of a 7 and faint gaps are joined to the body that they belong to."""

from runtime.records import Box
from runtime.segment.components import Component, join
from runtime.segment.settings import Settings


def join_parts(components: list[Component], settings: Settings) -> list[Component]:
    """Join each small piece to the nearest larger one that it can be a part of; the others stay as they are."""
    ordered = sorted(components, key=lambda c: c.box.height, reverse=True)
    groups: list[list[Component]] = []
    for component in ordered:
        body = _body_of(component, groups, settings)
        if body is None:
            groups.append([component])
        else:
            body.append(component)
    return [group[0] if len(group) == 1 else join(group) for group in groups]


def _body_of(part: Component, groups: list[list[Component]], settings: Settings) -> list[Component] | None:
    """The group whose first, tallest member `part` belongs to; None where it stands alone."""
    reachable = [group for group in groups if _belongs(part, group[0], settings)]
    return min(reachable, key=lambda group: _gap(part.box, group[0].box), default=None)


def _belongs(part: Component, body: Component, settings: Settings) -> bool:
    """Whether `part` is small beside `body`, close to it, drawn with the same pen, and leaves it as wide as a digit."""
    reach = settings.part_gap * body.box.height
    if part.box.height > settings.part_height * body.box.height or _gap(part.box, body.box) > reach:
        return False
    left, right = min(part.box.left, body.box.left), max(part.box.right, body.box.right)
    top, bottom = min(part.box.top, body.box.top), max(part.box.bottom, body.box.bottom)
    slim = right - left <= settings.part_width * (bottom - top)
    tall = bottom - top <= settings.part_growth * body.box.height
    return slim and tall and 0.4 <= part.stroke / body.stroke <= 2.5


def _gap(first: Box, second: Box) -> int:
    """The larger of the horizontal and vertical distances between two boxes, 0 where they overlap."""
    across = max(first.left, second.left) - min(first.right, second.right)
    down = max(first.top, second.top) - min(first.bottom, second.bottom)
    return max(across, down, 0)
